import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evaluation.hodrick import hodrick_ols
from lode.evaluation.time_series import time_series_ols


def predictor(rng, n, persistence):
    x = np.zeros(n)
    for t in range(1, n):
        x[t] = persistence * x[t - 1] + rng.standard_normal()
    return x


def by_the_formula(r, x, horizon):
    """Hodrick (1992), eq. 8, session by session."""
    rows = range(len(r) - horizon)
    z = {t: np.array([1.0, *x[t]]) for t in rows}
    y = np.array([sum(r[t + i] for i in range(1, horizon + 1)) for t in rows])
    design = np.array([z[t] for t in rows])
    inverse = np.linalg.inv(design.T @ design)
    spread = np.zeros_like(inverse)
    for u in range(len(r)):
        w = (r[u] - r.mean()) * sum((z[u - i] for i in range(1, horizon + 1) if u - i in z), np.zeros(len(inverse)))
        spread += np.outer(w, w)
    return inverse @ design.T @ y, np.sqrt(np.diag(inverse @ spread @ inverse))


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_agrees_with_the_formula(seed, horizon, regressors):
    rng = np.random.default_rng(seed)
    r = rng.normal(0.01, 1, 150) * 10.0 ** rng.integers(-4, 4)
    x = [predictor(rng, 150, 0.9) * 10.0 ** rng.integers(-4, 4) + rng.integers(-5, 5) for _ in range(regressors)]
    got = hodrick_ols(r, x, horizon=horizon)
    coefficients, se = by_the_formula(r, np.column_stack(x), horizon)
    np.testing.assert_allclose(got.coefficients, coefficients, rtol=1e-6)
    np.testing.assert_allclose(got.se, se, rtol=1e-6)
    assert got.n == 150 - horizon


def test_over_one_session_it_is_whites_under_the_null():
    rng = np.random.default_rng(0)
    r, x = rng.standard_normal(300), rng.standard_normal(300)
    got = hodrick_ols(r, [x], horizon=1)
    fit = sm.OLS(r[1:], sm.add_constant(x[:-1])).fit()
    design, error = fit.model.exog, r[1:] - r.mean()
    inverse = np.linalg.inv(design.T @ design)
    expected = inverse @ (design.T * error**2) @ design @ inverse
    np.testing.assert_allclose(got.coefficients, fit.params)
    np.testing.assert_allclose(got.se, np.sqrt(np.diag(expected)))
    np.testing.assert_allclose(got.se, fit.get_robustcov_results("HC0").bse, rtol=0.02)


def test_long_overlaps_find_less_in_noise_than_newey_west():
    rng = np.random.default_rng(1)
    n, horizon, draws = 500, 60, 400
    ours, normal = [], []
    for _ in range(draws):
        r, x = rng.standard_normal(n), predictor(rng, n, 0.98)
        ours.append(hodrick_ols(r, [x], horizon=horizon).p[1] <= 0.05)
        walk = np.concatenate([[0.0], r.cumsum()])
        labels = np.append(walk[horizon + 1 :] - walk[1:-horizon], np.full(horizon, np.nan))
        t = time_series_ols(labels, [x], horizon=horizon).t[0, 1]
        normal.append(abs(t) > 1.96)
    assert np.mean(ours) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / draws)
    assert np.mean(ours) > 0.015  # and it is not merely blind
    assert np.mean(normal) > 0.2


def test_planted_prediction_is_found():
    rng = np.random.default_rng(2)
    x = predictor(rng, 2000, 0.9)
    r = np.concatenate([[0.0], 0.1 * x[:-1]]) + rng.standard_normal(2000)
    got = hodrick_ols(r, [x], horizon=5)
    assert got.coefficients[1] == pytest.approx(0.1 * (1 - 0.9**5) / 0.1, rel=0.2)
    assert got.p[1] < 1e-4


def test_rows_with_holes_are_left_out():
    rng = np.random.default_rng(3)
    r, x = rng.standard_normal(100), rng.standard_normal(100)
    x[10] = np.nan
    assert hodrick_ols(r, [x], horizon=4).n == 95
    r[50] = np.nan
    assert hodrick_ols(r, [x], horizon=4).n == 91  # the four rows before it
    got = hodrick_ols(r, [x], horizon=4)
    assert np.isfinite(got.t).all()
    r[50] = np.inf
    np.testing.assert_array_equal(hodrick_ols(r, [x], horizon=4).t, got.t)


@pytest.mark.parametrize("x", [np.ones(100), np.full(100, 0.1), np.full(100, np.nan)])
def test_regressor_that_does_not_vary_has_no_slope(x):
    got = hodrick_ols(np.random.default_rng(4).standard_normal(100), [x], horizon=3)
    assert np.isnan(got.coefficients).all()
    assert np.isnan(got.p).all()


@pytest.mark.parametrize("r", [np.zeros(100), np.full(100, 0.1)])
def test_returns_that_do_not_vary_have_no_t(r):
    got = hodrick_ols(r, [np.random.default_rng(5).standard_normal(100)], horizon=3)
    assert got.coefficients[1] == pytest.approx(0, abs=1e-12)
    assert np.isnan(got.t).all()


@pytest.mark.parametrize("n", [0, 1, 5, 27])
def test_too_few_sessions_have_no_t(n):
    rng = np.random.default_rng(6)
    assert np.isnan(hodrick_ols(rng.standard_normal(n), [rng.standard_normal(n)], horizon=5).t).all()
    assert np.isnan(hodrick_ols(np.full(n, np.nan), [rng.standard_normal(n)], horizon=5).t).all()


def test_wrong_calls_are_usage_errors():
    with pytest.raises(UsageError):
        hodrick_ols(np.ones(50), [np.ones(49)], horizon=1)
    with pytest.raises(UsageError):
        hodrick_ols(np.ones(50), [np.ones(50)], horizon=0)
