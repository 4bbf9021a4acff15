"""Bring the warehouse's tables up to date: each migration once, recorded in the table `migrations`.

Two clients may migrate at once and a client may be killed between two statements: every statement of a migration may
be run again to the same effect, and so may the record of it.

Where several servers hold the same rows, their database is of ClickHouse's engine Replicated: it runs every statement
on each server. The engine of a table is not its business, so that each is
named anew here: ReplicatedReplacingMergeTree.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lode.errors import WarehouseError
from lode.warehouse.migrations import Migration, load_migrations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lode.warehouse.client import Warehouse

RECORD = """
CREATE TABLE IF NOT EXISTS migrations
(
    number UInt32,
    name String,
    checksum String,
    applied_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY number
"""
_ENGINE = re.compile(r"(\bENGINE\s*=\s*)((?!Replicated)\w*MergeTree\b)")


def migrate(warehouse: Warehouse, migrations: Sequence[Migration] | None = None) -> list[int]:
    """Apply what has not been applied yet; returns the numbers of those that were applied now.

    Raises WarehouseError when the warehouse was written by a newer Lode, or when an applied file was edited since.
    """
    wanted = load_migrations() if migrations is None else list(migrations)
    replicas = _has_replicas(warehouse)
    applied = _applied(warehouse, replicas=replicas)
    _check(wanted, applied)
    missing = [migration for migration in wanted if migration.number not in applied]
    for migration in missing:
        _apply(warehouse, migration, replicas=replicas)
    return [migration.number for migration in missing]


def with_replicas(statement: str) -> str:
    """Return a statement with the engine of its table as replicas need it; others as they are.

    Where the table is found among the servers' others is left to the server: by its UUID, in a Replicated database.
    """
    return _ENGINE.sub(r"\1Replicated\2", statement)


def _has_replicas(warehouse: Warehouse) -> bool:
    found = warehouse.query_arrow("SELECT engine FROM system.databases WHERE name = currentDatabase()").to_pylist()
    return [row["engine"] for row in found] == ["Replicated"]


def _applied(warehouse: Warehouse, *, replicas: bool) -> dict[int, str]:
    found = warehouse.query_arrow(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND name = 'migrations'"
    )
    if not found.num_rows:
        warehouse.command(with_replicas(RECORD) if replicas else RECORD)
        return {}
    rows = warehouse.query_arrow("SELECT number, checksum FROM migrations FINAL").to_pylist()
    return {row["number"]: row["checksum"] for row in rows}


def _check(wanted: Sequence[Migration], applied: dict[int, str]) -> None:
    newest = max((m.number for m in wanted), default=0)
    beyond = sorted(number for number in applied if number > newest)
    if beyond:
        raise WarehouseError(
            f"the warehouse has migrations {beyond}, this version of Lode knows those up to {newest}; upgrade Lode"
        )
    edited = [m.name for m in wanted if applied.get(m.number, m.checksum) != m.checksum]
    if edited:
        raise WarehouseError(
            f"the migrations {edited} were edited after they were applied; undo the edit and add a new migration"
        )


def _apply(warehouse: Warehouse, migration: Migration, *, replicas: bool) -> None:
    for statement in migration.statements:
        warehouse.command(with_replicas(statement) if replicas else statement)
    warehouse.command(
        "INSERT INTO migrations SELECT {number:UInt32}, {name:String}, {checksum:String}, now64(6, 'UTC')",
        number=migration.number,
        name=migration.name,
        checksum=migration.checksum,
    )
