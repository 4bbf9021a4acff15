"""Corporate actions as events: which ratio applies to which name from which session on.

Kinds and values, as the warehouse has them: split (new shares for one old, 2.0 for two for one), dividend and
capital-gain (cash per share as it trades on the ex-date), spin-off (price ratio, old over new: 1.05 for a spin-off
worth 1/21 of the price; shares stay).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.errors import DataError
from lode.panel.adjust import Index, Matrix, cumulative_factor, dividend_ratio, previous

KINDS = ("split", "spin-off", "dividend", "capital-gain")  # splits first: a same-day amount is per new share
_CASH = 2


@dataclass(frozen=True)
class Events:
    """E versions of events, sorted by name, ex-date, kind and knowledge.

    name: column of the panel. ex: first session on or after the ex-date. known: first session at whose close the
    version is known. kind: index into KINDS. day: the ex-date, for messages.
    """

    name: Index
    ex: Index
    known: Index
    kind: Index
    value: NDArray[np.float64]
    day: NDArray[np.datetime64]

    def take(self, chosen: NDArray[Any]) -> Events:
        """Return the events at `chosen` (indices or a mask)."""
        return Events(*(getattr(self, column)[chosen] for column in self.__dataclass_fields__))

    def latest(self) -> Events:
        """Return the last version of each event, in force from its ex-date whenever it became known (for labels)."""
        last = self.take(~self._same_event())
        return replace(last, known=last.ex)

    def _same_event(self) -> NDArray[np.bool_]:
        """Tell of each version whether the next row is a later version of the same event."""
        same = np.zeros(len(self.name), bool)
        same[:-1] = (
            (self.name[1:] == self.name[:-1]) & (self.day[1:] == self.day[:-1]) & (self.kind[1:] == self.kind[:-1])
        )
        return same

    def factors(self, close: Matrix, names: tuple[str, ...]) -> tuple[Matrix | float, Matrix | float]:
        """Price and split factor (T, N) under these events; 1.0 where there are none.

        close: (T, N) as traded. A version counts from the later of its ex-date and the session at whose close it was
        known, and replaces the version before it. An event without any close before it changes nothing.
        """
        if not len(self.name):
            return 1.0, 1.0
        before = previous(close, self.ex, self.name)
        ratio = self._price_ratios(before, names)
        start = np.maximum(self.ex, self.known)
        follows = np.zeros(len(ratio), bool)
        follows[1:] = self._same_event()[:-1]
        step = ratio.copy()
        step[1:][follows[1:]] /= ratio[:-1][follows[1:]]
        inside = (start < len(close)) & np.isfinite(before)
        at, column, splits = start[inside], self.name[inside], self.kind[inside] == 0
        price = cumulative_factor(close.shape, at, column, step[inside])
        if not splits.any():
            return price, 1.0
        return price, cumulative_factor(close.shape, at[splits], column[splits], step[inside][splits])

    def _price_ratios(self, before: NDArray[np.float64], names: tuple[str, ...]) -> NDArray[np.float64]:
        """Ratio by which each event multiplies later prices; DataError where it is not a positive number."""
        ratio = self.value.copy()
        cash = self.kind >= _CASH
        ratio[cash] = dividend_ratio(self.value[cash], (before / self._same_day_split())[cash])
        wrong = np.isfinite(before) & ~((ratio > 0) & np.isfinite(ratio) & (self.value >= 0))
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            raise DataError(
                f"{int(wrong.sum())} corporate actions cannot be: first {names[self.name[at]]} {self.day[at]} "
                f"{KINDS[self.kind[at]]} {self.value[at]:g} after a close of {before[at]:g}; a ratio is above 0, an "
                "amount at least 0 and below the close before it; import the corrected action"
            )
        return ratio

    def _same_day_split(self) -> NDArray[np.float64]:
        """Split ratio of the event's own ex-date, 1 where there is none, as known with the event."""
        split = np.ones(len(self.name))
        for row in np.flatnonzero(self.kind == 0):
            same = (self.name == self.name[row]) & (self.day == self.day[row]) & (self.known >= self.known[row])
            split[same & (self.kind >= _CASH)] = self.value[row]
        return split


def read_events(
    actions: pl.DataFrame, names: tuple[str, ...], sessions: NDArray[np.datetime64], closes: NDArray[np.datetime64]
) -> Events:
    """Events of the panel's names from rows instrument, ex_date, kind, value, knowledge_time.

    sessions, closes: the panel's (T,) sessions and their closing times. Events on or before the first session are
    left out: every price of the panel comes after them. Raises DataError for an unknown kind.
    """
    unknown = set(actions["kind"].cast(pl.String).unique()) - set(KINDS)
    if unknown:
        raise DataError(
            f"unknown kind of corporate action {', '.join(sorted(unknown))}; allowed are {', '.join(KINDS)}"
        )
    columns = pl.DataFrame({"instrument": names, "name": np.arange(len(names))}, schema_overrides={"name": pl.Int64})
    rows = (
        actions.with_columns(
            pl.col("kind").cast(pl.String).replace_strict(KINDS, range(len(KINDS)), return_dtype=pl.Int64),
            pl.col("ex_date").cast(pl.Date),
            knowledge_time_column(actions),
        )
        .join(columns, on="instrument")
        .filter(pl.col("ex_date") > sessions[0].item())
        .sort("name", "ex_date", "kind", "knowledge_time", "value")
    )
    day = rows["ex_date"].to_numpy().astype("datetime64[D]")
    return Events(
        name=rows["name"].to_numpy(),
        ex=np.searchsorted(sessions, day),
        known=np.searchsorted(closes, rows["knowledge_time"].to_numpy()),
        kind=rows["kind"].to_numpy(),
        value=rows["value"].cast(pl.Float64).fill_null(np.nan).to_numpy(),
        day=day,
    )


def knowledge_time_column(frame: pl.DataFrame) -> pl.Expr:
    """`knowledge_time` in UTC without a zone, microseconds; a time that came without a zone is UTC."""
    column = pl.col("knowledge_time")
    if isinstance(kind := frame.schema["knowledge_time"], pl.Datetime) and kind.time_zone is not None:
        column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return column.cast(pl.Datetime("us"))
