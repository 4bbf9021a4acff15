import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evaluation.hansen_hodrick import hansen_hodrick_t
from lode.evaluation.newey_west import newey_west_t


def overlapping(rng, n, horizon):
    walk = np.concatenate([[0.0], rng.standard_normal(n + horizon - 1).cumsum()])
    return walk[horizon:] - walk[:-horizon]


@given(n=st.integers(100, 400), horizon=st.integers(1, 20), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_agrees_with_statsmodels(n, horizon, seed):
    series = overlapping(np.random.default_rng(seed), n, horizon)
    options = {"maxlags": horizon - 1, "kernel": "uniform"}
    fit = sm.OLS(series, np.ones(n)).fit(cov_type="HAC", cov_kwds=options)
    test = hansen_hodrick_t(series, horizon)
    if math.isnan(test.t):
        assert fit.cov_params()[0, 0] <= 1e-12
    else:
        assert (test.mean, test.se, test.t) == pytest.approx((fit.params[0], fit.bse[0], fit.tvalues[0]), rel=1e-9)


def test_without_overlap_it_is_newey_wests_without_lags():
    series = np.random.default_rng(0).normal(0.1, 1, 300)
    ours, theirs = hansen_hodrick_t(series, 1), newey_west_t(series, 0)
    assert (ours.se, ours.t) == pytest.approx((theirs.se, theirs.t))
    assert ours.p_one_sided == pytest.approx(theirs.p_one_sided, rel=1e-6)


def test_variance_by_hand():
    series = np.tile([1.0, 1.0, -1.0, 2.0], 6)  # deviations .25, .25, -1.75, 1.25
    gamma0 = (0.0625 + 0.0625 + 3.0625 + 1.5625) * 6 / 24
    gamma1 = ((0.0625 - 0.4375 - 2.1875) * 6 + 0.3125 * 5) / 24
    test = hansen_hodrick_t(series, 2)
    assert test.mean == 0.75
    assert test.t == pytest.approx(0.75 / math.sqrt((gamma0 + 2 * gamma1) / 24))


def test_variance_that_is_not_positive_leaves_no_t():
    test = hansen_hodrick_t(np.tile([1.0, 0.0], 12), 2)  # γ₀ = 1/4, γ₁ = -23/96
    assert test.mean == 0.5
    assert math.isnan(test.t)
    assert math.isnan(test.p_one_sided)


@pytest.mark.parametrize(("n", "horizon"), [(250, 1), (250, 5), (500, 20)])
def test_noise_is_called_significant_as_often_as_stated(n, horizon):
    rng = np.random.default_rng(1)
    found = [hansen_hodrick_t(overlapping(rng, n, horizon), horizon).p_one_sided <= 0.05 for _ in range(2000)]
    assert np.mean(found) <= 0.05 * 1.3 + 3 * math.sqrt(0.05 * 0.95 / 2000)


def test_missing_sessions_are_dropped():
    series = overlapping(np.random.default_rng(2), 100, 3)
    assert hansen_hodrick_t(np.insert(series, [5, 50], [np.nan, np.inf]), 3) == hansen_hodrick_t(series, 3)


@pytest.mark.parametrize("series", [np.zeros(100), np.full(100, 0.1), np.full(100, np.nan), np.ones(1), np.array([])])
def test_series_that_does_not_vary_has_no_t(series):
    test = hansen_hodrick_t(series, 2)
    assert math.isnan(test.t)
    assert math.isnan(test.p_one_sided)


def test_too_few_sessions_have_no_t():
    series = overlapping(np.random.default_rng(3), 100, 10)
    assert math.isnan(hansen_hodrick_t(series[:37], 10).t)
    assert hansen_hodrick_t(series[:38], 10).n == 38


def test_horizon_below_one_is_a_usage_error():
    with pytest.raises(UsageError):
        hansen_hodrick_t(np.ones(50), 0)
