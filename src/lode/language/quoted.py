"""What may stand in quotes: edges of buckets, values that count as missing. Read number by number, never run."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

MOST_BUCKETS = 1000
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_PIECE = re.compile(r"[^\s,]+")
_DIGITS = 12


class QuotedError(ValueError):
    """What stands in the quotes cannot; `offset` is where in them."""

    def __init__(self, reason: str, offset: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.offset = reason, offset


def edges(spelling: str, text: str) -> tuple[float, ...]:
    """The edges that `buckets="2, 5, 10"` or `range="0, 1, 0.1"` names, rising; QuotedError where they do not."""
    numbers = _numbers(text)
    if spelling == "range":
        return _evenly(numbers)
    for (before, _), (value, offset) in pairwise(numbers):
        if value <= before:
            raise QuotedError(f"edges must rise, and {value:g} follows {before:g}", offset)
    return _counted([value for value, _ in numbers])


def left_out(text: str) -> tuple[float, ...]:
    """The numbers of `ignore="NAN 0"`, NAN itself left out; QuotedError where NAN is not among them."""
    pieces = [(match.group(), match.start()) for match in _PIECE.finditer(text)]
    if "NAN" not in {piece.upper() for piece, _ in pieces}:
        raise QuotedError('missing values are always passed over: write ignore="NAN", or "NAN 0" for zeros too')
    return tuple(_number(piece, offset) for piece, offset in pieces if piece.upper() != "NAN")


def spelling_of(values: Sequence[float]) -> tuple[str, str]:
    """How edges are written: (`range`, `0, 1, 0.1`) where they are even and more than three, else (`buckets`, …)."""
    if len(values) > 3:
        step = _tidy(values[1] - values[0])
        even = [(values[0], 0), (values[-1], 0), (step, 0)]
        if step > 0 and _evenly(even, strict=False) == tuple(values):
            return "range", written([values[0], values[-1], step])
    return "buckets", written(values)


def written(values: Sequence[float]) -> str:
    """`2, 5, 10`."""
    return ", ".join(repr(value) if value % 1 or abs(value) >= 1e15 else str(int(value)) for value in values)


def _evenly(numbers: Sequence[tuple[float, int]], *, strict: bool = True) -> tuple[float, ...]:
    """Edges from a start to a stop, a step apart; the stop is one even where the last step is shorter."""
    if len(numbers) != 3:
        raise QuotedError(f'three numbers are needed, range="start, stop, step", not {len(numbers)}')
    (start, _), (stop, at), (step, by) = numbers
    if stop <= start:
        raise QuotedError(f"the stop must be above the start, {start:g}, not {stop:g}", at)
    if step <= 0:
        raise QuotedError(f"the step must be above 0, not {step:g}", by)
    steps = (stop - start) / step
    if steps > MOST_BUCKETS:
        if not strict:
            return ()
        raise QuotedError(f"{steps:.0f} buckets; there are at most {MOST_BUCKETS}: take a larger step", by)
    inner = [_tidy(start + i * step) for i in range(math.ceil(steps))]
    found = (*(edge for edge in inner if edge < stop), stop)
    if strict and any(after <= before for before, after in pairwise(found)):
        raise QuotedError(f"the step {step:g} is lost beside {stop:g}: numbers have {_DIGITS} digits", by)
    return found


def _counted(values: list[float]) -> tuple[float, ...]:
    if not 1 <= len(values) <= MOST_BUCKETS + 1:
        raise QuotedError(f'{len(values)} edges; 1 to {MOST_BUCKETS + 1} are needed, such as buckets="2, 5, 10"')
    return tuple(values)


def _numbers(text: str) -> list[tuple[float, int]]:
    return [(_number(match.group(), match.start()), match.start()) for match in _PIECE.finditer(text)]


def number(text: str) -> float:
    """The one number that stands in the quotes."""
    return _number(text.strip(), 0)


def _number(piece: str, offset: int) -> float:
    if not _NUMBER.fullmatch(piece) or not math.isfinite(float(piece)):
        raise QuotedError(f"`{piece}` is no number; numbers stand here, with commas or blanks between them", offset)
    return float(piece) + 0.0


def _tidy(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}") + 0.0
