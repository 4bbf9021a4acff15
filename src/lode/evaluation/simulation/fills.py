"""Hold a book: orders filled after their session, positions carried where a name cannot be traded.

A book is of constant size one: each session its positions are brought to that session's weights, and what it earns is
paid out. All figures are shares of that size.

- The weights of session t are filled at session t + delay, at the close or at the open.
- A name that has no price then, or no volume, keeps the shares it has; what its price did meanwhile is earned on the
  day it comes back. So does a name whose weight is NaN ("no order"), and the whole book in a session without weights.
- A name that leaves is out of the book after its last price, with `delisting_return` on what was held.
- Prices are total returns: a dividend is earned on its ex-date.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.evaluation.simulation.market import Market

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]
Series = NDArray[np.float64]

_NAMES_AT_ONCE = 64


@dataclass(frozen=True)
class Simulation:
    """What a book did, per session; NaN before its first fill and where no name has a price.

    returns: (T,), before cost; 0 in the session of the first fill at a close. traded: (T,), sum of what was bought and
    sold. trades, positions: (T, N) float32, signed, positions as after the session's close.
    """

    returns: Series
    traded: Series
    trades: Floats
    positions: Floats

    @property
    def net(self) -> Series:
        """Long less short, (T,)."""
        total: Series = self.positions.sum(axis=1, dtype=np.float64)
        return total

    @property
    def largest(self) -> Series:
        """Size of the largest position, (T,)."""
        sizes: Series = np.abs(self.positions).max(axis=1, initial=0).astype(np.float64)
        return sizes

    def after_cost(self, rate: float | NDArray[np.floating]) -> Series:
        """Returns less the cost of the trades; rate: per unit traded, one number or (T, N), NaN counts as zero."""
        if isinstance(rate, np.ndarray):
            paid: Series = np.einsum("tn,tn->t", np.abs(self.trades), np.nan_to_num(rate))
            return self.returns - paid
        return self.returns - rate * self.traded


def simulate(weights: Floats, market: Market, *, delay: int = 1, delisting_return: float = 0.0) -> Simulation:
    """Trade weights, (sessions, names), of each session's close: a share of the book, 0 to be out, NaN for no order.

    delay: sessions from the weights to their fill, at least 0 for fills at the close and 1 for fills at the open.
    delisting_return: what a holder earns after the last price of a name that left. Returns a book whose size is one in
    every session; NaN before its first trade. Raises UsageError for a smaller delay and for weights of another shape.
    """
    if delay < market.ticks - 1:
        raise UsageError(f"delay {delay}: fills at the open take 1 or more, since values are those of the close")
    shape = (market.sessions, weights.shape[1])
    if weights.shape != shape:
        raise UsageError(f"weights {weights.shape}: this market has (sessions, names) {shape}")
    orders = _orders(weights, delay)
    earned, trades, positions = np.zeros(len(market.price)), np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for start in range(0, shape[1], _NAMES_AT_ONCE):
        part = slice(start, min(start + _NAMES_AT_ONCE, shape[1]))
        gain, traded, held = _some_names(orders[:, part], market, part, delisting_return)
        earned += gain
        trades[:, part] = _by_session(traded, market.ticks).sum(axis=1)
        positions[:, part] = _by_session(held, market.ticks)[:, -1]
    return _simulation(_by_session(earned[:, None], market.ticks).sum(axis=(1, 2)), trades, positions, market)


def _simulation(earned: Series, trades: Floats, positions: Floats, market: Market) -> Simulation:
    traded = np.abs(trades).sum(axis=1, dtype=np.float64)
    there = (np.cumsum(traded) > 0) & market.quoted().any(axis=1)
    return Simulation(np.where(there, earned, np.nan), np.where(there, traded, np.nan), trades, positions)


def _orders(weights: Floats, delay: int) -> Floats:
    """Weights in the row of the session that fills them; NaN in sessions without any weight."""
    orders = np.full(weights.shape, np.nan, dtype=np.float32)
    if delay < len(weights):
        given = weights[: len(weights) - delay]
        some = (np.isfinite(given) & (given != 0)).any(axis=1)
        orders[delay:] = np.where(some[:, None], given, np.float32(np.nan))
    return orders


def _some_names(orders: Floats, market: Market, part: slice, delisting_return: float) -> tuple[Series, Matrix, Matrix]:
    """Earned by tick; trades and positions by tick and name."""
    ticks, price = market.ticks, np.ascontiguousarray(market.price[:, part])
    filled = market.fillable[:, part] & np.repeat(np.isfinite(orders), ticks, axis=0)
    last = _latest(price, np.isfinite(price))
    bought = np.full(price.shape, np.nan)
    np.divide(np.repeat(orders, ticks, axis=0), price, out=bought, where=filled)
    shares = np.nan_to_num(_latest(bought, filled))
    left_with = _leave(shares, last, market.gone[part])
    before = np.zeros_like(shares)
    before[1:] = shares[:-1]
    change = np.zeros_like(price)
    change[1:] = np.nan_to_num(last[1:] - last[:-1])
    value = np.nan_to_num(last)
    gain = np.einsum("tn,tn->t", before, change)
    trades = (shares - before) * value
    for row, name, held in left_with:  # what leaves is paid out, not traded
        gain[row] += held * delisting_return
        trades[row, name] = 0
    return gain, trades, shares * value


def _leave(shares: Matrix, last: Matrix, gone: NDArray[np.intp]) -> list[tuple[int, int, float]]:
    """Take names out of the book after their last price; return row, name and value of what was held then."""
    left = []
    for name in np.flatnonzero(gone >= 0):
        row = int(gone[name]) + 1
        left.append((row, int(name), float(shares[row - 1, name] * last[row - 1, name])))
        shares[row:, name] = 0
    return left


def _latest(values: Matrix, known: NDArray[np.bool_]) -> Matrix:
    """The latest known value of each column at each row, of values that are NaN where not known; NaN before it."""
    if known.all():
        return values
    rows = np.where(known, np.arange(len(values))[:, None], 0)
    np.maximum.accumulate(rows, axis=0, out=rows)
    return np.take_along_axis(values, rows, axis=0)


def _by_session(values: Matrix, ticks: int) -> Matrix:
    """(ticks of all sessions, names) as (sessions, ticks, names)."""
    return values.reshape(len(values) // ticks, ticks, values.shape[1])
