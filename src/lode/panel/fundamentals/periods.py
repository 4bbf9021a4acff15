"""Periods of statements: which durations are alike, and what is derived from them, by subtraction and by sum.

Days are whole numbers since 1970-01-01; a span is (first day, last day), both included; an instant has the first day
equal to None. Lengths vary with years of 52 and 53 weeks, quarters of 12 and 16 weeks, and leap days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

Span = tuple[int | None, int]
INSTANT, QUARTER, HALF, NINE_MONTHS, YEAR = "instant", "quarter", "half", "nine months", "year"
LENGTHS = {QUARTER: (80, 100), HALF: (160, 200), NINE_MONTHS: (245, 290), YEAR: (350, 380)}
DERIVED_QUARTER = (75, 125)  # what a subtraction may leave: a last quarter of 16 or 17 weeks too
_TO_DATE = (NINE_MONTHS, HALF, QUARTER)
_SHORTER = {YEAR: NINE_MONTHS, NINE_MONTHS: HALF, HALF: QUARTER}
_ADJACENT_DAYS, _YEAR_DAYS, _YEAR_SLACK = 5, 365, 15


class Part(NamedTuple):
    """A value and the facts in it: (row, sign) each. More than one fact: it is derived."""

    value: float
    facts: tuple[tuple[int, int], ...]


Spans = dict[Span, Part]
"""Statements of periods of one kind, the one that was stated last at the end; of two alike it counts."""
View = Mapping[str, Spans]  # statements of each kind of period


@cache
def kind_of(span: Span) -> str | None:
    """Kind of period, None for a duration that is none of them (a stub, five years, the time since inception)."""
    first, last = span
    if first is None:
        return INSTANT
    days = last - first + 1
    return next((kind for kind, (least, most) in LENGTHS.items() if least <= days <= most), None)


def stated(view: View, end: int) -> Part | None:
    """Value at the day `end`: an instant, or else the shortest period that ends there (average shares)."""
    return next((part for kind in (INSTANT, *LENGTHS) if (part := _ending(view, kind, end))), None)


def quarter(view: View, end: int) -> Part | None:
    """Quarter that ends on `end`: as reported, or what a longer period has more than the next shorter of its year."""
    found = _quarter(view, end)
    return found[1] if found else None


def trailing_year(view: View, end: int) -> Part | None:
    """Twelve months that end on `end`.

    A fiscal year; else the last fiscal year + the year to date - the same part of the year before, which takes a
    restatement of the comparison along with the restated year; else four consecutive quarters, reported or derived.
    """
    return _ending(view, YEAR, end) or _year_to_date(view, end) or _four_quarters(view, end)


def year_before(ends: Iterable[int], end: int, slack: int = _YEAR_SLACK) -> list[int]:
    """Those of `ends` that lie a year before `end`, give or take `slack` days, the nearest first."""
    wanted = end - _YEAR_DAYS
    return sorted((day for day in ends if abs(day - wanted) <= slack), key=lambda day: (abs(day - wanted), day))


def combined(*terms: tuple[Part, int]) -> Part:
    """Signed sum of parts."""
    return Part(
        sum(part.value * sign for part, sign in terms),
        tuple((row, own * sign) for part, sign in terms for row, own in part.facts),
    )


def _year_to_date(view: View, end: int) -> Part | None:
    for kind in _TO_DATE:
        for span, so_far in _all_ending(view, kind, end):
            for year, whole in _newest(view, YEAR):
                if not _near(year[1] + 1, span[0]):
                    continue
                for before, part in _newest(view, kind):
                    if _near(before[0], year[0]) and abs(before[1] - end + _YEAR_DAYS) <= _YEAR_SLACK:
                        return combined((whole, 1), (so_far, 1), (part, -1))
    return None


def _four_quarters(view: View, end: int) -> Part | None:
    terms: list[tuple[Part, int]] = []
    last = end
    for _ in range(4):
        found = _quarter_near(view, last) if terms else _quarter(view, end)
        if found is None:
            return None
        terms.append((found[1], 1))
        last = found[0] - 1
    return combined(*terms) if LENGTHS[YEAR][0] <= end - last <= LENGTHS[YEAR][1] else None


def _quarter_near(view: View, day: int) -> tuple[int, Part] | None:
    """Quarter that ends on `day` or a few days from it."""
    nearest = sorted(range(-_ADJACENT_DAYS, _ADJACENT_DAYS + 1), key=abs)
    return next((found for off in nearest if (found := _quarter(view, day + off))), None)


def _quarter(view: View, end: int) -> tuple[int, Part] | None:
    """First day and value of the quarter that ends on `end`."""
    for (first, _), reported in _all_ending(view, QUARTER, end):
        if first is not None:
            return first, reported
    for longer, shorter in _SHORTER.items():
        for span, whole in _all_ending(view, longer, end):
            for start, part in _newest(view, shorter):
                if _near(start[0], span[0]) and DERIVED_QUARTER[0] <= end - start[1] <= DERIVED_QUARTER[1]:
                    return start[1] + 1, combined((whole, 1), (part, -1))
    return None


def _ending(view: View, kind: str, end: int) -> Part | None:
    return next((part for _, part in _all_ending(view, kind, end)), None)


def _all_ending(view: View, kind: str, end: int) -> Iterator[tuple[Span, Part]]:
    return ((span, part) for span, part in _newest(view, kind) if span[1] == end)


def _newest(view: View, kind: str) -> Iterator[tuple[Span, Part]]:
    """Periods of a kind, the one that was stated last first: a start that was wrong by a day is given right later."""
    return reversed(view.get(kind, {}).items())


def _near(day: int | None, other: int | None) -> bool:
    return day is not None and other is not None and abs(day - other) <= _ADJACENT_DAYS
