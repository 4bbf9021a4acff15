"""Splits as a company's share counts and per-share amounts see them: the ratio in force for a day's basis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from lode.panel.events import knowledge_time_column


@dataclass
class Schedule:
    """Splits of one name in the order in which they count: (when, ex-day, ratio), when in µs and ex-day in days.

    A split counts from its ex-date and from when it was known, whichever is later; a later version replaces it.
    """

    events: tuple[tuple[int, int, float], ...] = ()
    _ratios: dict[int, float] = field(default_factory=dict)
    _next: int = 0

    def times(self) -> list[int]:
        """When something changes."""
        return sorted({event[0] for event in self.events})

    def advance(self, now: int) -> bool:
        """Take in what counts by `now`, which never goes back; whether anything changed."""
        before = self._next
        while self._next < len(self.events) and self.events[self._next][0] <= now:
            _, ex_day, ratio = self.events[self._next]
            self._ratios[ex_day] = ratio
            self._next += 1
        return self._next > before

    def ratio_since(self, day: int) -> float:
        """New shares for one share of `day`, by the splits with a later ex-date that count so far."""
        ratio = 1.0
        for ex_day in sorted(self._ratios):
            if ex_day > day:
                ratio *= self._ratios[ex_day]
        return ratio


def split_schedules(actions: pl.DataFrame) -> Mapping[str, tuple[tuple[int, int, float], ...]]:
    """Events of each instrument that ever split, from rows instrument, ex_date, kind, value, knowledge_time."""
    splits = (
        actions.filter((pl.col("kind").cast(pl.String) == "split") & (pl.col("value") > 0))
        .with_columns(knowledge_time_column(actions), pl.col("ex_date").cast(pl.Date))
        .select(
            "instrument",
            at=pl.max_horizontal("knowledge_time", pl.col("ex_date").cast(pl.Datetime("us"))).to_physical(),
            known=pl.col("knowledge_time").to_physical(),
            ex_day=pl.col("ex_date").to_physical().cast(pl.Int64),
            value=pl.col("value").cast(pl.Float64),
        )
        .sort("instrument", "at", "known", "ex_day", "value")
    )
    return {
        str(name): tuple(part.select("at", "ex_day", "value").iter_rows())
        for (name,), part in splits.group_by("instrument", maintain_order=True)
    }
