"""Exchange sessions and when they close, from exchange_calendars.

A calendar is built once per process, on first use: importing this module costs nothing, the first question about
2 s (pandas and the calendar's package), later ones microseconds. Early closes and unscheduled closures count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from typing import Any
from warnings import catch_warnings

import numpy as np
from numpy.typing import NDArray

from lode.errors import DataError, UsageError

DEFAULT_EXCHANGE = "XNYS"
_FIRST = date(1962, 1, 2)
_AHEAD = timedelta(days=366)

Day = date | np.datetime64 | str
Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class _Table:
    """Every session of an exchange, ascending, and its close in UTC."""

    sessions: Days  # (S,) datetime64[D]
    closes: NDArray[np.datetime64]  # (S,) datetime64[us]
    until: np.datetime64  # the last day that the calendar covers


def sessions(exchange: str, start: Day, end: Day) -> Days:
    """Sessions of `exchange` from `start` to `end`, both included, ascending: datetime64[D].

    Raises UsageError for an unknown exchange, DataError for a range that the calendar does not cover.
    """
    table = _table(exchange)
    ends = np.array([start, end], "datetime64[D]")
    _covered(exchange, table, ends)
    low, high = np.searchsorted(table.sessions, ends + np.array([0, 1]))
    return table.sessions[low:high].copy()


def is_session(exchange: str, days: Days) -> NDArray[np.bool_]:
    """Tell of each day whether `exchange` holds a session on it; False for NaT and outside of the calendar."""
    table, wanted = _table(exchange), np.asarray(days, "datetime64[D]")
    at = np.minimum(np.searchsorted(table.sessions, wanted), len(table.sessions) - 1)
    return np.asarray(table.sessions[at] == wanted)


def latest_sessions(exchange: str, until: Day, count: int) -> Days:
    """Return the last `count` sessions of `exchange` up to `until`, which may be one, ascending: datetime64[D].

    There are fewer where the calendar begins later.
    """
    table = _table(exchange)
    (end,) = np.searchsorted(table.sessions, np.array([until], "datetime64[D]"), side="right")
    return table.sessions[max(0, end - count) : end].copy()


def close_time(exchange: str, days: Days) -> NDArray[np.datetime64]:
    """Close of each session as datetime64[us] in UTC, early closes counted.

    Raises DataError that names the first day that is not a session.
    """
    table, wanted = _table(exchange), np.asarray(days, "datetime64[D]")
    known = is_session(exchange, wanted)
    if not known.all():
        day = wanted[~known].flat[0]
        _covered(exchange, table, np.array([day]))
        raise DataError(f"{day} is not a session of {exchange}; the session before it is {_before(table, day)}")
    return np.asarray(table.closes[np.searchsorted(table.sessions, wanted)])


def last_closed_session(exchange: str, now: datetime) -> np.datetime64:
    """Return the latest session that has closed by `now` (time zone required), as datetime64[D].

    Raises DataError where the calendar does not reach `now`: what has closed since its end is not known.
    """
    if now.tzinfo is None:
        raise UsageError(f"the time {now.isoformat()} has no time zone; give one, e.g. datetime.now(UTC)")
    table = _table(exchange)
    moment = np.datetime64(now.astimezone(UTC).replace(tzinfo=None), "us")
    count = int(np.searchsorted(table.closes, moment, side="right"))
    day = moment.astype("datetime64[D]")
    if count == 0:
        _covered(exchange, table, np.array([day]))
    if day > table.until:
        raise DataError(f"{day} lies after the calendar of {exchange}, which ends on {table.until}; update the package")
    return np.datetime64(table.sessions[count - 1], "D")


def regular_close(exchange: str) -> tuple[time, str, tuple[int, ...]]:
    """Return the close of an ordinary session of `exchange` today: local time, IANA time zone, weekdays (Monday 0)."""
    calendar = _known(exchange)
    latest: time = calendar.close_times[-1][1]
    open_days = tuple(day for day, is_open in enumerate(calendar.weekmask) if is_open == "1")
    return latest, str(calendar.tz), open_days


@cache
def _table(exchange: str) -> _Table:
    end = datetime.now(UTC).date() + _AHEAD
    with catch_warnings(category=DeprecationWarning, action="ignore"):  # the package's own use of pandas
        try:
            kind = type(_known(exchange))
            earliest, latest = kind.bound_min(), kind.bound_max()
            start = _FIRST if earliest is None else max(_FIRST, earliest.date())
            end = end if latest is None else min(end, latest.date())
            calendar = kind(start=start, end=end)
        except (NotImplementedError, ValueError) as error:  # some of its calendars do not go with some pandas
            why = f"{type(error).__name__}: {str(error)[:100]}"
            raise DataError(
                f"exchange_calendars cannot make the calendar of {exchange} ({why}); take another version of it"
            ) from error
    closes = calendar.closes.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    return _Table(
        calendar.sessions.to_numpy().astype("datetime64[D]"), closes.astype("datetime64[us]"), np.datetime64(end, "D")
    )


@cache
def _known(exchange: str) -> Any:  # noqa: ANN401  the package has no types
    """Return exchange_calendars' own calendar; UsageError for an exchange that it does not know."""
    import exchange_calendars  # noqa: PLC0415  costs seconds, and most commands need no calendar
    from exchange_calendars.errors import InvalidCalendarName  # noqa: PLC0415

    with catch_warnings(category=DeprecationWarning, action="ignore"):  # the package's own use of pandas
        try:
            return exchange_calendars.get_calendar(exchange)
        except InvalidCalendarName:
            known = exchange_calendars.get_calendar_names(include_aliases=False)
            near = get_close_matches(exchange.upper(), known, n=3) or [DEFAULT_EXCHANGE]
            raise UsageError(
                f"unknown exchange {exchange!r}; near it: {', '.join(near)}; "
                f"allowed are the {len(known)} codes of exchange_calendars"
            ) from None


def _covered(exchange: str, table: _Table, days: Days) -> None:
    first, last = table.sessions[0], table.sessions[-1]
    outside = days[(days < first) | (days > max(last, np.datetime64(datetime.now(UTC).date() + _AHEAD)))]
    if len(outside):
        raise DataError(f"{outside[0]} lies outside of the calendar of {exchange}, which covers {first} to {last}")


def _before(table: _Table, day: np.datetime64) -> np.datetime64:
    return np.datetime64(table.sessions[np.searchsorted(table.sessions, day) - 1], "D")
