from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from lode.errors import WarehouseError
from lode.settings import Settings
from lode.warehouse import Warehouse, open_warehouse
from lode.warehouse.migrate import migrate
from lode.warehouse.migrations import Migration, load_migrations

TABLES = [
    "articles",
    "bars",
    "corporate_actions",
    "evidence",
    "facts",
    "factor_series",
    "factor_values",
    "factors",
    "filings",
    "imports",
    "instruments",
    "lineage",
    "migrations",
    "pool_figures",
    "pool_growth",
    "pool_weights",
    "quarantine",
    "run_steps",
    "runs",
    "snapshots",
    "trials",
    "universe_members",
    "vault_openings",
    "watermarks",
]


def test_the_numbers_count_up_from_one() -> None:
    assert [m.number for m in load_migrations()] == list(range(1, len(load_migrations()) + 1))


def test_every_statement_may_be_run_twice() -> None:
    for migration in load_migrations():
        assert migration.statements
        for statement in migration.statements:
            assert "IF NOT EXISTS" in statement or "IF EXISTS" in statement, statement


def test_every_table_is_there(writer: Warehouse) -> None:
    assert set(TABLES) <= set(writer.query("SHOW TABLES")["name"])


def test_every_table_replaces(writer: Warehouse) -> None:
    engines = writer.query("SELECT name, engine FROM system.tables WHERE database = 'lode'")
    found = {name: engine for name, engine in engines.iter_rows() if name in TABLES}
    assert set(found.values()) == {"ReplacingMergeTree"}


def test_nothing_is_applied_twice(writer: Warehouse) -> None:
    assert migrate(writer) == []
    numbers = writer.query("SELECT number FROM migrations ORDER BY number")["number"].to_list()
    assert numbers == [m.number for m in load_migrations()]


def _plus(writer: Warehouse, table: str) -> list[Migration]:
    newest = load_migrations()
    statements = (f"CREATE TABLE IF NOT EXISTS {table} (a Int8) ENGINE = Memory",) * 2
    return [*newest, Migration(newest[-1].number + 1, "new.sql", statements, "0")]


def test_migrations_at_once_and_half_done(served: Settings, writer: Warehouse, table: str) -> None:
    wanted = _plus(writer, table)
    writer.command(wanted[-1].statements[0])  # as if one was killed after the first statement
    faults: list[Exception] = []

    def work() -> None:
        try:
            with open_warehouse(served) as warehouse:
                migrate(warehouse, wanted)
        except Exception as fault:  # noqa: BLE001  whatever it is, the test must see it
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    number = wanted[-1].number
    found = writer.query("SELECT name FROM migrations FINAL WHERE number = {n:UInt32}", n=number)
    writer.command("DELETE FROM migrations WHERE number = {n:UInt32}", n=number)
    # one that came after the new migration was recorded is told that it is older than the warehouse
    assert all("upgrade Lode" in str(fault) for fault in faults)
    assert len(faults) < 4
    assert found["name"].to_list() == ["new.sql"]


def test_a_newer_warehouse_and_an_edited_file_are_refused(writer: Warehouse) -> None:
    with pytest.raises(WarehouseError, match=r"has migrations \[2\b.*upgrade Lode"):
        migrate(writer, load_migrations()[:1])
    edited = [replace(m, checksum="other") for m in load_migrations()]
    with pytest.raises(WarehouseError, match="edited after they were applied"):
        migrate(writer, edited)
