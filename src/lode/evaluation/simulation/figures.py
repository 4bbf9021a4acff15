"""A simulated book in numbers."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.portfolio import LEAST_TURNOVER, SESSIONS_A_YEAR, sharpe_ratio
from lode.evaluation.ranks import series_mean
from lode.evaluation.simulation.fills import Simulation

Series = NDArray[np.float64]


@dataclass(frozen=True)
class Drawdown:
    """Largest fall of the summed returns from their height.

    depth: a positive share of the book. sessions: from the height to the lowest point. recovery: from there until the
    height was reached again, NaN where it was not. start, trough: rows of the series; -1 where there is no return.
    """

    depth: float
    sessions: float
    recovery: float
    start: int
    trough: int


@dataclass(frozen=True)
class Figures:
    """Figures of a book of constant size one; NaN where undefined.

    sharpe, net_sharpe: per year, before and after cost. annual_return, net_return: per year, of the book's size, not
    compounded. turnover: traded per session, the first book left out. margin_bps: return per unit traded, basis points.
    drawdown: of the returns before cost. fitness: in BRAIN's manner, with the return on half of the book. largest:
    largest weight ever held. names: mean number held. long, short: mean size of each side.
    """

    sharpe: float
    net_sharpe: float
    annual_return: float
    net_return: float
    volatility: float
    turnover: float
    margin_bps: float
    drawdown: float
    drawdown_sessions: float
    recovery_sessions: float
    fitness: float
    largest: float
    names: float
    long: float
    short: float

    def to_dict(self) -> dict[str, float]:
        """Return the figures under their names in the JSON."""
        told = asdict(self)
        return {"return" if name == "annual_return" else name: value for name, value in told.items()}


def figures_of(book: Simulation, *, half: bool = True, cost: float | NDArray[np.floating] = 0.0) -> Figures:
    """Put a book in numbers; cost: per unit traded, a number or (sessions, names).

    half: count the fitness with the return on half of the book, as BRAIN does for books of two sides.
    """
    net, held = book.after_cost(cost), np.isfinite(book.returns)
    annual, later = series_mean(book.returns) * SESSIONS_A_YEAR, _without_first(book.traded)
    daily, fall, sharpe = series_mean(later), deepest_drawdown(book.returns), sharpe_ratio(book.returns)
    positions = book.positions[held]
    return Figures(
        sharpe=sharpe,
        net_sharpe=sharpe_ratio(net),
        annual_return=annual,
        net_return=series_mean(net) * SESSIONS_A_YEAR,
        volatility=_deviation(book.returns) * math.sqrt(SESSIONS_A_YEAR),
        turnover=daily,
        margin_bps=_ratio(float(np.nansum(book.returns)), float(np.nansum(book.traded))) * 1e4,
        drawdown=fall.depth,
        drawdown_sessions=fall.sessions,
        recovery_sessions=fall.recovery,
        fitness=fitness(sharpe, annual * (2 if half else 1), daily),
        largest=float(np.abs(positions).max(initial=0)) if held.any() else math.nan,
        names=series_mean((positions != 0).sum(axis=1)),
        long=series_mean(np.clip(positions, 0, None).sum(axis=1, dtype=np.float64)),
        short=series_mean(-np.clip(positions, None, 0).sum(axis=1, dtype=np.float64)),
    )


def fitness(sharpe: float, annual_return: float, turnover: float) -> float:
    """Sharpe √(|return| / max(turnover, .125)); NaN where one of them is."""
    if not all(math.isfinite(figure) for figure in (sharpe, annual_return, turnover)):
        return math.nan
    return sharpe * math.sqrt(abs(annual_return) / max(turnover, LEAST_TURNOVER))


def deepest_drawdown(returns: Series) -> Drawdown:
    """Find the largest fall of the summed returns, which start at zero; sessions without a return are passed over."""
    known = np.flatnonzero(np.isfinite(returns))
    if not known.size:
        return Drawdown(math.nan, math.nan, math.nan, -1, -1)
    level = np.concatenate([[0.0], np.cumsum(returns[known])])
    height = np.maximum.accumulate(level)
    trough = int(np.argmax(height - level))
    start = int(np.flatnonzero(level[: trough + 1] == height[trough])[-1])
    again = np.flatnonzero(level[trough:] >= height[trough])
    recovery = float(again[0]) if again.size else math.nan
    rows = [int(known[max(step - 1, 0)]) for step in (start, trough)]
    return Drawdown(float(height[trough] - level[trough]), float(trough - start), recovery, rows[0], rows[1])


def _without_first(traded: Series) -> Series:
    """Traded without the session that bought the first book, which says nothing of the others."""
    later = traded.copy()
    later[np.flatnonzero(np.nan_to_num(traded) > 0)[:1]] = np.nan
    return later


def _deviation(returns: Series) -> float:
    known = returns[np.isfinite(returns)]
    return float(known.std(ddof=1)) if known.size > 1 else math.nan


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator > 0 else math.nan
