"""Snapshots: the panels that were frozen, and where they came from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from lode.errors import NotFoundError
from lode.warehouse import Warehouse

_COLUMNS = "snapshot, source, universe, fields, as_of, first_session, last_session, sessions, names, coverage, meta"


@dataclass(frozen=True)
class SnapshotRecord:
    """One snapshot. `coverage` is the share of (session, name) cells with a close; `meta` is JSON."""

    snapshot: str
    source: str
    universe: str
    fields: list[str]
    as_of: datetime
    first_session: date
    last_session: date
    sessions: int
    names: int
    coverage: float
    meta: str

    @property
    def details(self) -> dict[str, Any]:
        """`meta`, decoded."""
        return dict(json.loads(self.meta))


def record_snapshot(warehouse: Warehouse, record: SnapshotRecord) -> None:
    """Write a snapshot; the same snapshot again replaces its row."""
    row = asdict(record) | {"created_at": datetime.now(UTC)}
    types: dict[str, Any] = {
        "fields": pl.List(pl.String),
        "sessions": pl.UInt32,
        "names": pl.UInt32,
        "as_of": pl.Datetime("us", "UTC"),
        "created_at": pl.Datetime("us", "UTC"),
    }
    warehouse.insert("snapshots", pl.DataFrame([row], schema_overrides=types))


def read_snapshot(warehouse: Warehouse, snapshot: str | None = None) -> SnapshotRecord:
    """Return a snapshot, the latest when none is named; NotFoundError says what there is."""
    found = warehouse.query(
        f"SELECT {_COLUMNS} FROM snapshots FINAL WHERE {{snapshot:String}} = '' OR snapshot = {{snapshot:String}} "  # noqa: S608  columns from code
        "ORDER BY created_at DESC, snapshot LIMIT 1",
        snapshot=snapshot or "",
    )
    if found.is_empty():
        known = ", ".join(list_snapshots(warehouse, most=5)["snapshot"])
        wanted = f"no snapshot {snapshot!r}" if snapshot else "no snapshot yet"
        msg = f"{wanted}; there are: {known}" if known else f"{wanted}: make one with `lode snapshot` or `lode run`"
        raise NotFoundError(msg)
    return SnapshotRecord(**found.row(0, named=True))


def list_snapshots(warehouse: Warehouse, *, most: int = 100) -> pl.DataFrame:
    """Snapshots, the newest first."""
    return warehouse.query(
        f"SELECT {_COLUMNS}, created_at FROM snapshots FINAL ORDER BY created_at DESC, snapshot LIMIT {{most:UInt64}}",  # noqa: S608  columns from code
        most=most,
    )


def read_provenance(warehouse: Warehouse, snapshots: Sequence[str]) -> pl.DataFrame:
    """Where some snapshots come from: snapshot, as_of, meta."""
    return warehouse.query(
        "SELECT snapshot, as_of, meta FROM snapshots FINAL WHERE snapshot IN {snapshots:Array(String)}",
        snapshots=list(snapshots),
    )
