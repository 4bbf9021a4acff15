"""What the warehouse's tables are, for readers: declared by the migrations, described beside them in tables.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lode.warehouse.migrate import RECORD
from lode.warehouse.migrations import load_migrations

_CREATE = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+)\s*\((.*?)\n\)\s*ENGINE = (.*?)\s*ORDER BY (.*)", re.DOTALL)
_ADD = re.compile(
    r"ALTER TABLE (\w+)\s+ADD COLUMN IF NOT EXISTS (\w+) (.*?)(?: DEFAULT .*?)?(?:,\s*MODIFY ORDER BY (.*))?$",
    re.DOTALL,
)


@dataclass(frozen=True)
class Column:
    """A column with ClickHouse's type and what it means."""

    name: str
    kind: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """A table as all migrations leave it.

    row: what a row is. written: who writes it. event, knowledge: what says which time it is about, and since when it
    is known; empty where it has no such time. order: the columns that identify a row; of several with the same ones
    the engine keeps the last written.
    """

    name: str
    row: str
    written: str
    event: str
    knowledge: str
    engine: str
    order: tuple[str, ...]
    columns: tuple[Column, ...]


@cache
def tables() -> tuple[Table, ...]:
    """Every table of the warehouse, in the order in which the migrations make them."""
    told = tomllib.loads((files("lode.warehouse.migrations") / "tables.toml").read_text(encoding="utf-8"))
    declared: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {}
    for statement in [RECORD, *(statement for each in load_migrations() for statement in each.statements)]:
        if made := _CREATE.match(statement.strip()):
            order = _names(made[4].partition("SETTINGS")[0])
            columns = dict(line.strip(" ,").split(" ", 1) for line in made[2].strip().splitlines())
            declared[made[1]] = (made[3], order, columns)
        elif added := _ADD.match(statement):
            engine, order, columns = declared[added[1]]
            columns[added[2]] = added[3]
            declared[added[1]] = engine, _names(added[4]) if added[4] else order, columns
    return tuple(_table(name, *parts, told[name], told["common"]["columns"]) for name, parts in declared.items())


def _names(columns: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", columns))


def _table(
    name: str,
    engine: str,
    order: tuple[str, ...],
    kinds: Mapping[str, str],
    told: Mapping[str, Any],
    common: Mapping[str, str],
) -> Table:
    meanings = {**common, **told["columns"]}
    columns = tuple(Column(column, kind, meanings[column]) for column, kind in kinds.items())
    event, knowledge = told.get("event", ""), told.get("knowledge", "")
    return Table(name, told["row"], told["written"], event, knowledge, engine, order, columns)
