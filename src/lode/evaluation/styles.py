"""Styles: what every factor is compared with, computed from the fields that a panel has.

All are known at the close of their session, (sessions, names), NaN where history is too short:

- beta: slope of a name's return on the mean return of all names, 252 sessions, at least 126 of them
- momentum: return from 252 to 21 sessions ago (Jegadeesh and Titman 1993, skipping the last month)
- short_term_reversal: minus the return of the last 21 sessions (Jegadeesh 1990)
- size: logarithm of the mean dollar volume of 63 sessions, a stand-in for market value
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.ranks import row_mean

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

YEAR, QUARTER, MONTH = 252, 63, 21
LONGEST = YEAR + 1  # sessions that a style looks back over
_NAMES_AT_ONCE = 256


def styles_of(fields: Mapping[str, Floats]) -> dict[str, Floats]:
    """Styles by name, those for which the fields are there."""
    styles: dict[str, Floats] = {}
    close = fields.get("close")
    if close is not None:
        styles["beta"] = market_beta(_change(close, 1))
        styles["momentum"] = _delayed(_change(close, YEAR - MONTH), MONTH)
        styles["short_term_reversal"] = -_change(close, MONTH)
    traded = fields.get("dollar_volume")
    if traded is None and close is not None and "volume" in fields:
        traded = close * fields["volume"]
    if traded is not None:
        styles["size"] = _log_mean(traded, QUARTER)
    return styles


def market_beta(returns: Floats, window: int = YEAR) -> Floats:
    """Slope of each name's returns on the mean return of all names over `window` sessions, half of them at least."""
    market = np.nan_to_num(row_mean(returns))[:, None]
    beta = np.full(returns.shape, np.nan, dtype=np.float32)
    for start in range(0, returns.shape[1], _NAMES_AT_ONCE):
        part = slice(start, start + _NAMES_AT_ONCE)
        known = np.isfinite(returns[:, part])
        own = np.where(known, returns[:, part], 0).astype(np.float64)
        held = np.where(known, market, 0.0)
        count, x, y, xx, xy = (moving_sum(a, window) for a in (known, held, own, held * market, own * market))
        enough = count >= window // 2
        spread = np.where(enough, xx - x * x / np.maximum(count, 1), 0)
        slope = np.full(spread.shape, np.nan)
        np.divide(xy - x * y / np.maximum(count, 1), spread, out=slope, where=spread > 1e-12)
        beta[:, part] = slope
    return beta


def _change(prices: Floats, sessions: int) -> Floats:
    """Return over the last `sessions`; NaN where either price is missing or the first is not positive."""
    change = np.full(prices.shape, np.nan, dtype=np.float32)
    if sessions < len(prices):
        before = prices[:-sessions]
        np.divide(prices[sessions:], before, out=change[sessions:], where=before > 0)
    change -= 1
    return change


def _delayed(values: Floats, sessions: int) -> Floats:
    later = np.full_like(values, np.nan)
    if sessions < len(values):
        later[sessions:] = values[:-sessions]
    return later


def _log_mean(values: Floats, window: int) -> Floats:
    """Logarithm of the mean of the known values of `window` sessions, half of them at least; NaN unless positive."""
    known = np.isfinite(values)
    count = moving_sum(known, window)
    total = moving_sum(np.where(known, values, 0), window)
    mean = np.full(values.shape, np.nan)
    np.divide(total, count, out=mean, where=(count >= window // 2) & (total > 0))
    size: Floats = np.log(mean).astype(np.float32)
    return size


def moving_sum(values: NDArray[np.generic], window: int) -> Matrix:
    """Sum of the last `window` rows, or of as many as there are."""
    total = np.cumsum(values, axis=0, dtype=np.float64)
    moving = total.copy()
    moving[window:] -= total[:-window]
    return moving
