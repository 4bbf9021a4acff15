"""Forward adjustment: traded prices times the ratios of what has happened so far.

All arrays are (sessions, names) float64 with NaN for missing unless said otherwise. A value of session t depends on
sessions up to t only, bit for bit: factors are running products from the first session, where they are 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Floats = NDArray[np.float32]
Index = NDArray[np.int64]

PRICES = ("open", "high", "low", "close", "vwap")


def cumulative_factor(shape: tuple[int, int], session: Index, name: Index, ratio: NDArray[np.float64]) -> Matrix:
    """Product of the ratios (E,) of all events with session ≤ t, per name: (T, N), 1 before the first event."""
    factor = np.ones(shape)
    np.multiply.at(factor, (session, name), ratio)
    return np.multiply.accumulate(factor, axis=0, out=factor)


def previous(values: Matrix, session: Index, name: Index) -> NDArray[np.float64]:
    """Last value of `name` (E,) strictly before `session` (E,) that is not missing; NaN where there is none."""
    rows = np.where(np.isfinite(values), np.arange(len(values))[:, None], -1)
    np.maximum.accumulate(rows, axis=0, out=rows)
    row = np.where(session > 0, rows[session - 1, name], -1)
    return np.where(row >= 0, values[row, name], np.nan)


def dividend_ratio(amount: NDArray[np.float64], close_before: NDArray[np.float64]) -> NDArray[np.float64]:
    """Price ratio P / (P - D) of a cash amount D per share after the close P (CRSP's and Yahoo's factor, inverted).

    With it the change of the adjusted close on the ex-date is close / (P - D) - 1. NaN where P is missing, infinite
    where D = P.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(close_before / (close_before - amount))


def adj_close_factor(own: Matrix, after: Matrix) -> Matrix:
    """Price factor from a vendor's adj_close / close, whose changes from session to session are the dividends.

    own: the quotient of session t as known at the close of t; after: the same row as known at the close of t + 1, when
    the vendor has restated it for a dividend of t + 1. A change is known on its ex-date, or never.
    """
    last = np.where(np.isfinite(after), np.arange(len(after))[:, None], -1)
    np.maximum.accumulate(last, axis=0, out=last)
    steps = np.ones_like(own)
    before = np.where(last[:-1] >= 0, np.take_along_axis(after, np.maximum(last[:-1], 0), axis=0), np.nan)
    change = own[1:] / before
    np.copyto(steps[1:], change, where=np.isfinite(change) & (change > 0))
    return np.multiply.accumulate(steps, axis=0, out=steps)


def change(values: Matrix) -> Matrix:
    """Change to the previous session; NaN where either value is missing or the earlier one is zero."""
    out = np.full_like(values, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        out[1:] = values[1:] / values[:-1] - 1.0
    out[~np.isfinite(out)] = np.nan
    return out


def typical_price(traded: Mapping[str, Matrix]) -> Matrix | None:
    """(high + low + close) / 3, the stand-in for a volume-weighted price; None without high or low."""
    if "high" not in traded or "low" not in traded:
        return None
    return (traded["high"] + traded["low"] + traded["close"]) / 3.0


def price_fields(
    traded: Mapping[str, Matrix], price: Matrix | float, split: Matrix | float, *, adjusted: bool
) -> dict[str, Floats]:
    """Fields of the language from traded values and the factors of prices and of splits.

    traded: close and, where the source has them, open, high, low, vwap, volume. price, split: from cumulative_factor.
    `volume` is divided by the splits, so that it stays in shares of the first session; `dollar_volume` is what was
    traded. An adjusted source has neither `raw_close` nor `dollar_volume`: its levels are not those of the day.
    """
    fields = {name: _single(traded[name] * price) for name in PRICES if name in traded}
    fields["returns"] = _single(change(traded["close"] * price))
    if "volume" in traded:
        fields["volume"] = _single(traded["volume"] / split)
    if not adjusted:
        fields["raw_close"] = _single(traded["close"])
        if "volume" in traded:
            fields["dollar_volume"] = _single(traded["close"] * traded["volume"])
    return fields


def _single(values: Matrix) -> Floats:
    """Row-major float32."""
    return np.ascontiguousarray(values, dtype=np.float32)
