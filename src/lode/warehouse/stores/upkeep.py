"""What an operator asks of the warehouse: when something last succeeded, what is refused, how full the disks are."""

from __future__ import annotations

from datetime import datetime

from lode.warehouse import Warehouse


def read_successes(warehouse: Warehouse) -> dict[str, datetime]:
    """Return when each source last answered a collection without failing, by source."""
    found = warehouse.query(
        "SELECT toString(source) AS source, max(collected_at) AS at FROM collections "
        "WHERE outcome != 'failed' GROUP BY source"
    )
    return dict(found.iter_rows())


def read_refused_since(warehouse: Warehouse, *, source: str, since: datetime) -> int:
    """Return how many rows of a source went to the quarantine since then."""
    found = warehouse.query(
        "SELECT count() AS n FROM quarantine FINAL "
        "WHERE source = {source:String} AND collected_at >= {since:DateTime64(6, 'UTC')}",
        source=source,
        since=since,
    )
    return int(found["n"][0])


def read_last_run(warehouse: Warehouse) -> datetime | None:
    """Return when the run that succeeded last began, None where none has: it has what was known by then."""
    found = warehouse.query("SELECT max(started) AS at, count() AS n FROM runs FINAL WHERE state = 'succeeded'")
    at: datetime = found["at"][0]
    return at if found["n"][0] else None


def read_disks(warehouse: Warehouse) -> float | None:
    """Return the used share of the fullest disk, in [0, 1]; None where no disk has a size (object storage)."""
    found = warehouse.query(
        "SELECT max(1 - free_space / total_space) AS used, count() AS n FROM system.disks "
        "WHERE type = 'Local' AND total_space > 0"
    )
    return float(found["used"][0]) if found["n"][0] else None
