"""Steps laid over sessions and names: the value, its period and its age at each session's close."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode import calendar
from lode.errors import DataError
from lode.panel.fundamentals.steps import Step

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
STALE_DAYS = 510
"""An item whose newest period ended more than this many days before a session is missing there.

A foreign filer's year may be told by one report alone (20-F), due four months after it ends, with fifteen days of grace
(Rule 12b-25): the one before stands for a year and four and a half months.
"""
_REACH_DAYS = 1600  # how long before the first session a value may have become known and still count


@dataclass(frozen=True)
class Axis:
    """Sessions and names of a panel, with the sessions before it for ages.

    closes: (T,) datetime64[us]. before: closes of the sessions up to the last one, from long before the first.
    """

    names: tuple[str, ...]
    sessions: NDArray[np.datetime64]
    closes: NDArray[np.datetime64]
    before: NDArray[np.datetime64]

    @classmethod
    def of(
        cls,
        exchange: str,
        names: tuple[str, ...],
        sessions: NDArray[np.datetime64],
        closes: NDArray[np.datetime64],
    ) -> Axis:
        """Axis of an exchange's consecutive sessions; ages count from the first where the calendar has none before."""
        try:
            earlier = calendar.sessions(exchange, sessions[0] - np.timedelta64(_REACH_DAYS, "D"), sessions[0])[:-1]
        except DataError:
            return cls(names, sessions, closes, closes)
        return cls(names, sessions, closes, np.append(calendar.close_time(exchange, earlier), closes))

    @property
    def shape(self) -> tuple[int, int]:
        """Number of sessions and of names."""
        return len(self.sessions), len(self.names)

    def age(self, known: NDArray[np.datetime64]) -> NDArray[np.float32]:
        """Sessions from the first at whose close each (T, …) moment was known to the session of its row."""
        first = np.searchsorted(self.before, known)
        own = np.arange(len(self.before) - len(self.sessions), len(self.before))
        return (own.reshape(-1, *[1] * (known.ndim - 1)) - first).astype(np.float32)


@dataclass(frozen=True)
class Grid:
    """An item over (T, N): value NaN where missing, period_end in days since 1970 (0 where missing), age in sessions.

    prior: the value of a year before as known at the same time; None for items that need none. Values are in double
    precision, since a growth or a difference of two of them would lose what a field's own precision leaves.
    """

    value: Doubles
    period_end: NDArray[np.int32]
    age: Floats
    prior: Doubles | None


def fits(values: Doubles) -> NDArray[np.bool_]:
    """Where there is a value that a field can hold: finite in single precision."""
    return np.abs(values) <= np.finfo(np.float32).max


def lay(histories: Iterable[tuple[str, list[Step]]], axis: Axis, *, prior: bool = False) -> Grid | None:
    """Lay each name's steps over the sessions; None where no session has a value."""
    value, age = np.full(axis.shape, np.nan), np.full(axis.shape, np.nan, np.float32)
    period, before = np.zeros(axis.shape, np.int32), np.full(axis.shape, np.nan) if prior else None
    column = {name: number for number, name in enumerate(axis.names)}
    day = axis.sessions.astype(np.int64)
    for name, steps in histories:
        if name not in column:
            continue
        number = column[name]
        at = np.array([step.at for step in steps], "datetime64[us]")
        step = np.searchsorted(at, axis.closes, side="right") - 1
        ends = np.array([step.period_end for step in steps], np.int32)
        said = np.array([s.value for s in steps])
        rows = np.flatnonzero((step >= 0) & (day - ends[step] <= STALE_DAYS) & fits(said)[step])
        chosen = step[rows]
        value[rows, number] = said[chosen]
        period[rows, number] = ends[chosen]
        known = np.array([s.known for s in steps], "datetime64[us]")
        age[rows, number] = axis.age(known[np.maximum(step, 0)])[rows]
        if before is not None:
            priors = [s.prior.value if s.prior else np.nan for s in steps]
            before[rows, number] = np.array(priors)[chosen]
    return Grid(value, period, age, before) if np.isfinite(value).any() else None
