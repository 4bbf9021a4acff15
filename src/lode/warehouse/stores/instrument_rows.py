"""Rows of the table `instruments`: what each source says of one, and what is known of it from all of them.

A row is what one source says of an instrument, under one of its spells: sources collect at once, and none may lose what
another has just said. Of each detail the statement known last counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from lode.warehouse import Warehouse

TEXTS = ("name", "exchange", "currency", "sector", "kind", "time_zone", "evidence")
NUMBERS = ("cik", "sic")
DAYS = ("listed", "delisted")
DETAILS = (*TEXTS, *NUMBERS, *DAYS)
SINCE_EVER = date(1900, 1, 1)  # a ticker's first company has it from the beginning, as far as is known
SPELL = ("symbol", "first_session", "last_session")
_NAMED_LAST = "sec"  # in capitals and cut short: what another source calls a company goes before
_UTC = pl.Datetime("us", "UTC")
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
    "writer": pl.String,
    "updated_at": _UTC,
}
_ROWS = (
    f"SELECT instrument, symbol, first_session, last_session, {', '.join(f'toString({n}) AS {n}' for n in TEXTS)}, "  # noqa: S608  columns from code
    "cik, sic, listed, delisted, toString(source) AS source, toString(writer) AS writer, updated_at "
    "FROM instruments FINAL "
)
_ORDER = " ORDER BY instrument, updated_at, first_session, source"


def read_rows(warehouse: Warehouse, instruments: Sequence[str] | None) -> pl.DataFrame:
    """Spells of these instruments, the row that was written last at the end."""
    return warehouse.query(
        _ROWS + "WHERE {every:Bool} OR instrument IN {instruments:Array(String)}" + _ORDER,
        every=instruments is None,
        instruments=list(instruments or ()),
    )


def details_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Of each instrument the details known last, each by itself: rows as `read_rows` gives them."""
    texts = {name: pl.col(name).filter(pl.col(name) != "").last().fill_null("") for name in TEXTS}
    others = pl.col("name").filter((pl.col("name") != "") & (pl.col("source") != _NAMED_LAST)).last()
    texts["name"] = pl.coalesce(others, texts["name"])
    days = {name: pl.col(name).drop_nulls().last() for name in (*NUMBERS, "listed")}
    # Who takes back that an instrument is delisted says why, and leaves the day empty.
    told = pl.col("delisted").is_not_null() | (pl.col("evidence") != "")
    days["delisted"] = pl.col("delisted").filter(told).last()
    return rows.group_by("instrument", maintain_order=True).agg(**texts, **days, updated_at=pl.col("updated_at").last())


def spells_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Spells of each instrument in the order of time; one is over when any source says so."""
    ends = pl.col("last_session").drop_nulls().last()
    return rows.group_by("instrument", "symbol", "first_session").agg(ends).sort("instrument", "first_session")


def merged(rows: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """By instrument its current spell and its details."""
    current = spells_of(rows).group_by("instrument", maintain_order=True).last()
    return {row["instrument"]: row for row in details_of(rows).join(current, on="instrument").iter_rows(named=True)}


def said_by(rows: pl.DataFrame, source: str) -> dict[str, dict[str, Any]]:
    """By instrument its current spell with what this source says, whatever others do; none for an unknown one.

    That an instrument is delisted is carried on, so that what is seen of it later does not take that back.
    """
    own = merged(rows.filter(pl.col("writer") == source))
    return {
        name: (own.get(name) or founded(name)) | {kept: row[kept] for kept in (*SPELL, "delisted")}
        for name, row in merged(rows).items()
    }


def founded(instrument: str) -> dict[str, Any]:
    """An instrument of which nothing is known but its id."""
    empty: dict[str, Any] = dict.fromkeys(TEXTS, "") | dict.fromkeys((*NUMBERS, *DAYS))
    symbol = instrument.partition("~")[0]
    spell = {"symbol": symbol, "first_session": SINCE_EVER, "last_session": None}
    return {"instrument": instrument, **spell, **empty, "updated_at": None}


def write_rows(warehouse: Warehouse, rows: Sequence[Mapping[str, Any]], *, source: str, known_at: datetime) -> None:
    """Append what a source says; what it said with a knowledge later than `known_at` is still replaced."""
    if not rows:
        return
    later = [
        row | {"source": source, "writer": source, "updated_at": _after(row["updated_at"], known_at)}
        for row in map(dict, rows)
    ]
    warehouse.insert("instruments", pl.DataFrame(later, schema=_TYPES))


def _after(said_at: datetime | None, known_at: datetime) -> datetime:
    return max(known_at, said_at + timedelta(microseconds=1)) if said_at else known_at
