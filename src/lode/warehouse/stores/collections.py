"""Outcomes of collections: what was asked of which source, when, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

import polars as pl

from lode.warehouse import Warehouse

_UTC = pl.Datetime("us", "UTC")
_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "collected_at": _UTC,
    "first_session": pl.Date,
    "last_session": pl.Date,
    "rows": pl.UInt64,
    "requests": pl.UInt32,
}
_COLUMNS = "source, subject, collected_at, outcome, first_session, last_session, rows, requests, lake_key, message"
_LAST = datetime(2299, 12, 31, tzinfo=UTC)  # that a DateTime64 holds


@dataclass(frozen=True)
class Collection:
    """What one collection of one subject came to.

    outcome: collected (rows were appended), unchanged (nothing was new), empty (the source answered that it has
        nothing: evidence of a count of zero), failed (evidence of nothing).
    first_session, last_session: the sessions that the answer covers, where it says so. rows: appended ones.
    requests: answers that are in the lake, the last one under `lake_key`. message: why it failed, else empty.
    """

    source: str
    subject: str
    collected_at: datetime
    outcome: str
    first_session: date | None = None
    last_session: date | None = None
    rows: int = 0
    requests: int = 0
    lake_key: str = ""
    message: str = ""


def record_collections(warehouse: Warehouse, collections: Sequence[Collection]) -> int:
    """Append outcomes, after the rows they stand for; the same ones again change nothing. Returns how many."""
    if not collections:
        return 0
    rows = pl.DataFrame([asdict(collection) for collection in collections], schema_overrides=_TYPES)
    return warehouse.insert("collections", rows)


def read_collections(
    warehouse: Warehouse,
    *,
    source: str,
    subjects: Sequence[str] | None = None,
    until: datetime | None = None,
) -> pl.DataFrame:
    """Outcomes of a source, sorted by subject and time: the columns of Collection.

    until: latest `collected_at`, included; None leaves it open.
    """
    return warehouse.query(
        f"SELECT {_COLUMNS} FROM collections FINAL WHERE source = {{source:String}} "  # noqa: S608  columns from code
        "AND ({every:Bool} OR subject IN {subjects:Array(String)}) "
        "AND collected_at <= {until:DateTime64(6, 'UTC')} "
        "ORDER BY subject, collected_at",
        source=source,
        every=subjects is None,
        subjects=list(subjects or ()),
        until=until or _LAST,
    )
