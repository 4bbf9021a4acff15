"""What is told of the tables agrees with what the migrations make of them."""

import tomllib
from importlib.resources import files

from lode.settings import Settings
from lode.warehouse import open_warehouse
from lode.warehouse.tables import tables


def test_they_are_those_of_a_migrated_warehouse(lode_settings: Settings):
    with open_warehouse(lode_settings) as warehouse:
        found = warehouse.query(
            "SELECT table, name, type FROM system.columns WHERE database = currentDatabase() ORDER BY table, position"
        )
        keys = dict(
            warehouse.query(
                "SELECT name, sorting_key FROM system.tables WHERE database = currentDatabase()"
            ).iter_rows()
        )
    told = {(each.name, column.name): column.kind for each in tables() for column in each.columns}
    assert told == {(table, name): kind for table, name, kind in found.iter_rows()}
    assert {each.name: ", ".join(each.order) for each in tables()} == keys


def test_each_is_described_once_and_nothing_else_is():
    described = tomllib.loads((files("lode.warehouse.migrations") / "tables.toml").read_text(encoding="utf-8"))
    common = described.pop("common")["columns"]
    assert set(described) == {each.name for each in tables()}
    for each in tables():
        own = described[each.name]["columns"]
        assert set(own) <= {column.name for column in each.columns}, each.name
        assert all(column.meaning for column in each.columns)
        assert each.row
        assert each.written
    assert all(any(column.name == name for each in tables() for column in each.columns) for name in common)
