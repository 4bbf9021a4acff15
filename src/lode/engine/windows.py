"""Windows of a panel, a lag at a time: sums in float64 in one order, which no block, thread or chunk changes.

For operators that are rare: a window of d costs d passes, and none of the core's running sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lode.engine.arrays import Floats

Doubles: TypeAlias = NDArray[np.float64]
_CELLS_AT_ONCE = 1 << 16
_HELD_AT_ONCE = 1 << 20
_LARGEST = float(np.finfo(np.float32).max)


class Windows:
    """The last d values of one series for some sessions; NaN before the panel begins."""

    def __init__(self, x: Floats, rows: slice, d: int) -> None:
        self.x, self.rows, self.d = x, rows, d

    def lag(self, sessions: int) -> Doubles:
        """The values of so many sessions ago, (rows, names)."""
        start, stop = self.rows.start - sessions, self.rows.stop - sessions
        found = np.full((self.rows.stop - self.rows.start, self.x.shape[1]), np.nan)
        if stop > 0:
            found[max(0, -start) :] = self.x[max(0, start) : stop]
        return found

    def __iter__(self) -> Iterator[Doubles]:
        """The oldest values first, today's last."""
        return (self.lag(sessions) for sessions in range(self.d - 1, -1, -1))

    def sum_of(self, function: Callable[[Doubles], Doubles]) -> Doubles:
        return total(map(function, self))

    def mean(self) -> Doubles:
        return total(self) / self.d


def total(terms: Iterator[Doubles] | Windows) -> Doubles:
    """The sum, the first term first."""
    iterator = iter(terms)
    found = next(iterator).copy()
    for term in iterator:
        found += term
    return found


def chunks(x: Floats, cells: int = _CELLS_AT_ONCE) -> Iterator[slice]:
    """Sessions a few at a time, so that what is computed with them stays small."""
    step = max(1, cells // max(1, x.shape[1]))
    for start in range(0, len(x), step):
        yield slice(start, min(start + step, len(x)))


def over_windows(
    function: Callable[..., Doubles], series: Sequence[Floats], d: float, out: Floats, *, held: float = 1
) -> None:
    """Write function(windows of each series) to `out`; what is infinite or beyond float32 is missing.

    held: arrays that the function keeps at once for each of its results; the more, the fewer cells at a time.
    """
    cells = max(1, min(_CELLS_AT_ONCE, int(_HELD_AT_ONCE / held)))
    for left in range(0, out.shape[1], cells):
        names = slice(left, left + cells)
        for rows in chunks(out[:, names], cells):
            with np.errstate(all="ignore"):
                out[rows, names] = finite(function(*(Windows(x[:, names], rows, int(d)) for x in series)))


def finite(values: Doubles) -> Doubles:
    """The values, NaN where float32 would not hold them."""
    return np.where(np.abs(values) <= _LARGEST, values, np.nan)
