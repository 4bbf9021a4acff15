import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evaluation import newey_west_t
from lode.evaluation.time_series import time_series_ols


def market(seed, sessions=120, names=7, holes=0.1):
    rng = np.random.default_rng(seed)
    common = rng.standard_normal(sessions) * 10.0 ** rng.integers(-4, 4)
    own = rng.standard_normal((sessions, names)) + rng.integers(-50, 50)
    y = 0.1 + 0.2 * own + rng.standard_normal((sessions, names)).cumsum(axis=0) * 0.1
    y[rng.random(y.shape) < holes], own[rng.random(y.shape) < holes] = np.nan, np.nan
    return y, own, common


def hac(y, x, lags, kernel="bartlett"):
    used = np.isfinite(y) & np.isfinite(x).all(axis=1)
    options = {"maxlags": lags, "kernel": kernel}
    return sm.OLS(y[used], sm.add_constant(x[used])).fit(cov_type="HAC", cov_kwds=options)


@given(st.integers(0, 10_000), st.integers(0, 12))
@settings(max_examples=20, deadline=None)
def test_agrees_with_statsmodels(seed, lags):
    y, own, common = market(seed)
    got = time_series_ols(y, [own, common], lags=lags)
    for i in range(y.shape[1]):
        fit = hac(y[:, i], np.column_stack([own[:, i], common]), lags)
        np.testing.assert_allclose(got.coefficients[i], fit.params, rtol=1e-6)
        np.testing.assert_allclose(got.se[i], fit.bse, rtol=1e-6)
        np.testing.assert_allclose(got.t[i], fit.tvalues, rtol=1e-6)
        assert got.r_squared[i] == pytest.approx(fit.rsquared, abs=1e-9)
        assert got.n[i] == fit.nobs


def test_uniform_kernel_is_hansen_hodricks():
    y, own, _ = market(1, sessions=300)
    got = time_series_ols(y, [own], horizon=5, kernel="uniform")
    for i in range(y.shape[1]):
        with np.errstate(invalid="ignore"):
            expected = hac(y[:, i], own[:, [i]], 4, "uniform").bse
        np.testing.assert_allclose(got.se[i], expected, rtol=1e-6)
    assert (got.lags == 4).all()


def test_without_regressors_it_is_the_newey_west_test():
    y, _, _ = market(2)
    got = time_series_ols(y, [], horizon=3)
    for i in range(y.shape[1]):
        expected = newey_west_t(y[:, i], horizon=3)
        assert (got.alpha[i], got.se[i, 0], got.t[i, 0]) == pytest.approx((expected.mean, expected.se, expected.t))
        assert got.p[i, 0] == pytest.approx(2 * min(expected.p_one_sided, 1 - expected.p_one_sided))
        low, high = got.interval()
        assert (low[i, 0], high[i, 0]) == pytest.approx(expected.interval())


def test_one_name_may_come_as_a_series():
    y, own, common = market(3)
    got, same = time_series_ols(y[:, 0], [own[:, 0], common]), time_series_ols(y, [own, common])
    np.testing.assert_allclose(got.coefficients[0], same.coefficients[0])
    assert got.alpha.shape == (1,)
    assert got.beta.shape == (1, 2)


def test_blocks_of_names_agree_with_the_whole(monkeypatch):
    y, own, common = market(4, names=50)
    whole = time_series_ols(y, [own, common])
    monkeypatch.setattr("lode.evaluation.time_series._BLOCK_CELLS", 1000)
    np.testing.assert_allclose(time_series_ols(y, [own, common]).t, whole.t, rtol=1e-9)


def test_planted_alpha_and_beta_are_found_and_lie_in_their_interval():
    rng = np.random.default_rng(5)
    market_return = rng.normal(0, 0.01, 1000)
    y = 0.001 + 1.2 * market_return[:, None] + rng.normal(0, 0.01, (1000, 200))
    got = time_series_ols(y, [market_return])
    low, high = got.interval(0.9)
    inside = (low <= [0.001, 1.2]) & (high >= [0.001, 1.2])
    assert inside.mean(axis=0) == pytest.approx([0.9, 0.9], abs=0.07)
    assert (got.p[:, 1] < 1e-10).all()


@pytest.mark.parametrize(("horizon", "persistence"), [(1, 0.0), (1, 0.98), (20, 0.0), (20, 0.98)])
def test_noise_is_called_significant_about_as_often_as_stated(horizon, persistence):
    rng = np.random.default_rng(6)
    n, names = 1000, 1500
    x = np.zeros((n, names))
    shocks = rng.standard_normal((n, names))
    for t in range(1, n):
        x[t] = persistence * x[t - 1] + shocks[t]
    walks = rng.standard_normal((n + horizon, names)).cumsum(axis=0)
    got = time_series_ols(walks[horizon:] - walks[:-horizon], [x], horizon=horizon)
    assert (got.p[:, 1] <= 0.05).mean() <= 0.05 * 1.3 + 3 * math.sqrt(0.05 * 0.95 / names)


@pytest.mark.parametrize("x", [np.ones(60), np.full(60, 0.1), np.full(60, np.nan)])
def test_regressor_that_does_not_vary_has_no_slope(x):
    got = time_series_ols(np.random.default_rng(7).standard_normal((60, 3)), [x])
    assert np.isnan(got.coefficients).all()
    assert np.isnan(got.t).all()
    assert np.isnan(got.r_squared).all()


def test_dependent_regressors_have_no_slopes():
    rng = np.random.default_rng(8)
    x = rng.standard_normal(60)
    assert np.isnan(time_series_ols(rng.standard_normal(60), [x, 1 + 2 * x]).beta).all()


def test_exact_fit_has_no_t():
    x = np.random.default_rng(9).standard_normal(60)
    got = time_series_ols(np.column_stack([1 + 2 * x, np.full(60, 0.1)]), [x])
    np.testing.assert_allclose(got.coefficients, [[1, 2], [0.1, 0]], atol=1e-12)
    assert np.isnan(got.t).all()
    assert np.isnan(got.p).all()
    assert got.r_squared[0] == pytest.approx(1)
    assert np.isnan(got.r_squared[1])


def test_too_few_sessions_have_no_coefficients():
    y, own, _ = market(10, sessions=40, names=3, holes=0)
    y[:21, 1] = np.nan
    y[:20, 2] = np.nan
    got = time_series_ols(y, [own])
    np.testing.assert_array_equal(np.isfinite(got.t[:, 0]), [True, False, True])
    assert time_series_ols(np.empty((0, 2)), [np.empty(0)]).n.tolist() == [0, 0]
    assert np.isnan(time_series_ols(y[:1], [own[:1]]).coefficients).all()
    assert time_series_ols(np.empty((30, 0)), [np.empty(30)]).t.shape == (0, 2)


def test_wrong_calls_are_usage_errors():
    y = np.ones((30, 3))
    for call in (
        lambda: time_series_ols(y, [np.ones((30, 2))]),
        lambda: time_series_ols(y, [np.ones(29)]),
        lambda: time_series_ols(y, [], horizon=0),
        lambda: time_series_ols(y, [], lags=-1),
    ):
        with pytest.raises(UsageError):
            call()
