"""The cases of alphalens-reloaded's own tests of its performance figures, by Lode's functions, to the same numbers."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lode.evaluation import rank_autocorrelation
from lode.evaluation.ic import daily_rank_ic
from lode.evaluation.labels import forward_returns
from lode.evaluation.quantiles import quantile_returns, quantiles_of, returns_by_horizon
from lode.evaluation.turnover import newcomers

NAN = np.nan
UP, DOWN = [1, 2, 3, 4], [4, 3, 2, 1]
SWAPPED, PAIRS = [1, 3, 2, 4], [2, 1, 4, 3]


def rows(values):
    return np.array(values, dtype=np.float32)


def equal_widths(values, count):
    """Its `bins`: as many intervals of one width between a session's extremes."""
    return np.array([pd.cut(row, count, labels=False) for row in values], dtype=np.int16)


@pytest.mark.parametrize(("forward", "ic"), [([DOWN, UP], -1), ([UP, DOWN], 1)])
def test_rank_ic(forward, ic):
    np.testing.assert_allclose(daily_rank_ic(rows([UP, DOWN]), rows(forward), min_names=4), [ic, ic])


@pytest.mark.parametrize("group", [slice(0, 2), slice(2, 4)])
@pytest.mark.parametrize("adjusted", [False, True])
def test_rank_ic_within_a_group_of_two(group, adjusted):
    values, forward = (np.ascontiguousarray(rows([UP, DOWN])[:, group]) for _ in range(2))
    forward = forward - forward.mean(axis=1, keepdims=True) if adjusted else forward
    np.testing.assert_allclose(daily_rank_ic(values, forward, min_names=2), [1, 1])


@pytest.mark.parametrize(
    ("growth", "factor", "count", "expected"),
    [
        ([1.1, 1.2] * 3, [[1, 2] * 3] * 3, 2, [0.1, 0.2]),
        ([1.1] * 3 + [1.2] * 3, [[1, 2, 3] * 2] * 3, 3, [0.15, 0.15, 0.15]),
        # .5 and .2 in the lowest, then (.5 + .5 + 0 + 0 + 0) / 5 beside .2
        ([1.5, 1.5, 1.2, 1, 1, 1], [[1, 1, 2, 2, 2, 2], [2, 2, 1, 2, 2, 2], [2, 2, 1, 2, 2, 2]], 2, [0.3, 0.15]),
        ([1.5, 1.5, 1.2, 1, 1, 1], [[1, 1, 3, 2, 2, 2], [3, 3, 1, 2, 2, 2], [3, 3, 1, 2, 2, 2]], 3, [0.3, 0, 0.4]),
        ([1.6, 1.6, 1, 1, 1, 1], [[1, 1, 2, 2, 2, 2], [2, 2, 1, 1, 1, 1], [2, 2, 1, 1, 1, 1]], 2, [0.2, 0.4]),
    ],
)
def test_mean_return_by_bin(growth, factor, count, expected):
    prices = np.array(growth) ** np.arange(1, 5)[:, None]
    forward = forward_returns(prices, horizon=1, delay=0)[:3]
    bins = equal_widths(factor, count)
    got = quantile_returns(rows(factor), forward, count, min_names=1, quantiles=bins)
    np.testing.assert_allclose(got.mean(axis=0), expected, atol=1e-7)


@pytest.mark.parametrize(
    ("growth", "factor", "count", "expected"),
    [
        ([1.1, 1.2, 1.1], [[1, 2, 1]] * 3, 2, [0.1, 0.2]),
        ([1.1, 1.1, 1.1], [[1, 2, 3]] * 3, 3, [0.1, 0.1, 0.1]),
        ([1.2, 1.2, 1.2], [[1, 2, 3]] * 3, 3, [0.2, 0.2, 0.2]),
        ([1.6, 1.6, 1], [[1, 1, 2], [2, 2, 1], [2, 2, 1]], 2, [0.2, 0.4]),
    ],
)
def test_mean_return_by_bin_within_a_group(growth, factor, count, expected):
    test_mean_return_by_bin(growth, factor, count, expected)


@pytest.mark.parametrize(
    ("factor", "quantile", "lag", "expected"),
    [
        ([UP, DOWN, UP, UP], 4, 1, [NAN, 1, 1, 0]),
        ([UP, DOWN, UP, UP], 4, 2, [NAN, NAN, 0, 1]),
        ([UP, DOWN, UP, UP], 4, 3, [NAN, NAN, NAN, 0]),
        ([UP] * 4, 3, 1, [NAN, 0, 0, 0]),
        ([UP] * 4, 3, 2, [NAN, NAN, 0, 0]),
        ([UP] * 4, 3, 3, [NAN, NAN, NAN, 0]),
        ([UP, DOWN, UP, DOWN], 2, 1, [NAN, 1, 1, 1]),
        ([UP, SWAPPED] * 6, 3, 4, [NAN] * 4 + [0] * 8),
        ([UP, SWAPPED] * 5 + [UP, UP], 3, 10, [NAN] * 10 + [0, 1]),
        ([UP, DOWN], 3, 2, [NAN, NAN]),
    ],
)
def test_quantile_turnover(factor, quantile, lag, expected):
    quantiles = quantiles_of(rows(factor), 4, min_names=4)
    np.testing.assert_array_equal(quantiles + 1, factor)
    np.testing.assert_allclose(newcomers(quantiles, 4, lag)[:, quantile - 1], expected)


_TWELVE = [UP, PAIRS, DOWN, UP, PAIRS, DOWN, PAIRS, DOWN, UP, PAIRS, PAIRS, DOWN]


@pytest.mark.parametrize(
    ("factor", "lag", "expected"),
    [
        ([UP] * 4, 1, [NAN, 1, 1, 1]),
        ([DOWN, UP, DOWN, UP], 1, [NAN, -1, -1, -1]),
        # UP and PAIRS differ by 1 everywhere: 1 - 6 · 4 / (4 · 15) = .6
        (_TWELVE, 3, [NAN, NAN, NAN, 1, 1, 1, 0.6, -0.6, -1, 1, -0.6, -1]),
    ],
)
def test_factor_rank_autocorrelation(factor, lag, expected):
    np.testing.assert_allclose(rank_autocorrelation(rows(factor), lag), expected, atol=1e-12)


def test_edges_that_coincide_leave_a_quantile_empty_where_alphalens_drops_the_session():
    values = rows([[1, 1, 1, 1, 2, 3]])
    with pytest.raises(ValueError, match="Bin edges must be unique"):
        pd.qcut(values[0], 4)
    got = quantile_returns(values, rows([[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]]), 4, min_names=4)
    np.testing.assert_allclose(got, [[0.25, NAN, NAN, 0.55]], rtol=1e-6)


def test_demeaned_quantile_returns_are_those_less_the_mean_of_all_names():
    rng = np.random.default_rng(3)
    values, forward = (rng.standard_normal((5, 30)).astype(np.float32) for _ in range(2))
    demeaned = quantile_returns(values, forward - forward.mean(axis=1, keepdims=True))
    expected = quantile_returns(values, forward) - forward.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(demeaned, expected, atol=1e-6)


def test_horizons_beside_each_other_are_each_alone_and_pandas_own():
    rng = np.random.default_rng(5)
    values = rng.standard_normal((40, 50)).astype(np.float32)
    prices = np.exp(np.cumsum(0.02 * rng.standard_normal((40, 50)), axis=0))
    labels = {horizon: forward_returns(prices, horizon=horizon, delay=0) for horizon in (1, 5, 10)}
    labels[5][3, 7] = NAN
    together = returns_by_horizon(values, labels, quantiles=quantiles_of(values))
    for horizon, forward in labels.items():
        np.testing.assert_array_equal(together[horizon], quantile_returns(values, forward))
    known = np.isfinite(labels[5][3])
    by_pandas = pd.Series(labels[5][3][known]).groupby(pd.qcut(values[3][known], 5, labels=False)).mean()
    np.testing.assert_allclose(together[5][3], by_pandas, rtol=1e-5)
    expected = stats.spearmanr(values[3][known], labels[5][3][known])[0]
    assert daily_rank_ic(values, labels[5])[3] == pytest.approx(expected)
