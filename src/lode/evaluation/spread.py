"""Spread: what it costs to cross from the bid to the ask, seen in daily highs and lows.

Corwin and Schultz (2012): a session's high is mostly a buyer's trade at the ask and its low a seller's at the bid, so
that the range holds the spread and the volatility. Over two sessions the variance doubles and the spread does not:

    β = ln(H₁/L₁)² + ln(H₂/L₂)²,    γ = ln(max(H₁, H₂) / min(L₁, L₂))²
    α = (√(2β) - √β) / (3 - 2√2) - √(γ / (3 - 2√2)),    S = 2 (e^α - 1) / (1 + e^α)

Prices that jump overnight widen γ alone. So where the second session's low lies above the first one's close, its high
and low are lowered by the difference, and where its high lies below that close they are raised by it (their section
II.B); a gap that leaves the ranges overlapping is not seen. Estimates of two sessions are noisy and often negative; the
paper sets negative ones to zero before it averages over a month, which is the default here, and compares with keeping
them and with leaving them out.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError

Prices = NDArray[np.float64]
Negative = Literal["zero", "keep", "missing"]

MONTH_SESSIONS = 21
_K = 3 - 2 * math.sqrt(2)


def corwin_schultz(
    high: NDArray[np.floating], low: NDArray[np.floating], close: NDArray[np.floating], *, negative: Negative = "zero"
) -> Prices:
    """Spread of each session and the one before it, a share of the price (.01 is 1 %), known at its close.

    high, low, close: (sessions, names) or (sessions,), each session's of one scale: adjusted alike across a split.
    negative: what becomes of a negative estimate: zero, kept, or missing. NaN in the first session, where a price is
    missing or not positive or the high lies below the low, and where a session had a single price (high = low, as of a
    name that hardly trades): it says nothing of the spread (Corwin and Schultz 2012).
    Raises UsageError for another word.
    """
    if negative not in {"zero", "keep", "missing"}:
        raise UsageError(f"negative {negative!r}: allowed are 'zero', 'keep' and 'missing'")
    h, lo, c = (np.asarray(price, dtype=np.float64) for price in (high, low, close))
    spread = np.full(h.shape, np.nan)
    if len(h) > 1:
        usable = (lo > 0) & (h > lo) & (c > 0) & np.isfinite(h)
        h, lo, c = (np.where(usable, price, np.nan) for price in (h, lo, c))
        spread[1:] = _two_session_spread(h, lo, c)
    if negative == "keep":
        return spread
    return np.where(spread < 0, 0.0 if negative == "zero" else np.nan, spread)


def mean_spread(spread: Prices, window: int = MONTH_SESSIONS, *, least: int = 12) -> Prices:
    """Mean of the last `window` sessions' known estimates, (sessions, names) or (sessions,), known at the close.

    NaN with fewer than `least` of them; Corwin and Schultz ask for twelve in a month. Raises UsageError for a window
    that is shorter than that.
    """
    if not 1 <= least <= window:
        raise UsageError(f"window {window}, least {least}: allowed is 1 ≤ least ≤ window")
    known = np.isfinite(spread)
    total, count = (_trailing_sum(part, window) for part in (np.where(known, spread, 0.0), known.astype(np.float64)))
    mean = np.full(spread.shape, np.nan)
    np.divide(total, count, out=mean, where=count >= least)
    return mean


def _two_session_spread(high: Prices, low: Prices, close: Prices) -> Prices:
    """S of the module's docstring for each session but the first."""
    gap = np.maximum(low[1:] - close[:-1], 0) + np.minimum(high[1:] - close[:-1], 0)
    high2, low2 = high[1:] - gap, low[1:] - gap
    with np.errstate(divide="ignore", invalid="ignore"):  # a low that the gap takes below zero has no logarithm
        beta = np.log(high[:-1] / low[:-1]) ** 2 + np.log(high2 / low2) ** 2
        gamma = np.log(np.maximum(high[:-1], high2) / np.minimum(low[:-1], low2)) ** 2
        alpha = (math.sqrt(2) - 1) * np.sqrt(beta) / _K - np.sqrt(gamma / _K)
        spread: Prices = 2 * np.tanh(alpha / 2)
    return np.where(low2 > 0, spread, np.nan)


def _trailing_sum(values: Prices, window: int) -> Prices:
    """Sum of each session and the `window` - 1 before it, added up anew so that no rounding is carried along."""
    summed = values.copy()
    for k in range(1, min(window, len(values))):
        summed[k:] += values[:-k]
    return summed
