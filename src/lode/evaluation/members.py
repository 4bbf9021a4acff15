"""Sums over the members of each quantile, all quantiles of a block of sessions in one pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Quantiles = NDArray[np.int16]
Cells = NDArray[np.intp]
Sums = NDArray[np.float64]


def cells_of(quantiles: Quantiles, count: int) -> Cells:
    """Number of each name's quantile among those of all sessions, (sessions, names), quantiles from 0 to `count` - 1.

    A session has `count` + 1 numbers; the first is that of the names in no quantile, -1.
    """
    firsts = np.arange(1, len(quantiles) * (count + 1), count + 1, dtype=np.intp)
    return firsts[:, None] + quantiles


def sums(cells: Cells, count: int, weights: NDArray[np.floating] | None = None) -> Sums:
    """Sum of the weights of each quantile's members, or how many there are, (sessions, count)."""
    size = len(cells) * (count + 1)
    total = np.bincount(cells.ravel(), None if weights is None else weights.ravel(), size)
    return total.reshape(len(cells), count + 1)[:, 1:].astype(np.float64, copy=False)


def means(total: Sums, held: Sums) -> Sums:
    """Sums over weights; NaN where a quantile has no member of positive weight."""
    mean = np.full(total.shape, np.nan)
    np.divide(total, held, out=mean, where=held > 0)
    return mean
