import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lode.errors import UsageError
from lode.evaluation import newey_west_t, nw_lags


def hac(series, lags):
    fit = sm.OLS(series, np.ones(len(series))).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    return fit.params[0], fit.bse[0], fit.tvalues[0]


@given(n=st.integers(30, 400), lags=st.integers(0, 13), seed=st.integers(0, 2**32 - 1), persistence=st.floats(0, 0.9))
@settings(max_examples=40, deadline=None)
def test_agrees_with_statsmodels(n, lags, seed, persistence):
    shocks = np.random.default_rng(seed).standard_normal(n)
    series = shocks.copy()
    for t in range(1, n):
        series[t] += persistence * series[t - 1]
    test = newey_west_t(series, lags)
    assert (test.mean, test.se, test.t) == pytest.approx(hac(series, lags), rel=1e-9)


@pytest.mark.parametrize(
    ("sessions", "horizon", "lags"), [(100, 1, 4), (1500, 1, 7), (300, 1, 5), (300, 20, 20), (10, 1, 2)]
)
def test_lags_are_the_larger_of_horizon_and_rule(sessions, horizon, lags):
    assert nw_lags(sessions, horizon) == lags


def test_missing_sessions_are_dropped():
    series = np.random.default_rng(1).standard_normal(100)
    gappy = np.insert(series, [3, 50, 100], [np.nan, np.inf, np.nan])
    assert newey_west_t(gappy) == newey_west_t(series)
    assert newey_west_t(gappy).n == 100


@pytest.mark.parametrize(
    "series", [np.zeros(100), np.full(100, 0.1), np.full(100, 1e9), np.full(100, np.nan), np.array([])]
)
def test_series_that_does_not_vary_has_no_t(series):
    test = newey_west_t(series)
    assert math.isnan(test.t)
    assert math.isnan(test.p_one_sided)
    assert math.isnan(test.interval()[0])


def test_too_few_sessions_have_no_t():
    series = np.random.default_rng(2).standard_normal(200)
    assert math.isnan(newey_west_t(series[:19]).t)
    assert math.isfinite(newey_west_t(series[:20]).t)
    assert math.isnan(newey_west_t(series[:121], horizon=60).t)
    assert math.isfinite(newey_west_t(series[:122], horizon=60).t)


def test_p_is_close_to_the_normal_one_and_never_below_it():
    series = np.random.default_rng(3).normal(0.1, 1, 500)
    test = newey_west_t(series)
    normal = stats.norm.sf(test.t)
    assert normal < test.p_one_sided < 1.5 * normal


def test_p_and_its_mirror_add_up_to_one():
    series = np.random.default_rng(4).normal(0.1, 1, 60)
    test, mirror = newey_west_t(series), newey_west_t(-series)
    assert test.p_one_sided + mirror.p_one_sided == pytest.approx(1)
    assert (test.p_in(1), test.p_in(-1)) == (test.p_one_sided, mirror.p_one_sided)
    assert newey_west_t(series - 100).p_in(-1) < 1e-20
    assert math.isnan(newey_west_t(series[:0]).p_in(-1))


def test_interval_excludes_zero_exactly_when_p_is_small():
    series = np.random.default_rng(5).normal(0.2, 1, 120)
    test = newey_west_t(series)
    low, high = test.interval(1 - 2 * test.p_one_sided)
    assert low == pytest.approx(0, abs=1e-12)
    assert (low + high) / 2 == pytest.approx(test.mean)


@pytest.mark.parametrize(("n", "horizon"), [(60, 1), (190, 1), (190, 5), (250, 20)])
def test_noise_is_called_significant_as_often_as_stated(n, horizon):
    rng = np.random.default_rng(6)
    draws, level = 2000, 0.05
    walks = rng.standard_normal((draws, n + horizon)).cumsum(axis=1)
    series = walks[:, horizon:] - walks[:, :-horizon]  # the overlap of a static factor's labels, the worst there is
    found = np.mean([newey_west_t(row, horizon=horizon).p_one_sided <= level for row in series])
    assert found <= level * 1.15 + 3 * math.sqrt(level * (1 - level) / draws)


def test_negative_lags_are_a_usage_error():
    with pytest.raises(UsageError):
        newey_west_t(np.ones(30), -1)
