"""How an expression behaves: its daily rank IC in short, by which different formulas of one idea are recognised.

The behaviour is the mean daily rank IC of each of at most 128 equal stretches of train. Two formulas whose behaviours
correlate strongly, whatever their signs, earn on the same sessions. Since stretches are longer than most horizons,
their means hardly depend on each other, and the t of their mean is close to Newey and West's of the daily series.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Behaviour = NDArray[np.float32]
"""(stretches,), NaN for a stretch without a score."""

Matrix = NDArray[np.float64]
Real = TypeVar("Real", np.float32, np.float64)

STRETCHES = 128
_FEWEST = 20
_SMALLEST = 1e-12


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


def usable(behaviour: Behaviour) -> bool:
    """Whether a behaviour has enough stretches to be compared, and varies."""
    known = behaviour[np.isfinite(behaviour)]
    return len(known) >= _FEWEST and bool(np.ptp(known) > 0)


def filled(behaviours: Sequence[Behaviour], length: int) -> Matrix:
    """Behaviours with their own mean where a stretch has no score, (behaviours, length); of another length zero."""
    rows = np.zeros((len(behaviours), length))
    for row, behaviour in zip(rows, behaviours, strict=True):
        known = np.isfinite(behaviour)
        if len(behaviour) == length and known.any():
            row[:] = np.where(known, behaviour, behaviour[known].mean(dtype=np.float64))
    return rows


def unit(behaviours: Sequence[Behaviour], length: int) -> Matrix:
    """Behaviours less their means at length one, (behaviours, length); zero where one does not vary."""
    return unit_rows(filled(behaviours, length))


def unit_rows(rows: NDArray[Real]) -> NDArray[Real]:
    """Rows less their means at length one; zero where one does not vary."""
    centred = rows - rows.mean(axis=1, keepdims=True) if rows.size else rows
    size = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    units = np.zeros_like(centred)
    np.divide(centred, size, out=units, where=size > _SMALLEST)
    return units


def spanning_t(behaviours: Sequence[Behaviour], heads: Sequence[Behaviour]) -> Matrix:
    """T of the intercept of each behaviour's least-squares regression on the heads, (behaviours,).

    What one adds to the heads, as Huberman and Kandel (1987) test it; NaN where too few stretches are left.
    """
    length = len(behaviours[0])
    return intercept_t(filled(behaviours, length), filled(heads, length))


def intercept_t(rows: Matrix, heads: Matrix) -> Matrix:
    """`spanning_t` of behaviours without gaps: rows (behaviours, length) on heads (heads, length)."""
    length = rows.shape[1]
    x, y = np.column_stack([np.ones(length), heads.T]), rows.T
    inverse = np.linalg.pinv(x.T @ x)
    solution = inverse @ (x.T @ y)
    free = length - x.shape[1]
    variance = ((y - x @ solution) ** 2).sum(axis=0) / free * inverse[0, 0] if free >= _FEWEST else np.zeros(y.shape[1])
    t = np.full(y.shape[1], np.nan)
    np.divide(solution[0], np.sqrt(variance), out=t, where=variance > 0)
    return t
