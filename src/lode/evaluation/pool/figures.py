"""What a pool's signal was worth on the sessions that are handed in."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.ic import daily_rank_ic
from lode.evaluation.newey_west import newey_west_t
from lode.evaluation.portfolio import COST_BPS, rank_book

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What came after each session, (sessions, names), NaN where missing.

    forward: return over `horizon` sessions, which the rank IC is taken with. next_return: return of the one session for
    which a book is held. `cost_bps`: cost of trading the whole book's size, in basis points.
    """

    forward: Floats
    next_return: Floats
    horizon: int = 1
    min_names: int = 10
    cost_bps: float = COST_BPS


@dataclass(frozen=True)
class Figures:
    """A signal in numbers; NaN where undefined.

    rank_ic: mean daily rank IC; t_nw: its Newey-West t; sessions: those with a rank IC. turnover: mean share of the
    rank book that is traded a session. sharpe, net_sharpe: per year, of the rank book before and after cost.
    """

    rank_ic: float
    t_nw: float
    sessions: int
    turnover: float
    sharpe: float
    net_sharpe: float

    def to_dict(self) -> dict[str, float]:
        """Return the figures under their names."""
        return asdict(self)


def judged(signal: Floats, outcomes: Outcomes) -> Figures:
    """Judge a signal, (sessions, names), in the sign in which it stands."""
    series = daily_rank_ic(signal, outcomes.forward, min_names=outcomes.min_names)
    test = newey_west_t(series, horizon=outcomes.horizon)
    book = rank_book(signal, outcomes.next_return, cost_bps=outcomes.cost_bps, min_names=outcomes.min_names)
    return Figures(test.mean, test.t, test.n, book.turnover, book.sharpe, book.net_sharpe)
