"""Quantiles: what the names earn that a factor ranks low, in the middle and high."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.evaluation.newey_west import NeweyWest, newey_west_t
from lode.evaluation.ranks import series_mean

Floats = NDArray[np.float32]
Series = NDArray[np.float64]

COUNT = 5
MIN_NAMES = 10


@dataclass(frozen=True)
class QuantileSummary:
    """Mean return per quantile, lowest first, and of the top less the bottom one, per session's label.

    spread: mean and Newey-West test of top minus bottom. NaN where undefined.
    """

    mean_returns: tuple[float, ...]
    spread: NeweyWest


def quantiles_of(values: Floats, count: int = COUNT, *, min_names: int = MIN_NAMES) -> NDArray[np.int16]:
    """Quantile of each name within its session, 0 the lowest to `count` - 1; -1 where missing.

    The edges are the session's quantiles, interpolated linearly, and a value on an edge belongs below it, as in
    `pandas.qcut`: equal values are always in the same quantile, and a quantile may be empty. A session with fewer
    names than `min_names` or `count` has no quantiles.
    """
    if count < 2:
        raise UsageError(f"{count} quantiles: allowed are 2 or more")
    known = np.isfinite(values)
    ordered = np.sort(np.where(known, values, np.float32(np.inf)), axis=1)
    names = known.sum(axis=1)
    quantiles = np.zeros(values.shape, dtype=np.int16)
    with np.errstate(invalid="ignore"):  # a session without quantiles may compare infinities
        for i in range(1, count):
            quantiles += values > _edge(ordered, names, i / count)[:, None]
    used = known & (names >= max(count, min_names))[:, None]
    return np.where(used, quantiles, np.int16(-1))


def quantile_returns(
    values: Floats, forward: Floats, count: int = COUNT, *, min_names: int = MIN_NAMES
) -> NDArray[np.float64]:
    """Mean forward return of each quantile, names weighted equally, (sessions, count), the lowest quantile first.

    Quantiles are those of the names that have a value and a forward return. NaN where a quantile is empty.
    """
    both = np.isfinite(values) & np.isfinite(forward)
    quantiles = quantiles_of(np.where(both, values, np.float32(np.nan)), count, min_names=min_names)
    rows, names = np.nonzero(quantiles >= 0)
    cells = rows * count + quantiles[rows, names]
    size = len(values) * count
    held = np.bincount(cells, minlength=size)
    total = np.bincount(cells, weights=forward[rows, names], minlength=size)
    means = np.full(size, np.nan)
    np.divide(total, held, out=means, where=held > 0)
    return means.reshape(len(values), count)


def quantile_summary(returns: NDArray[np.float64], *, horizon: int = 1) -> QuantileSummary:
    """Summarise the daily returns of quantiles, (sessions, count), of labels over `horizon` sessions."""
    means = tuple(series_mean(column) for column in returns.T)
    return QuantileSummary(means, newey_west_t(returns[:, -1] - returns[:, 0], horizon=horizon))


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
