import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from linearmodels import FamaMacBeth

from lode.evaluation import newey_west_t
from lode.evaluation.regressions import daily_ols, fama_macbeth


def problem(seed, sessions=40, names=30, regressors=3):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((regressors, sessions, names)) * 10.0 ** rng.integers(-4, 5, (regressors, 1, 1))
    y = rng.standard_normal((sessions, names))
    x[0][rng.random((sessions, names)) < 0.1] = np.nan
    y[rng.random((sessions, names)) < 0.1] = np.nan
    return y, list(x)


@given(st.integers(0, 10_000), st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_agrees_with_statsmodels(seed, regressors):
    y, x = problem(seed, sessions=5, regressors=regressors)
    slopes, residuals = daily_ols(y, x)
    for t in range(5):
        used = np.isfinite(y[t]) & np.isfinite(x[0][t])
        fit = sm.OLS(y[t, used], sm.add_constant(np.column_stack([r[t, used] for r in x]))).fit()
        np.testing.assert_allclose(slopes[t], fit.params[1:], rtol=1e-6)
        np.testing.assert_allclose(residuals[t, used], fit.resid, atol=1e-8)
        assert np.isnan(residuals[t, ~used]).all()


def test_fama_macbeth_is_the_newey_west_test_of_daily_slopes():
    y, (x,) = problem(1, sessions=60, regressors=1)
    slopes = []
    for t in range(60):
        used = np.isfinite(y[t]) & np.isfinite(x[t])
        slopes.append(np.polyfit(x[t, used], y[t, used], 1)[0])
    expected = newey_west_t(np.array(slopes), horizon=5)
    got = fama_macbeth(x, y, horizon=5)
    assert (got.mean, got.t, got.n) == pytest.approx((expected.mean, expected.t, 60))


@pytest.mark.parametrize(("lags", "kernel"), [(0, "unadjusted"), (5, "kernel")])
@pytest.mark.parametrize("regressors", [1, 3])
def test_fama_macbeth_agrees_with_linearmodels(lags, kernel, regressors):
    y, x = problem(5, sessions=80, regressors=regressors)
    cells = np.isfinite(y) & np.isfinite(x[0])
    session, name = np.nonzero(cells)
    index = pd.MultiIndex.from_arrays([name, session])
    columns = {"constant": np.ones(len(name)), **{f"x{i}": one[cells] for i, one in enumerate(x)}}
    model = FamaMacBeth(pd.Series(y[cells], index), pd.DataFrame(columns, index))
    options = {"debiased": False} | ({"bandwidth": lags, "kernel": "bartlett"} if lags else {})
    fit = model.fit(cov_type=kernel, **options)
    got = fama_macbeth(x[0], y, controls=x[1:], lags=lags)
    assert got.mean == pytest.approx(fit.params["x0"], rel=1e-6)
    assert got.se == pytest.approx(fit.std_errors["x0"], rel=1e-6)
    assert got.t == pytest.approx(fit.tstats["x0"], rel=1e-6)


def test_planted_slope_is_found():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((250, 100)).astype(np.float32)
    got = fama_macbeth(x, (0.02 * x + 0.1 * rng.standard_normal((250, 100))).astype(np.float32))
    assert got.mean == pytest.approx(0.02, abs=0.003)
    assert got.t > 10


def test_dependent_regressors_leave_the_same_residuals():
    y, (x,) = problem(3, regressors=1)
    _, once = daily_ols(y, [x])
    _, twice = daily_ols(y, [x, 2 * x])
    np.testing.assert_allclose(once, twice, atol=1e-9)


@pytest.mark.parametrize("x", [np.ones((30, 20)), np.full((30, 20), np.nan), np.full((30, 20), 0.1)])
def test_values_that_do_not_vary_have_no_slope(x):
    got = fama_macbeth(x, np.random.default_rng(0).standard_normal((30, 20)))
    assert math.isnan(got.mean)
    assert math.isnan(got.t)


def test_sessions_with_few_names_are_left_out():
    y, x = problem(4, names=9, regressors=1)
    slopes, residuals = daily_ols(y, x)
    assert np.isnan(slopes).all()
    assert np.isnan(residuals).all()
