"""What a company's item was worth at any time: a value from each time at which what is known of it changes.

At every knowledge time the item has the value of its newest period for which one can be made of the statements known
by then. A restatement replaces a period's value from its acceptance; an older period that is filed later never
replaces a newer one. Facts of periods that had not ended when they became known are left out, and so are facts of
periods that ended more than `REACH_DAYS` before: they could be in no value that is not stale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import polars as pl

from lode.panel.events import knowledge_time_column
from lode.panel.fundamentals.concepts import CONCEPTS, COVER_SHARES, Item
from lode.panel.fundamentals.currencies import in_price_currency
from lode.panel.fundamentals.periods import (
    INSTANT,
    Part,
    Span,
    Spans,
    View,
    combined,
    kind_of,
    stated,
    trailing_year,
    year_before,
)
from lode.panel.fundamentals.splits import Schedule

Measure = Callable[[View, int], Part | None]
REACH_DAYS = 1360
"""How long before a session a period in one of its values may have ended: 510 days of staleness, two years of what it
is compared with, a quarter."""
_TRIED_PERIODS = 6
_SHARES_SLACK = 45  # cover pages give shares of some day a few weeks after the period
_DAY_US = 86_400_000_000


class Step(NamedTuple):
    """A value and since when it holds.

    at: from when on, µs since 1970 UTC. known: when the newest fact in it became known. period_end: day since 1970.
    facts: (row of `statements`, sign). prior: the same of a year before, as known at the same time.
    """

    at: int
    known: int
    value: float
    period_end: int
    facts: tuple[tuple[int, int], ...]
    prior: Part | None

    @property
    def derived(self) -> bool:
        """Whether it was made of several facts."""
        return len(self.facts) > 1


class Fact(NamedTuple):
    """A statement of one concept: known in µs, days since 1970, and its row."""

    known: int
    concept: str
    first: int | None
    last: int
    value: float
    row: int


def statements(facts: pl.DataFrame, currencies: Mapping[str, str] | None = None) -> pl.DataFrame:
    """Rows that may enter a field, in the order in which they became known per instrument, numbered by `row`.

    facts: instrument, concept, unit, period_start, period_end, value, accession, knowledge_time and more. Money counts
    in the currency of the instrument's prices (`currencies`, USD where unknown) and no other.
    """
    known = facts.with_columns(knowledge_time_column(facts)).filter(
        pl.col("concept").cast(pl.String).is_in(CONCEPTS) & pl.col("value").is_finite()
    )
    late = pl.col("knowledge_time").cast(pl.Date) - pl.col("period_end")
    return (
        known.filter(late.is_between(pl.duration(days=0), pl.duration(days=REACH_DAYS)))
        .filter(in_price_currency(currencies))
        .sort(
            "instrument",
            "knowledge_time",
            "accession",
            "concept",
            "period_end",
            "period_start",
            "value",
            nulls_last=True,
            maintain_order=True,
        )
        .with_row_index("row")
    )


def histories(
    rows: pl.DataFrame, item: Item, splits: Mapping[str, tuple[tuple[int, int, float], ...]], measure: Measure
) -> Iterator[tuple[str, list[Step]]]:
    """Steps of `item` of each instrument that has any; rows: from `statements`."""
    chosen = rows.filter(pl.col("concept").cast(pl.String).is_in(item.concepts) & _unit_fits(item)).select(
        "instrument",
        pl.col("knowledge_time").to_physical(),
        pl.col("concept").cast(pl.String),
        pl.col("period_start").cast(pl.Date).to_physical().cast(pl.Int64),
        pl.col("period_end").cast(pl.Date).to_physical().cast(pl.Int64),
        pl.col("value").cast(pl.Float64),
        pl.col("row").cast(pl.Int64),
    )
    for (name,), part in chosen.group_by("instrument", maintain_order=True):
        given = [Fact(*row) for row in part.drop("instrument").iter_rows()]
        steps = history(item, given, measure, splits.get(str(name), ()))
        if steps:
            yield str(name), steps


def history(
    item: Item, facts: Iterable[Fact], measure: Measure, splits: tuple[tuple[int, int, float], ...] = ()
) -> list[Step]:
    """Steps of one instrument's item. facts: in the order of their knowledge; measure: what is made of a period."""
    by_time: dict[int, list[Fact]] = {}
    for fact in facts:
        by_time.setdefault(fact.known, []).append(fact)
    schedule = Schedule(splits if item.kind in {"shares", "per share"} else ())
    book = _Book(item, schedule)
    steps: list[Step] = []
    for now in sorted({*by_time, *schedule.times()}):
        changed = schedule.advance(now) and book.rescale()
        for fact in by_time.get(now, ()):
            changed |= book.take(fact)
        step = book.step(now, measure) if changed else None
        if step and not (steps and _same(steps[-1], step)):
            steps.append(step)
    return steps


def measure_of(item: Item) -> Measure:
    """Return what makes an item's value of a period: the trailing year of a flow, the statement of what is held."""
    return trailing_year if item.kind in {"flow", "per share"} else stated


@dataclass
class _Book:
    """The latest statement of every concept and period, and what the item's alternatives make of them."""

    item: Item
    schedule: Schedule

    def __post_init__(self) -> None:
        self._latest: dict[tuple[str, Span], Fact] = {}
        self._known: dict[int, int] = {}
        self._views: list[dict[str, dict[Span, Part]]] = [{} for _ in self.item.alternatives]
        self._users: dict[str, list[int]] = {}
        for number, alternative in enumerate(self.item.alternatives):
            for concept, _ in alternative:
                self._users.setdefault(concept, []).append(number)

    def take(self, fact: Fact) -> bool:
        """Take a statement in; whether it says anything new."""
        span = (fact.first, fact.last)
        kind = kind_of(span)
        before = self._latest.get((fact.concept, span))
        if kind is None or (before is not None and before.value == fact.value and self._basis_stays(before, fact)):
            return False
        self._latest.pop((fact.concept, span), None)  # the last at the end
        self._latest[fact.concept, span] = fact
        self._known[fact.row] = fact.known
        self._enter(fact.concept, kind, span)
        return True

    def rescale(self) -> bool:
        """Put every value on the basis of the splits that count now."""
        for concept, span in self._latest:
            self._enter(concept, kind_of(span) or INSTANT, span)
        return bool(self._latest)

    def step(self, now: int, measure: Measure) -> Step | None:
        """Value of the newest period that has one."""
        views = _Views(view for view in self._views if view)
        ends = sorted({span[1] for view in views for spans in view.values() for span in spans}, reverse=True)
        for end in ends[:_TRIED_PERIODS]:
            part = views.measured(measure, end)
            if part:
                known = max(self._known[row] for row, _ in part.facts)
                prior = self._prior(views, measure, ends, end) if self.item.prior else None
                return Step(now, known, part.value, end, part.facts, prior)
        return None

    def _prior(self, views: _Views, measure: Measure, ends: list[int], end: int) -> Part | None:
        near = year_before(ends, end, _SHARES_SLACK) if self.item.kind == "shares" else year_before(ends, end)
        return next((part for day in near if (part := views.measured(measure, day))), None)

    def _enter(self, concept: str, kind: str, span: Span) -> None:
        """Make anew what the alternatives with `concept` say of `span`."""
        for number in self._users[concept]:
            given = [(self._latest.get((name, span)), sign) for name, sign in self.item.alternatives[number]]
            parts = [(self._scaled(fact), sign) for fact, sign in given if fact is not None]
            if len(parts) == len(given):
                whole = parts[0][0] if len(parts) == 1 and parts[0][1] == 1 else combined(*parts)
                spans = self._views[number].setdefault(kind, {})
                spans.pop(span, None)  # likewise
                spans[span] = whole

    def _scaled(self, fact: Fact) -> Part:
        """Value on today's basis: a split multiplies shares and divides amounts a share."""
        value = fact.value
        if self.item.kind == "shares":
            value *= self.schedule.ratio_since(self._basis(fact))
        elif self.item.kind == "per share":
            value /= self.schedule.ratio_since(self._basis(fact))
        return Part(value, ((fact.row, 1),))

    def _basis(self, fact: Fact) -> int:
        """Day whose shares the statement counts in.

        A cover page gives the shares of its day; statements are restated for every split before they are issued (SEC
        Staff Accounting Bulletin topic 4.C).
        """
        return fact.last if fact.concept == COVER_SHARES else fact.known // _DAY_US

    def _basis_stays(self, before: Fact, fact: Fact) -> bool:
        """Whether a repeated value means the same: not where a split lies between the two statements."""
        if not self.schedule.events or fact.concept == COVER_SHARES:
            return True
        ratio = self.schedule.ratio_since
        return ratio(self._basis(before)) == ratio(self._basis(fact))


class _Views(list[View]):
    """What each alternative says of the periods, in the alternatives' order."""

    def measured(self, measure: Measure, end: int) -> Part | None:
        """Value from one alternative where one has all that it takes, else from the first that has each period."""
        for view in self:
            part = measure(view, end)
            if part:
                return part
        return measure(self._merged, end) if len(self) > 1 else None

    @cached_property
    def _merged(self) -> View:
        """Of each period the first alternative's value."""
        merged: dict[str, Spans] = {}
        for kind in {kind: None for view in self for kind in view}:
            spans: dict[Span, Part] = {}
            for view in reversed(self):
                spans |= view.get(kind, {})
            merged[kind] = spans
        return merged


def _same(step: Step, other: Step) -> bool:
    prior = (step.prior.value if step.prior else None) == (other.prior.value if other.prior else None)
    return (step.value, step.period_end) == (other.value, other.period_end) and prior


def _unit_fits(item: Item) -> pl.Expr:
    """Whether a row's unit is of the item's kind."""
    unit = pl.col("unit").cast(pl.String)
    if item.kind == "shares":
        return unit == "shares"
    per_share = unit.str.ends_with("/shares")
    return per_share if item.kind == "per share" else ~per_share & (unit != "shares")
