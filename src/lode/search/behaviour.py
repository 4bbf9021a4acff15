"""How an expression behaves: its daily rank IC in short, by which different formulas of one idea are recognised.

The behaviour is the mean daily rank IC of each of at most 128 equal stretches of train. Two formulas whose behaviours
correlate strongly, whatever their signs, earn on the same sessions. Since stretches are longer than most horizons,
their means hardly depend on each other, and the t of their mean is close to Newey and West's of the daily series.
"""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import NDArray

Behaviour = NDArray[np.float32]
"""(stretches,), NaN for a stretch without a score."""

STRETCHES = 128


def unknown() -> Behaviour:
    """Behaviour of what was not scored session by session."""
    return np.empty(0, np.float32)


def behaviour_of(series: NDArray[np.floating]) -> Behaviour:
    """Behaviour of a daily rank IC, (sessions,); shorter than 128 where there are fewer sessions.

    Rounded to half precision, so that what is written and read is the same behaviour.
    """
    known, count = np.isfinite(series), min(STRETCHES, len(series))
    if not count:
        return np.empty(0, np.float32)
    starts = np.arange(count) * len(series) // count
    sums, sizes = np.add.reduceat(np.where(known, series, 0.0), starts), np.add.reduceat(known.astype(np.int64), starts)
    means = np.full(count, np.nan)
    np.divide(sums, sizes, out=means, where=sizes > 0)
    return means.astype(np.float16).astype(np.float32)


def written(behaviour: Behaviour) -> str:
    """A behaviour as text: half-precision numbers in base64."""
    return base64.b64encode(behaviour.astype("<f2").tobytes()).decode("ascii")


def read(text: str) -> Behaviour:
    """The behaviour that `written` told, to half precision; empty for an empty text."""
    return np.frombuffer(base64.b64decode(text), "<f2").astype(np.float32)
