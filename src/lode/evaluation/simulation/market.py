"""The market that a simulated book trades in: prices, and where an order can be filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.panel import Panel

Prices = NDArray[np.float64]
Mask = NDArray[np.bool_]
Fill = Literal["close", "open"]
"""Where orders are filled: at the close or at the open of the session `delay` after the value."""


@dataclass(frozen=True)
class Market:
    """Prices at each tick and the ticks at which orders are filled.

    price: (ticks, names), total-return prices, so that dividends and splits are in their changes; NaN where a name has
        none. fillable: (ticks, names), where an order is filled at that price. ticks: a session's, one where fills are
        at the close, two (open, close) where they are at the open.
    gone: (names,) the tick of each name's last price where it has left, -1 where it has not: its prices end before
        the market's do.
    """

    price: Prices
    fillable: Mask
    ticks: int
    gone: NDArray[np.intp]

    @classmethod
    def of(cls, panel: Panel, *, fill: Fill = "close") -> Market:
        """Market of a panel's names; a session without volume, where the panel tells, fills nothing.

        fill: "close" or "open"; the open is the session's, adjusted as its close is. UsageError where it is absent.
        """
        price = np.where(panel.label_price > 0, panel.label_price, np.nan)
        fillable = np.isfinite(price)
        if "volume" in panel.fields:
            fillable &= panel.fields["volume"] != 0
        if fill not in get_args(Fill):
            raise UsageError(f"fill {fill!r}: allowed are {', '.join(get_args(Fill))}")
        if fill == "close":
            return cls(price, fillable, 1, _gone(price))
        return cls._at_open(panel, price, fillable)

    @classmethod
    def _at_open(cls, panel: Panel, close: Prices, fillable: Mask) -> Market:
        if not {"open", "close"} <= set(panel.fields):
            raise UsageError("fills at the open need the fields open and close; this panel allows fill='close'")
        adjusted = np.full(close.shape, np.nan)
        np.divide(panel.fields["open"], panel.fields["close"], out=adjusted, where=panel.fields["close"] > 0)
        opened = np.where(adjusted > 0, close * adjusted, np.nan)
        sessions, names = close.shape
        price = np.stack([opened, close], axis=1).reshape(2 * sessions, names)
        at_open = np.stack([fillable & np.isfinite(opened), np.zeros_like(fillable)], axis=1)
        return cls(price, at_open.reshape(2 * sessions, names), 2, _gone(price))

    @property
    def sessions(self) -> int:
        """Number of sessions."""
        return len(self.price) // self.ticks

    def quoted(self) -> Mask:
        """Whether each name had a price in a session, (sessions, names)."""
        known = np.isfinite(self.price).reshape(self.sessions, self.ticks, self.price.shape[1])
        return np.logical_or(known[:, 0], known[:, -1])


def _gone(price: Prices) -> NDArray[np.intp]:
    """Tick of each name's last price where it lies before the last tick at which any name has one; else -1."""
    known = np.isfinite(price)
    if not known.any():
        return np.full(price.shape[1], -1, dtype=np.intp)
    last = len(price) - 1 - np.argmax(known[::-1], axis=0)
    end = int(np.flatnonzero(known.any(axis=1))[-1])
    return np.where(known.any(axis=0) & (last < end), last, -1).astype(np.intp)
