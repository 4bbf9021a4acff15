"""Cost and capacity: what trading takes from a book as it grows.

Square-root law (Torre 1997; Almgren, Thum, Hauptmann and Li 2005; Tóth et al. 2011): to trade Q of a name whose
dollar volume is V a session, at a volatility σ a session, moves its price against the trade by

    I = Y σ √(Q / V)

a share of the price, with Y near one. A book of capital C that trades the share |Δw| of it in a name pays
C |Δw| · Y σ √(C |Δw| / V), so that the cost of a session, as a share of C, is √C · k with

    k = Y Σ_names σ |Δw|^{3/2} / √V

Capacity is the capital at which the Sharpe ratio after this cost is half of what it is before. With u = √C the net
return is g - u k, and (m_g - u m_k)² = ¼ S² (v_g - 2 u c_gk + u² v_k) is a quadratic in u, solved exactly.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError

Series = NDArray[np.float64]

IMPACT = 1.0


def square_root_impact(
    traded: NDArray[np.floating] | float,
    dollar_volume: NDArray[np.floating] | float,
    volatility: NDArray[np.floating] | float,
    *,
    coefficient: float = IMPACT,
) -> Series:
    """Price moved by a trade, as a share of the price: Y σ √(|Q| / V), of arrays that broadcast.

    traded, dollar_volume: money a session, in one currency; volatility: standard deviation of a session's return.
    Zero where nothing is traded; NaN where a value is missing, or something is traded without volume.
    Raises UsageError for a coefficient or a volatility below 0.
    """
    size, volume, sigma = (np.asarray(value, dtype=np.float64) for value in (traded, dollar_volume, volatility))
    _check_not_negative(coefficient, sigma)
    share = np.full(np.broadcast_shapes(size.shape, volume.shape), np.nan)
    np.divide(np.abs(size), volume, out=share, where=volume > 0)
    impact = coefficient * sigma * np.sqrt(share)
    return np.where(np.broadcast_to(size == 0, impact.shape), 0.0, impact)


def impact_cost(
    traded_weights: NDArray[np.floating],
    dollar_volume: NDArray[np.floating],
    volatility: NDArray[np.floating],
    *,
    coefficient: float = IMPACT,
) -> Series:
    """Cost k of each session for a capital of one, (sessions,): a capital C pays √C · k, as a share of C.

    traded_weights: (sessions, names), change of each name's share of the capital, any sign. dollar_volume, volatility:
    (sessions, names), known before the trade. A session in which something is traded without a volume or a volatility
    is NaN: what it would cost is not known.
    """
    weights = np.nan_to_num(np.abs(np.asarray(traded_weights, dtype=np.float64)))
    cost = weights * square_root_impact(weights, dollar_volume, volatility, coefficient=coefficient)
    k: Series = np.where(weights > 0, cost, 0.0).sum(axis=1)
    return k


def capacity(returns: NDArray[np.floating], unit_cost: NDArray[np.floating]) -> float:
    """Capital at which the Sharpe ratio after impact is half of that before it; in the currency of the volumes.

    returns: (sessions,), a session's return before impact, of each unit of capital (spreads and fees may be out).
    unit_cost: (sessions,), `impact_cost`, or for a book of one name σ τ^{3/2} / √V of its turnover τ.
    Sessions without either are left out. NaN with fewer than two, or where the returns do not vary or their mean is not
    positive: there is nothing to halve. Infinite where trading costs nothing.
    """
    known = np.isfinite(returns) & np.isfinite(unit_cost)
    gross, cost = (np.asarray(series, dtype=np.float64)[known] for series in (returns, unit_cost))
    if gross.size < 2:
        return math.nan
    (v_g, c_gk), (_, v_k) = np.cov(gross, cost)
    m_g, m_k = float(gross.mean()), float(cost.mean())
    if not m_g > 0 or not v_g > (1e-12 * np.abs(gross).max()) ** 2:
        return math.nan
    if not m_k > 0:
        return math.inf
    quarter = m_g**2 / v_g / 4
    root = _first_root(m_k**2 - quarter * v_k, -2 * (m_g * m_k - quarter * c_gk), m_g**2 - quarter * v_g, m_g / m_k)
    return root**2


def _first_root(a: float, b: float, c: float, most: float) -> float:
    """Smallest root of a u² + b u + c in (0, most]: at `most` the net mean is zero, so there is one."""
    inner = math.sqrt(max(b**2 - 4 * a * c, 0.0))
    q = -(b - inner) / 2 if b < 0 else -(b + inner) / 2
    roots = [q / a] if a else []
    roots += [c / q] if q else []
    return min((root for root in roots if 0 < root <= most * (1 + 1e-9)), default=most)


def _check_not_negative(coefficient: float, sigma: Series) -> None:
    if not coefficient >= 0 or (sigma < 0).any():
        raise UsageError(f"coefficient {coefficient:g}: it and every volatility have to be 0 or more")
