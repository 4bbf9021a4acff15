"""Books of quantiles: the top one held, or the top one against the bottom one, equally or by capitalisation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Quantiles = NDArray[np.int16]


def long_only(quantiles: Quantiles, count: int, sizes: Floats | None = None, *, quoted: NDArray[np.bool_]) -> Floats:
    """Weights that sum to one over the names of the top quantile, (sessions, names).

    quantiles: 0 to count - 1, -1 where missing. sizes: weights within a quantile in proportion to these, a name without
    a positive one left out; equal ones where None. quoted: where a name had a price; one without a quantile and a
    price has no order (NaN) and keeps its place, one without a quantile and with a price is sold.
    """
    return _ordered(_shares(quantiles == count - 1, sizes), quantiles, quoted)


def long_short(quantiles: Quantiles, count: int, sizes: Floats | None = None, *, quoted: NDArray[np.bool_]) -> Floats:
    """Half a book long of the top quantile, half a book short of the bottom one; see `long_only`.

    A session in which either is empty has no weights.
    """
    top, bottom = (_shares(quantiles == q, sizes) for q in (count - 1, 0))
    both = np.logical_and(top.any(axis=1), bottom.any(axis=1))
    return _ordered(np.where(both[:, None], (top - bottom) / 2, 0), quantiles, quoted)


def _shares(member: NDArray[np.bool_], sizes: Floats | None) -> NDArray[np.float64]:
    """Shares of each session's members that sum to one; zero in a session without any."""
    held = member.astype(np.float64)
    if sizes is not None:
        held *= np.where(sizes > 0, sizes, 0)
    total = held.sum(axis=1, keepdims=True)
    np.divide(held, total, out=held, where=total > 0)
    return held


def _ordered(weights: NDArray[np.float64], quantiles: Quantiles, quoted: NDArray[np.bool_]) -> Floats:
    orders = weights.astype(np.float32)
    orders[(quantiles < 0) & ~quoted] = np.nan
    return orders
