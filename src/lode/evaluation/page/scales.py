"""Scales: from values to places in a picture, and the round numbers beside an axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Scale:
    """Linear map from [low, high] to the places [start, stop]."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)

    def places(self, values: Series) -> Series:
        """Places of many values; NaN stays NaN."""
        return self.start + (values - self.low) / (self.high - self.low) * (self.stop - self.start)


def bounds(*series: Series, zero: bool = True) -> tuple[float, float]:
    """Return the least and the greatest finite value, with zero between them, apart even where all are the same."""
    values = np.concatenate([np.ravel(one) for one in series]) if series else np.empty(0)
    known = values[np.isfinite(values)]
    if zero or not known.size:
        known = np.append(known, 0.0)
    low, high = float(known.min()), float(known.max())
    return (low, high) if high - low > 1e-12 * max(abs(low), abs(high), 1e-300) else (low - 1, high + 1)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return about `count` round numbers within [low, high].

    >>> ticks(-0.3, 1.1)
    [0.0, 0.5, 1.0]
    """
    rough = (high - low) / count
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * times for times in _STEPS if size * times >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(place * step, 12) + 0.0 for place in range(first, last + 1)]


def label(value: float, step: float, *, percent: bool = False) -> str:
    """Return an axis label with the digits that its step needs."""
    shown, step = (100 * value, 100 * step) if percent else (value, step)
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    if step > 0 and round(step, digits) != round(step, digits + 1):
        digits += 1
    return f"{shown:,.{digits}f}" + (" %" if percent else "")
