"""How complete a source's bars are: which fields are there period by period, and which sessions are missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.stores.bars import NUMBERS

FIELDS = tuple(name for name in NUMBERS if name != "close")
"""Fields of a bar that may be missing; every bar has a close."""
_HAS = ", ".join(f"max({name} IS NOT NULL) AS has_{name}" for name in FIELDS)
_SUMS = ", ".join(f"sum(has_{name}) AS {name}" for name in FIELDS)


def read_field_counts(
    warehouse: Warehouse, *, source: str, start: date, end: date, by_session: bool = False
) -> pl.DataFrame:
    """Count a source's bars from `start` to `end`, and those of them that have each field, by month or by session.

    Columns: period (the month's first day, or the session), close (bars), FIELDS (bars with a value in any version).
    """
    return warehouse.query(
        "SELECT if({by_session:Bool}, session, toDate32(toStartOfMonth(session))) AS period, "  # noqa: S608  columns from code
        f"count() AS close, {_SUMS} FROM ("
        f"  SELECT instrument, session, {_HAS} FROM bars WHERE source = {{source:String}} "
        "  AND session BETWEEN {start:Date32} AND {end:Date32} GROUP BY instrument, session) "
        "GROUP BY period ORDER BY period",
        source=source,
        start=start,
        end=end,
        by_session=by_session,
    )


def read_gaps(
    warehouse: Warehouse,
    *,
    source: str,
    sessions: Sequence[date],
    instruments: Sequence[str] | None = None,
    most: int = 1000,
) -> pl.DataFrame:
    """Runs of `sessions` without a bar between an instrument's first and last bar, the longest first.

    sessions: those of the exchange, ascending; bars of other days count for nothing. instruments: None takes all.
    Columns: instrument, before and after (the bars beside the gap), missing (sessions).
    """
    return warehouse.query(
        "WITH listed AS (SELECT toDate32(day) AS session, number FROM (SELECT {sessions:Array(Date32)} AS days) "
        "  ARRAY JOIN days AS day, arrayEnumerate(days) AS number) "
        "SELECT instrument, before, after, toInt64(later.number) - toInt64(earlier.number) - 1 AS missing FROM ("
        "  SELECT instrument, before, after FROM ("
        "    SELECT instrument, arraySort(groupUniqArray(session)) AS held FROM bars WHERE source = {source:String} "
        "    AND ({every:Bool} OR instrument IN {instruments:Array(String)}) "
        "    AND session IN {sessions:Array(Date32)} GROUP BY instrument) "
        "  ARRAY JOIN arrayPopBack(held) AS before, arrayPopFront(held) AS after "
        "  WHERE dateDiff('day', before, after) > 1) AS pairs "
        "INNER JOIN listed AS earlier ON earlier.session = pairs.before "
        "INNER JOIN listed AS later ON later.session = pairs.after "
        "WHERE missing > 0 ORDER BY missing DESC, after DESC, instrument LIMIT {most:UInt64}",
        source=source,
        sessions=list(sessions),
        every=instruments is None,
        instruments=list(instruments or ()),
        most=most,
    )
