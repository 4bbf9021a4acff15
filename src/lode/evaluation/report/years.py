"""A factor's record year by year."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.portfolio import drawdown, sharpe_ratio
from lode.evaluation.ranks import series_mean

Series = NDArray[np.float64]


@dataclass(frozen=True)
class Year:
    """One calendar year; NaN where undefined. total: summed returns of the book, before cost."""

    year: int
    sessions: int
    rank_ic: float
    total: float
    sharpe: float
    net_sharpe: float
    turnover: float
    drawdown: float

    def to_dict(self) -> dict[str, float]:
        """Return the year as JSON holds it."""
        told = asdict(self)
        return {"return" if name == "total" else name: value for name, value in told.items()}


def by_year(
    sessions: NDArray[np.datetime64], rank_ic: Series, returns: Series, net: Series, traded: Series
) -> tuple[Year, ...]:
    """Years of daily series, (sessions,) each, NaN where undefined."""
    years = sessions.astype("datetime64[Y]").astype(int) + 1970
    told = []
    for year in np.unique(years):
        rows = years == year
        known = returns[rows]
        total = float(np.nansum(known)) if np.isfinite(known).any() else float("nan")
        told.append(
            Year(
                year=int(year),
                sessions=int(rows.sum()),
                rank_ic=series_mean(rank_ic[rows]),
                total=total,
                sharpe=sharpe_ratio(known),
                net_sharpe=sharpe_ratio(net[rows]),
                turnover=series_mean(traded[rows]),
                drawdown=drawdown(known),
            )
        )
    return tuple(told)
