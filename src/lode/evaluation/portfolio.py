"""The book that a factor asks for: long what it ranks high, short what it ranks low, every session anew."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.ranks import average_ranks, series_mean

Floats = NDArray[np.float32]
Series = NDArray[np.float64]

SESSIONS_A_YEAR = 252
COST_BPS = 10.0
LEAST_TURNOVER = 0.125


@dataclass(frozen=True)
class Portfolio:
    """A book of gross size one, half of it long and half short. NaN where undefined.

    sharpe, net_sharpe: per year, before and after cost. annual_return: per year of the gross size, not compounded.
    drawdown: largest fall of the summed returns from their height, a positive share of the gross size. turnover: mean
    share of the book that is traded a session. fitness: Sharpe √(|return| / max(turnover, .125)), as BRAIN has it.
    returns, traded: (sessions,), of each session's weights.
    """

    sharpe: float
    annual_return: float
    drawdown: float
    turnover: float
    fitness: float
    net_sharpe: float
    returns: Series
    traded: Series

    def to_dict(self) -> dict[str, float]:
        """Return the figures under their names in the JSON."""
        return {
            "sharpe": self.sharpe,
            "return": self.annual_return,
            "drawdown": self.drawdown,
            "turnover": self.turnover,
            "fitness": self.fitness,
            "net_sharpe": self.net_sharpe,
        }


def rank_weights(values: Floats, *, min_names: int = 10) -> Floats:
    """Weights proportional to a name's rank less the middle one, gross sum 1, net sum 0; (sessions, names).

    Zero where a value is missing; a session with fewer than `min_names` names, or all of one value, has no position.
    """
    return rank_weights_of(average_ranks(values), min_names=min_names)


def rank_weights_of(ranks: Floats, *, min_names: int = 10) -> Floats:
    """`rank_weights` of ranks that are at hand, (sessions, names)."""
    known = np.isfinite(ranks)
    names = known.sum(axis=1, keepdims=True)
    centred = np.where(known & (names >= min_names), ranks - (names.astype(np.float32) + 1) / 2, np.float32(0))
    gross = np.abs(centred).sum(axis=1, keepdims=True)
    weights = np.zeros_like(centred)
    np.divide(centred, gross, out=weights, where=gross > 0)
    return weights


def rank_book(
    values: Floats,
    next_return: Floats,
    *,
    cost_bps: float = COST_BPS,
    min_names: int = 10,
    ranks: Floats | None = None,
) -> Portfolio:
    """Hold the rank-weighted book of each session's values for one session.

    next_return: (sessions, names), the return of the one session for which that session's weights are held (the label
    of horizon 1); a held name without one earns nothing. A session in which no name has one is left out. `cost_bps`:
    cost of trading the whole book's size, in basis points of what is traded; entering the first book counts. `ranks`:
    average ranks of the values, where they are at hand.
    """
    weights = rank_weights_of(average_ranks(values) if ranks is None else ranks, min_names=min_names)
    traded = np.abs(np.diff(weights, axis=0, prepend=np.zeros((1, weights.shape[1]), np.float32))).sum(axis=1)
    known = np.isfinite(next_return)
    earned = np.einsum("tn,tn->t", weights, np.where(known, next_return, 0), dtype=np.float64)
    begun = np.cumsum(np.abs(weights).sum(axis=1)) > 0
    held = known.any(axis=1) & begun
    returns = np.where(held, earned, np.nan)
    changes = np.where(held, traded, np.nan)
    net = returns - cost_bps * 1e-4 * changes
    return _portfolio(returns, changes, net)


def sharpe_ratio(returns: Series) -> float:
    """Sharpe ratio per year of returns per session; NaN where they do not vary."""
    known = returns[np.isfinite(returns)]
    if known.size < 2:
        return math.nan
    deviation = float(known.std(ddof=1))
    if deviation <= 1e-12 * float(np.abs(known).max()):
        return math.nan
    return float(known.mean()) / deviation * math.sqrt(SESSIONS_A_YEAR)


def drawdown(returns: Series) -> float:
    """Largest fall of the summed returns from their height so far, a positive number; NaN without any return."""
    known = returns[np.isfinite(returns)]
    if not known.size:
        return math.nan
    level = np.concatenate([[0.0], np.cumsum(known)])
    return float((np.maximum.accumulate(level) - level).max())


def _portfolio(returns: Series, traded: Series, net: Series) -> Portfolio:
    sharpe, annual = sharpe_ratio(returns), series_mean(returns) * SESSIONS_A_YEAR
    first = np.flatnonzero(np.isfinite(traded))[:1]
    later = traded.copy()
    later[first] = np.nan  # the first book is bought once, it says nothing of a session's turnover
    daily = series_mean(later)
    fitness = sharpe * math.sqrt(abs(annual) / max(daily, LEAST_TURNOVER)) if math.isfinite(daily) else math.nan
    return Portfolio(sharpe, annual, drawdown(returns), daily, fitness, sharpe_ratio(net), returns, traded)
