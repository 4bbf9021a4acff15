"""What trading takes from a simulated book: fees, half the spread, impact; and how much capital the book carries.

Fees are proportional to what is traded. The spread is Corwin and Schultz's of the last month, half of it paid on every
trade; a name without an estimate pays the session's mean. Negative estimates of two sessions are kept, and the month's
mean is zero at least: set to zero one by one, as the paper's default has it, they give the S&P 500's names of 2013 to
2018 a spread of .50 %, and kept one of .14 %. Impact is the square-root law's, on the mean dollar volume and the
volatility of the last month, as known before the session of the trade.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.cost import capacity, impact_cost
from lode.evaluation.portfolio import SESSIONS_A_YEAR, sharpe_ratio
from lode.evaluation.ranks import row_mean, series_mean
from lode.evaluation.simulation.fills import Simulation
from lode.evaluation.spread import MONTH_SESSIONS, corwin_schultz, mean_spread
from lode.evaluation.styles import moving_sum

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]
Series = NDArray[np.float64]

_FEWEST = 12


@dataclass(frozen=True)
class Costs:
    """Costs of a book of constant size, a share of it per year; NaN where the panel has not what they take.

    fees, spread, impact: impact is that of `capital`. half_spread_bps: paid per unit traded, in basis points.
    net_return, net_sharpe: per year, after all that is known of the three, a
    session of which one is not known at its mean. capacity: capital at which the Sharpe ratio
    after fees and spread is halved by impact; gross_capacity: the same of the Sharpe ratio before them. Money is in the
    panel's currency; a capacity is NaN where there is no gain to halve.
    """

    capital: float
    fees: float
    spread: float
    impact: float
    half_spread_bps: float
    net_return: float
    net_sharpe: float
    capacity: float
    gross_capacity: float

    def to_dict(self) -> dict[str, float]:
        """Return the costs under their names in the JSON."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Rates:
    """What a trade costs, (sessions, names), whatever book it is of; None where the panel has not what it takes.

    half_spread: see `half_spreads`. volume, volatility: the last month's mean dollar volume and standard deviation of
    returns, known before the session.
    """

    half_spread: Matrix | None
    volume: Matrix | None
    volatility: Matrix | None

    @classmethod
    def of(cls, fields: Mapping[str, Floats]) -> Rates:
        """Rates on the fields of a panel: high, low and close for spreads, volume for impact."""
        half, volume = half_spreads(fields), _dollar_volume(fields)
        if volume is None:
            return cls(half, None, None)
        return cls(half, _before(_mean(volume)), _before(_deviation(_returns(fields["close"]))))


def costs_of(book: Simulation, rates: Rates, *, cost_bps: float, capital: float) -> Costs:
    """Count the costs of a book at the rates of its panel."""
    fees, half = cost_bps * 1e-4 * book.traded, rates.half_spread
    spread = None if half is None else _paid(book, half)
    unit = _unit_impact(book, rates)
    impact = None if unit is None else math.sqrt(capital) * unit
    before_impact = book.returns - fees - _filled(spread)
    net = before_impact - _filled(impact)
    return Costs(
        capital=capital,
        fees=_a_year(fees),
        spread=_a_year(spread),
        impact=_a_year(impact),
        half_spread_bps=math.nan if spread is None else _per_traded(spread, book.traded) * 1e4,
        net_return=_a_year(net),
        net_sharpe=sharpe_ratio(net),
        capacity=math.nan if unit is None else capacity(before_impact, unit),
        gross_capacity=math.nan if unit is None else capacity(book.returns, unit),
    )


def half_spreads(fields: Mapping[str, Floats]) -> Matrix | None:
    """Half of each name's spread, a share of its price, (sessions, names); None without high, low and close."""
    if not {"high", "low", "close"} <= set(fields):
        return None
    pairs = corwin_schultz(fields["high"], fields["low"], fields["close"], negative="keep")
    spread = np.maximum(mean_spread(pairs), 0) / 2
    return np.where(np.isfinite(spread), spread, row_mean(spread)[:, None])


def _paid(book: Simulation, rate: Matrix) -> Series:
    """Cost of each session's trades at a rate; NaN before the first, and where something is traded at no known rate."""
    trades = np.abs(book.trades).astype(np.float64)
    paid = np.where(trades > 0, trades * rate, 0).sum(axis=1)
    return np.where(np.isfinite(book.returns), paid, np.nan)


def _unit_impact(book: Simulation, rates: Rates) -> Series | None:
    """Impact of each session for a capital of one, (sessions,); None without volumes. What is not known is NaN."""
    if rates.volume is None or rates.volatility is None:
        return None
    unit = impact_cost(book.trades, rates.volume, rates.volatility)
    return np.where(np.isfinite(book.returns), unit, np.nan)


def _returns(close: Floats) -> Matrix:
    change = np.full(close.shape, np.nan)
    np.divide(close[1:], close[:-1], out=change[1:], where=close[:-1] > 0)
    return change - 1


def _dollar_volume(fields: Mapping[str, Floats]) -> Floats | None:
    if "close" not in fields:
        return None
    if "dollar_volume" in fields:
        return fields["dollar_volume"]
    return fields["close"] * fields["volume"] if "volume" in fields else None


def _mean(values: NDArray[np.floating]) -> Matrix:
    """Mean of the last month's known values, at least twelve."""
    known = np.isfinite(values)
    total, count = (moving_sum(part, MONTH_SESSIONS) for part in (np.where(known, values, 0), known))
    mean = np.full(values.shape, np.nan)
    np.divide(total, count, out=mean, where=count >= _FEWEST)
    return mean


def _deviation(values: Matrix) -> Matrix:
    mean = _mean(values)
    deviation: Matrix = np.sqrt(np.maximum(_mean(values * values) - mean * mean, 0))
    return deviation


def _before(values: Matrix) -> Matrix:
    """Values of the session before; the first is missing."""
    earlier = np.full_like(values, np.nan)
    earlier[1:] = values[:-1]
    return earlier


def _filled(paid: Series | None) -> Series | float:
    """What was paid, sessions in which that is not known at the mean of the others; nothing where none is known."""
    if paid is None or not np.isfinite(paid).any():
        return 0.0
    return np.where(np.isfinite(paid), paid, series_mean(paid))


def _a_year(paid: Series | None) -> float:
    return math.nan if paid is None else series_mean(paid) * SESSIONS_A_YEAR


def _per_traded(paid: Series, traded: Series) -> float:
    known = np.isfinite(paid) & np.isfinite(traded)
    total = float(traded[known].sum())
    return float(paid[known].sum()) / total if total > 0 else math.nan
