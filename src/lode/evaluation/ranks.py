"""Ranks and correlations of every session at once, for (sessions, names) arrays with missing values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lode.engine import core

Floats = NDArray[np.float32]
Series = NDArray[np.float64]

_BLOCK_CELLS = 1 << 16


def average_ranks(values: NDArray[np.floating]) -> Floats:
    """Rank within each session, 1 to the number of its names; ties get their average rank (Kendall 1945).

    values: (sessions, names), compared as float32; what is not finite is missing. Returns float32, NaN where missing.
    """
    given = np.asarray(values, dtype=np.float32)
    known = np.isfinite(given)
    ranks = np.full(given.shape, np.nan, dtype=np.float32)
    core.rank(np.where(known, given, np.float32(np.nan)), ranks)
    steps = known.sum(axis=1, keepdims=True).astype(np.float32) - 1  # the engine's ranks run from 0 to 1
    ranks *= 2 * steps
    np.round(ranks, out=ranks)
    ranks /= 2
    ranks += 1
    return ranks


def row_correlation(first: NDArray[np.floating], second: NDArray[np.floating], *, min_names: int = 3) -> Series:
    """Pearson correlation of two arrays within each session, over the names that both have.

    Returns (sessions,), in [-1, 1]; NaN with fewer than `min_names` common names or where one side does not vary.
    """
    correlation = np.full(len(first), np.nan)
    for block in row_blocks(first.shape):
        correlation[block] = _block_correlation(first[block], second[block], min_names)
    return correlation


def rank_correlation(first: Floats, second: Floats, *, min_names: int = 3) -> Series:
    """`row_correlation` of two arrays of ranks, each session's from 1 on, at half its cost.

    Sums of ranks are exact in float64, so that nothing has to be centred first.
    """
    correlation = np.full(len(first), np.nan)
    for block in row_blocks(first.shape):
        correlation[block] = _block_rank_correlation(first[block], second[block], min_names)
    return correlation


def _block_rank_correlation(first: Floats, second: Floats, min_names: int) -> Series:
    both = np.isfinite(first + second)
    n = np.count_nonzero(both, axis=1)
    x, y = (np.where(both, ranks, 0).astype(np.float64) for ranks in (first, second))
    xx, yy, xy = (np.einsum("tn,tn->t", a, b) for a, b in ((x, x), (y, y), (x, y)))
    return _of_sums(n, (x.sum(axis=1), xx), (y.sum(axis=1), yy), xy, min_names)


def _of_sums(
    n: NDArray[np.intp], first: tuple[Series, Series], second: tuple[Series, Series], products: Series, min_names: int
) -> Series:
    """Correlation from the number of names, each side's sum and sum of squares, and sum of products, (sessions,)."""
    (sum_x, squares_x), (sum_y, squares_y) = first, second
    nxx, nyy = n * squares_x, n * squares_y
    spread_x, spread_y = nxx - sum_x**2, nyy - sum_y**2
    defined = (n >= min_names) & (spread_x > 1e-12 * nxx) & (spread_y > 1e-12 * nyy)
    correlation = np.full(len(n), np.nan)
    scale = np.sqrt(np.abs(spread_x * spread_y))
    np.divide(n * products - sum_x * sum_y, scale, out=correlation, where=defined)
    np.clip(correlation, -1, 1, out=correlation)
    return correlation


class RankSums:
    """Sums over each session's ranks, (sessions, names), for its correlation with earlier sessions at several lags.

    Between two sessions of the same names only the products are new; other sessions are `rank_correlation`'s.
    """

    def __init__(self, ranks: Floats) -> None:
        self._ranks, self._known = ranks, np.isfinite(ranks)
        self._filled = np.where(self._known, ranks, 0).astype(np.float64)
        self._n = np.count_nonzero(self._known, axis=1)
        self._sums = self._filled.sum(axis=1), np.einsum("tn,tn->t", self._filled, self._filled)

    def lagged_correlation(self, lag: int, *, min_names: int = 3) -> Series:
        """Of each session but the first `lag` with the one `lag` before, (sessions - lag,)."""
        now, before = slice(lag, None), slice(None, -lag)
        products = np.einsum("tn,tn->t", self._filled[now], self._filled[before])
        first, second = ((self._sums[0][of], self._sums[1][of]) for of in (now, before))
        series = _of_sums(self._n[now], first, second, products, min_names)
        others = np.flatnonzero((self._known[now] != self._known[before]).any(axis=1))
        series[others] = rank_correlation(self._ranks[now][others], self._ranks[before][others], min_names=min_names)
        return series


def row_mean(values: NDArray[np.floating]) -> Series:
    """Mean of each session's finite values, (sessions,); NaN where there is none."""
    known = np.isfinite(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0).sum(axis=1, dtype=np.float64)
    mean = np.full(len(total), np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def series_mean(series: NDArray[np.floating]) -> float:
    """Mean of the finite entries of a series; NaN where there is none."""
    known = series[np.isfinite(series)]
    return float(known.mean()) if known.size else float("nan")


def row_blocks(shape: tuple[int, ...]) -> list[slice]:
    """Rows in blocks that fit the processor's cache; none where there is no cell."""
    sessions, names = shape
    step = max(1, _BLOCK_CELLS // max(names, 1))
    return [slice(start, start + step) for start in range(0, sessions if names else 0, step)]


def _block_correlation(first: NDArray[np.floating], second: NDArray[np.floating], min_names: int) -> Series:
    both = np.isfinite(first) & np.isfinite(second)
    x, y = centred(first, both), centred(second, both)
    xx, yy, xy = (np.einsum("tn,tn->t", a, b) for a, b in ((x, x), (y, y), (x, y)))
    scale = np.sqrt(xx * yy)
    defined = (both.sum(axis=1) >= min_names) & (scale > 0)
    correlation = np.full(len(xy), np.nan)
    np.divide(xy, scale, out=correlation, where=defined)
    np.clip(correlation, -1, 1, out=correlation)
    return correlation


def centred(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Values less their session's mean over the mask; zero outside of it and where only rounding varies."""
    kept = np.where(mask, values, 0).astype(np.float64, copy=False)
    count = np.maximum(mask.sum(axis=1, keepdims=True), 1)
    around = np.where(mask, kept - kept.sum(axis=1, keepdims=True) / count, 0)
    floor = 1e-12 * np.abs(kept).max(axis=1, keepdims=True, initial=0)
    varies = np.abs(around).max(axis=1, keepdims=True, initial=0) > floor
    return np.where(varies, around, 0)
