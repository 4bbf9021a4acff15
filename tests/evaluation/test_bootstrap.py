import math

import numpy as np
import pytest
from arch.bootstrap import StationaryBootstrap, optimal_block_length
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evaluation import newey_west_t
from lode.evaluation.bootstrap import block_lengths, bootstrap_interval, mean_block_length


def persistent(seed, n=500, persistence=0.5):
    series = np.random.default_rng(seed).standard_normal(n)
    for t in range(1, n):
        series[t] += persistence * series[t - 1]
    return series


@given(st.integers(0, 10_000), st.floats(0, 0.9))
@settings(max_examples=20, deadline=None)
def test_block_length_is_archs(seed, persistence):
    series = persistent(seed, persistence=persistence)
    expected = optimal_block_length(series)["stationary"].item()
    assert mean_block_length(series) == pytest.approx(min(max(1, expected), 500 / 3))


def test_block_grows_with_dependence_and_is_the_longest_of_the_columns():
    short, long = persistent(0, persistence=0), persistent(0, persistence=0.9)
    assert mean_block_length(short) < 5 < mean_block_length(long)
    together = np.column_stack([short, long, np.ones(500)])
    assert mean_block_length(together) == pytest.approx(mean_block_length(long))
    assert block_lengths(together)[0] == pytest.approx(mean_block_length(short))
    assert math.isnan(block_lengths(together)[2])


def test_interval_is_archs_percentile_interval():
    series = persistent(1)
    got = bootstrap_interval(series, np.mean, rng=np.random.default_rng(2), block=7.5, draws=500)
    theirs = StationaryBootstrap(7.5, series, seed=np.random.default_rng(2))
    low, high = theirs.conf_int(np.mean, 500, method="percentile")[:, 0]
    assert (got.low, got.high) == pytest.approx((low, high), rel=0.02)
    assert (got.estimate, got.block, got.n) == (series.mean(), 7.5, 500)


def test_standard_error_of_a_mean_is_about_newey_wests():
    series = persistent(3, n=2000)
    got = bootstrap_interval(series, np.mean, rng=np.random.default_rng(4))
    assert got.se == pytest.approx(newey_west_t(series, 20).se, rel=0.2)


def test_interval_covers_about_as_often_as_stated():
    covered = 0
    for seed in range(150):
        got = bootstrap_interval(persistent(seed, 250, 0.3), np.mean, rng=np.random.default_rng(seed), draws=200)
        covered += got.low <= 0 <= got.high
    assert 0.84 <= covered / 150 <= 0.99  # .92 in the long run: the module's docstring


def test_several_series_are_drawn_together():
    series = persistent(5)
    both = np.column_stack([series, series + 1])
    shifted = bootstrap_interval(both, lambda s: (s[:, 1] - s[:, 0]).mean(), rng=np.random.default_rng(0))
    assert (shifted.low, shifted.high) == pytest.approx((1, 1))


def test_same_seed_same_interval_and_missing_sessions_are_dropped():
    series = persistent(6)
    gappy = np.insert(series, [3, 100], [np.nan, np.inf])
    one, same = (bootstrap_interval(s, np.median, rng=np.random.default_rng(1)) for s in (series, gappy))
    assert one == same


@pytest.mark.parametrize(
    "series", [np.ones(100), np.full(100, 0.1), np.full(100, np.nan), np.zeros(0), np.arange(19.0)]
)
def test_series_that_tells_nothing_has_no_interval(series):
    got = bootstrap_interval(series, np.mean, rng=np.random.default_rng(0))
    assert math.isnan(got.se)
    assert math.isnan(got.low)
    assert math.isnan(mean_block_length(series))


def test_statistic_that_is_not_defined_has_no_interval():
    got = bootstrap_interval(persistent(7), lambda s: math.nan, rng=np.random.default_rng(0), draws=10)
    assert math.isnan(got.low)
    assert math.isnan(got.se)


@pytest.mark.parametrize("options", [{"draws": 1}, {"level": 1}, {"block": 0.5}])
def test_wrong_calls_are_usage_errors(options):
    with pytest.raises(UsageError):
        bootstrap_interval(persistent(8), np.mean, rng=np.random.default_rng(0), **options)
