"""What the overview reads of the data: how far each source is beside its schedule, and what schedules there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from lode.app.freshness import GRACE, Reached, state_of, state_of_schedule
from lode.app.queries.caching import settled
from lode.calendar import DEFAULT_EXCHANGE, latest_sessions
from lode.lake import open_lake
from lode.settings import Settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.freshness import read_collected, read_ends
from lode.workflow.schedule import Schedule
from lode.workflow.schedule_history import LastTurn, read_last_turns

_RECENT = timedelta(hours=12)  # a turn without an end may go on for so long
_EVERY = 50_000  # sessions: more than any calendar has
_UTC = pl.Datetime("us", "UTC")
_SOURCES: dict[str, Any] = {
    "source": pl.String,
    "state": pl.String,
    "behind": pl.Int64,
    "last_session": pl.Date,
    "collected_at": _UTC,
    "subjects": pl.Int64,
    "failed": pl.Int64,
    "rows": pl.Int64,
    "quarantined": pl.Int64,
    "message": pl.String,
}
_SCHEDULES: dict[str, Any] = {
    "schedule": pl.String,
    "state": pl.String,
    "behind": pl.Int64,
    "session": pl.Date,
    "outcome": pl.String,
    "told": pl.String,
    "began": _UTC,
    "ended": _UTC,
}


@dataclass(frozen=True)
class Freshness:
    """How far the data are; `state` is one of `lode.app.freshness.State`. read_at: UTC.

    sources: source, state, behind (sessions that became due since), last_session (null without prices), collected_at,
    subjects and failed (of the last collections), rows and quarantined (of the prices), message.
    schedules: schedule, state, behind, session, outcome, told, began, ended; of the last turn of each.
    """

    sources: pl.DataFrame
    schedules: pl.DataFrame
    read_at: datetime


@settled
def read_freshness(settings: Settings) -> Freshness:
    """Read how fresh the data are now."""
    now = datetime.now(UTC)
    with open_warehouse(settings, access="read") as warehouse:
        ends, collected = read_ends(warehouse), read_collected(warehouse)
    turns = read_last_turns(open_lake(settings))
    return Freshness(judged_sources(ends, collected, now), judged_schedules(turns, now), now)


def judged_sources(ends: pl.DataFrame, collected: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Judge every source of either frame, `read_ends` and `read_collected`, at `now` (UTC); columns of Freshness.

    Prices are behind by the sessions that became due since their last one; what has no sessions of its own by those
    that became due since it was last collected.
    """
    prices = {row["source"]: row for row in ends.iter_rows(named=True)}
    asked = {row["source"]: row for row in collected.iter_rows(named=True)}
    rows = [_judged(name, prices.get(name, {}), asked.get(name, {}), now) for name in sorted({*prices, *asked})]
    return pl.DataFrame(rows, schema=_SOURCES)


def _judged(source: str, prices: dict[str, Any], asked: dict[str, Any], now: datetime) -> dict[str, Any]:
    collected_at = asked.get("collected_at") or prices.get("collected_at")
    last = prices.get("last_session") or (_due(collected_at) if collected_at else None)
    reached = Reached(
        source,
        behind=None if last is None else sessions_due_since(last, now),
        collected=bool(asked) or prices["collected"],
        subjects=asked.get("subjects", 0),
        failed=asked.get("failed", 0),
    )
    return {name: prices.get(name, asked.get(name)) for name in _SOURCES} | {
        "source": source,
        "state": state_of(reached),
        "behind": reached.behind,
        "collected_at": collected_at,
    }


def judged_schedules(turns: list[LastTurn], now: datetime) -> pl.DataFrame:
    """Judge schedules by their last turns, at `now` (UTC); columns of Freshness."""
    rows = []
    for turn in turns:
        behind = sessions_due_since(turn.session, now, turn.exchange)
        recent = now - turn.claimed_at < _RECENT
        rows.append(
            {
                "schedule": turn.schedule,
                "state": state_of_schedule(turn.outcome, behind, recent=recent),
                "behind": behind,
                "session": turn.session,
                "outcome": turn.outcome or "no end",
                "told": turn.told,
                "began": turn.claimed_at,
                "ended": turn.ended_at,
            }
        )
    return pl.DataFrame(rows, schema=_SCHEDULES)


def sessions_due_since(last: date, now: datetime, exchange: str = DEFAULT_EXCHANGE) -> int:
    """Count the sessions of an exchange after `last` that were due at `now` less the grace; 0 where it is the latest.

    Raises DataError where the calendar does not reach `now`.
    """
    known = latest_sessions(exchange, _due(now - GRACE, exchange), _EVERY)
    return int((known > np.datetime64(last)).sum())


def _due(moment: datetime, exchange: str = DEFAULT_EXCHANGE) -> date:
    return Schedule("", exchange).due(moment)
