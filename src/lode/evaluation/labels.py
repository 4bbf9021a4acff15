"""Labels: the return that is earned after a factor value is known and traded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.evaluation.ranks import row_blocks
from lode.panel import Panel

Floats = NDArray[np.float32]
Prices = NDArray[np.float64]


def forward_returns(panel: Panel | Prices, *, horizon: int = 1, delay: int = 1, stop: int | None = None) -> Floats:
    """Simple return from the close of session t + delay to that of t + delay + horizon.

    panel: a panel (its `label_price`) or such prices, (sessions, names), total-return prices, NaN where missing.
    horizon: sessions held, at least 1; delay: sessions between the value and the trade, at least 0.
    stop: the first row whose price may not be used; labels that would need it, or a later one, are missing.
    Returns (sessions, names) float32. NaN where either price is missing or not positive, or lies at or past `stop`.
    A name whose prices end before that is held to its last price, so that losses on the way out count; a position
    that could only be opened at that very price has no label.
    """
    check_timing(horizon, delay)
    every = panel.label_price if isinstance(panel, Panel) else np.asarray(panel, dtype=np.float64)
    rows = len(every) if stop is None else max(0, min(stop, len(every)))
    labels = np.full(every.shape, np.nan, dtype=np.float32)
    count = rows - delay - horizon
    if count <= 0 or every.shape[1] == 0:
        return labels
    prices = np.where(every[:rows] > 0, every[:rows], np.nan)
    last = _last_rows(prices) if horizon > 1 else None
    exits = prices if last is None else _held_to_last(prices, last)
    later = exits[delay + horizon : rows]
    for block in row_blocks(later.shape):
        labels[:count][block] = later[block] / prices[delay : delay + count][block] - 1
    if last is not None:
        _drop_last_entries(labels, last, delay)
    return labels


def check_timing(horizon: int, delay: int) -> None:
    """Raise UsageError unless horizon ≥ 1 and delay ≥ 0."""
    if horizon < 1:
        raise UsageError(f"horizon {horizon}: a return is earned over at least 1 session")
    if delay < 0:
        raise UsageError(f"delay {delay}: allowed is 0 (trade at the same close) or more; 1 is the usual one")


def _last_rows(prices: Prices) -> NDArray[np.intp]:
    """Row of each name's last price, (names,); -1 where it has none."""
    known = np.isfinite(prices)
    last = len(prices) - 1 - np.argmax(known[::-1], axis=0)
    return np.where(known.any(axis=0), last, -1)


def _held_to_last(prices: Prices, last: NDArray[np.intp]) -> Prices:
    """Prices in which a name that has left keeps its last price to the end."""
    left = np.flatnonzero((last >= 0) & (last < len(prices) - 1))
    held = prices.copy() if len(left) else prices
    for name in left:
        held[last[name] + 1 :, name] = prices[last[name], name]
    return held


def _drop_last_entries(labels: Floats, last: NDArray[np.intp], delay: int) -> None:
    """Remove the label of a position opened at a name's last price: nobody could have closed it elsewhere."""
    entered = last - delay
    names = np.flatnonzero(entered >= 0)
    labels[entered[names], names] = np.nan
