"""Rows of the table `instruments`: what sources said of one, and what is known of it from all of them.

A row is a statement: what a source said anew of an instrument, under its spell of that time; what it did not say anew
is empty in it. So sources may collect at once, and none loses what another has just said. Of each detail the statement
written last counts. Rows of before 2026-12 have no `statement`: there the row written last holds all that was known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import polars as pl

from lode.warehouse import Warehouse

TEXTS = ("name", "exchange", "currency", "sector", "kind", "time_zone", "evidence")
NUMBERS = ("cik", "sic")
DAYS = ("listed", "delisted")
DETAILS = (*TEXTS, *NUMBERS, *DAYS)
SINCE_EVER = date(1900, 1, 1)  # a ticker's first company has it from the beginning, as far as is known
NOT_DELISTED = SINCE_EVER  # said where an instrument that was called delisted is traded after all
SPELL = ("symbol", "first_session", "last_session")
_NAMED_LAST = "sec"  # in capitals and cut short: what any other source calls a company goes before
_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "instrument": pl.String,
    "symbol": pl.String,
    "first_session": pl.Date,
    "last_session": pl.Date,
    **dict.fromkeys(TEXTS, pl.String),
    "cik": pl.UInt64,
    "sic": pl.UInt32,
    **dict.fromkeys(DAYS, pl.Date),
    "source": pl.String,
    "statement": pl.String,
    "updated_at": pl.Datetime("us", "UTC"),
}
_READ = """
    SELECT * REPLACE (toString(exchange) AS exchange, toString(currency) AS currency, toString(sector) AS sector,
                      toString(kind) AS kind, toString(time_zone) AS time_zone, toString(source) AS source)
    FROM instruments FINAL WHERE {every:Bool} OR instrument IN {instruments:Array(String)}
    ORDER BY instrument, updated_at, first_session, source, statement
"""


def read_rows(warehouse: Warehouse, instruments: Sequence[str] | None) -> pl.DataFrame:
    """Return what was said of these instruments (None: all), of each the row that was written last at the end."""
    return warehouse.query(_READ, every=instruments is None, instruments=list(instruments or ()))


def details_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Of each instrument DETAILS and updated_at: rows as `read_rows` gives them."""
    said = {name: pl.col(name).filter(pl.col(name) != "") for name in TEXTS}
    by_others = said["name"].filter((pl.col("source") != _NAMED_LAST).filter(pl.col("name") != ""))
    texts = {name: each.last().fill_null("") for name, each in said.items()}
    texts["name"] = pl.coalesce(by_others.last(), texts["name"])
    others = {name: pl.col(name).drop_nulls().last() for name in (*NUMBERS, *DAYS)}
    others["delisted"] = others["delisted"].replace(NOT_DELISTED, None)
    return (
        _that_count(rows)
        .group_by("instrument", maintain_order=True)
        .agg(**texts, **others, updated_at=pl.col("updated_at").last())
    )


def _that_count(rows: pl.DataFrame) -> pl.DataFrame:
    """Every statement, and of the rows from before the last one, which is of all sources and so of none."""
    before = pl.col("statement") == ""
    last = pl.col("updated_at") == pl.col("updated_at").filter(before).max().over("instrument")
    source = pl.when(before).then(pl.lit("")).otherwise("source").alias("source")
    return rows.filter(~before | last).with_columns(source)


def spells_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Spells of each instrument in the order of time; one is over when any source says so."""
    ends, begun = pl.col("last_session").drop_nulls().last(), pl.col("updated_at").first()
    spells = rows.group_by("instrument", "symbol", "first_session").agg(ends, begun)
    return spells.sort("instrument", "first_session", "updated_at").drop("updated_at")


def known(rows: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """By instrument its current spell, its details, and when the last of them was written."""
    current = spells_of(rows).group_by("instrument", maintain_order=True).last()
    return {row["instrument"]: row for row in details_of(rows).join(current, on="instrument").iter_rows(named=True)}


def known_to(rows: pl.DataFrame, source: str) -> dict[str, dict[str, Any]]:
    """As `known`; but who names only what nobody else names compares with the name that it gave itself."""
    found = known(rows)
    if source == _NAMED_LAST:
        own = known(rows.filter(pl.col("source") == source, pl.col("statement") != ""))
        found = {name: row | {"name": own[name]["name"] if name in own else ""} for name, row in found.items()}
    return found


def founded(instrument: str) -> dict[str, Any]:
    """As a row of `known`: an instrument of which nothing is known but its id."""
    empty: dict[str, Any] = dict.fromkeys(TEXTS, "") | dict.fromkeys((*NUMBERS, *DAYS))
    symbol = instrument.partition("~")[0]
    spell = {"symbol": symbol, "first_session": SINCE_EVER, "last_session": None}
    return {"instrument": instrument, **spell, **empty, "updated_at": None}


def statement(before: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """What is said anew of an instrument: of DETAILS, and of its spell; `before` as a row of `known`."""
    kept = {name: before[name] for name in ("instrument", *SPELL, "updated_at")}
    return kept | dict(news)


def write_statements(
    warehouse: Warehouse, statements: Sequence[Mapping[str, Any]], *, source: str, known_at: datetime
) -> None:
    """Append statements; they count, whatever was known later than `known_at` before. Again changes nothing."""
    rows = [_row(said, source, known_at) for said in statements]
    if rows:
        warehouse.insert("instruments", pl.DataFrame(rows, schema=_TYPES))


def _row(said: Mapping[str, Any], source: str, known_at: datetime) -> dict[str, Any]:
    before = said["updated_at"]
    content = {name: str(value) for name, value in said.items() if name != "updated_at"}
    told = sha256(json.dumps([source, content], sort_keys=True).encode()).hexdigest()[:16]
    at = max(known_at, before + timedelta(microseconds=1)) if before else known_at
    return {**dict.fromkeys(TEXTS, ""), **said, "source": source, "statement": told, "updated_at": at}
