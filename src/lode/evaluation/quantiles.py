"""Quantiles: what the names earn that a factor ranks low, in the middle and high."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.evaluation.members import cells_of, means, sums
from lode.evaluation.newey_west import NeweyWest, newey_west_t
from lode.evaluation.ranks import row_blocks, series_mean

Floats = NDArray[np.float32]
Series = NDArray[np.float64]
Quantiles = NDArray[np.int16]
Returns = NDArray[np.float64]

COUNT = 5
MIN_NAMES = 10


@dataclass(frozen=True)
class QuantileSummary:
    """Mean return per quantile, lowest first, and of the top less the bottom one, per session's label.

    spread: mean and Newey-West test of top minus bottom. NaN where undefined.
    """

    mean_returns: tuple[float, ...]
    spread: NeweyWest


def quantiles_of(values: Floats, count: int = COUNT, *, min_names: int = MIN_NAMES) -> Quantiles:
    """Quantile of each name within its session, 0 the lowest to `count` - 1; -1 where missing.

    The edges are the session's quantiles, interpolated linearly, and a value on an edge belongs below it, as in
    `pandas.qcut`: equal values are always in the same quantile, and a quantile may be empty. A session with fewer
    names than `min_names` or `count` has no quantiles.
    """
    if count < 2:
        raise UsageError(f"{count} quantiles: allowed are 2 or more")
    quantiles = np.empty(values.shape, dtype=np.int16)
    for block in row_blocks(values.shape):
        quantiles[block] = _block_quantiles(values[block], count, max(count, min_names))
    return quantiles


def quantiles_of_ranks(ranks: Floats, count: int = COUNT, *, min_names: int = MIN_NAMES) -> Quantiles:
    """`quantiles_of` values whose average ranks, 1 to n in each session, are at hand; the same without a sort.

    Without ties the name of rank r lies above the edge i/count where (r - 1) count > i (n - 1): its quantile is
    how many edges lie below it. Sessions with ties are sorted.
    """
    quantiles = np.empty(ranks.shape, dtype=np.int16)
    for block in row_blocks(ranks.shape):
        quantiles[block] = _block_of_ranks(ranks[block], count, max(count, min_names))
    return quantiles


def _block_of_ranks(ranks: Floats, count: int, least: int) -> Quantiles:
    known = np.isfinite(ranks)
    n = np.count_nonzero(known, axis=1)
    filled = np.where(known, ranks, 0).astype(np.float64)
    tied = np.einsum("tn,tn->t", filled, filled) < n * (n + 1) * (2 * n + 1) / 6 - 0.25
    quantiles = np.zeros(ranks.shape, dtype=np.int16)
    for i in range(1, count):  # a rank is whole without ties, so that the edge may be the whole rank at or below it
        quantiles += ranks > (i * (n - 1) // count + 1).astype(np.float32)[:, None]
    quantiles[~(known & (n >= least)[:, None])] = -1
    if tied.any():
        quantiles[tied] = _block_quantiles(ranks[tied], count, least)
    return quantiles


def _block_quantiles(values: Floats, count: int, least: int) -> Quantiles:
    known = np.isfinite(values)
    ordered = np.sort(np.where(known, values, np.float32(np.inf)), axis=1)
    names = np.count_nonzero(known, axis=1)
    quantiles = np.zeros(values.shape, dtype=np.int16)
    with np.errstate(invalid="ignore"):  # a session without quantiles may compare infinities
        for i in range(1, count):
            quantiles += values > _at_most(_edge(ordered, names, i / count))[:, None]
    quantiles[~(known & (names >= least)[:, None])] = -1
    return quantiles


def quantile_returns(
    values: Floats,
    forward: Floats,
    count: int = COUNT,
    *,
    min_names: int = MIN_NAMES,
    sizes: Floats | None = None,
    quantiles: Quantiles | None = None,
) -> Returns:
    """Mean forward return of each quantile, (sessions, count), the lowest quantile first.

    Quantiles are those of the names that have a value and a forward return. NaN where a quantile is empty.
    sizes: weights of the names in the mean, such as their capitalisation, (sessions, names); a name without a positive
    one is left out of the mean, not of the quantile. Equal ones where None. quantiles: `quantiles_of(values, count)`
    where it is at hand; used in sessions in which every value has a forward return.
    """
    labels = {0: forward}
    return returns_by_horizon(values, labels, count, min_names=min_names, sizes=sizes, quantiles=quantiles)[0]


def returns_by_horizon(
    values: Floats,
    labels: Mapping[int, Floats],
    count: int = COUNT,
    *,
    min_names: int = MIN_NAMES,
    sizes: Floats | None = None,
    quantiles: Quantiles | None = None,
) -> dict[int, Returns]:
    """`quantile_returns` of each horizon's labels, which share the quantiles of sessions in which none is missing."""
    formed = quantiles_of(values, count, min_names=min_names) if quantiles is None else quantiles
    returns = {horizon: np.full((len(values), count), np.nan) for horizon in labels}
    for block in row_blocks(values.shape):
        weights = None if sizes is None else np.nan_to_num(np.clip(sizes[block], 0, None))
        shared = _Members(formed[block], count, weights)
        for horizon, forward in labels.items():
            lacking = with_returns(values[block], forward[block], formed[block], count, min_names=min_names)
            held = shared if lacking is None else _Members(lacking, count, weights)
            returns[horizon][block] = held.mean(forward[block])
    return returns


def with_returns(
    values: Floats, forward: Floats, quantiles: Quantiles, count: int, *, min_names: int
) -> Quantiles | None:
    """Quantiles of the names that have a forward return as well; None where those at hand are that already."""
    lacking = (quantiles >= 0) & ~np.isfinite(forward)
    rows = np.flatnonzero(lacking.any(axis=1))
    if not len(rows):
        return None
    formed = quantiles.copy()
    kept = np.where(lacking[rows], np.float32(np.nan), values[rows])
    formed[rows] = quantiles_of(kept, count, min_names=min_names)
    return formed


class _Members:
    """The members of each quantile of some sessions, and the weights that they have in its mean."""

    def __init__(self, quantiles: Quantiles, count: int, weights: Floats | None) -> None:
        self._cells, self._count, self._weights = cells_of(quantiles, count), count, weights
        self._held = sums(self._cells, count, weights)

    def mean(self, earned: Floats) -> Returns:
        """Mean of what each quantile's members earned, (sessions, count); NaN without members of positive weight."""
        weights = self._weights
        of = earned if weights is None else np.multiply(weights, earned, dtype=np.float64)
        return means(sums(self._cells, self._count, of), self._held)


def quantile_summary(returns: Returns, *, horizon: int = 1) -> QuantileSummary:
    """Summarise the daily returns of quantiles, (sessions, count), of labels over `horizon` sessions."""
    means = tuple(series_mean(column) for column in returns.T)
    return QuantileSummary(means, newey_west_t(returns[:, -1] - returns[:, 0], horizon=horizon))


def _at_most(edges: Series) -> Floats:
    """The largest float32 that is not above each edge: a float32 exceeds the one as it exceeds the other."""
    near = edges.astype(np.float32)
    return np.where(near > edges, np.nextafter(near, np.float32(-np.inf)), near)


def _edge(ordered: Floats, names: NDArray[np.intp], share: float) -> Series:
    """Value below which `share` of a session's known names lie, interpolated; (sessions,)."""
    if ordered.shape[1] == 0:
        return np.full(len(ordered), np.nan)
    place = np.maximum(names - 1, 0) * share
    low = np.floor(place).astype(np.intp)
    high = np.minimum(low + 1, np.maximum(names - 1, 0))
    rows = np.arange(len(ordered))
    below, above = ordered[rows, low].astype(np.float64), ordered[rows, high].astype(np.float64)
    edge: Series = below + (above - below) * (place - low)
    return edge
