"""Instruments: a permanent id for each company's stock, the tickers it had, and what is known of it.

The id is readable: the ticker under which the company was first met; a second company that takes over the ticker gets
`TICKER~2`, a third `TICKER~3`. A spell says from when to when a ticker was the instrument's. Sources add what they
know, each for itself (`instrument_rows.py`). An unknown text is empty, an unknown number or day is null.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.stores.instrument_rows import (
    DETAILS,
    NOT_DELISTED,
    SPELL,
    details_of,
    founded,
    known,
    known_to,
    read_rows,
    spells_of,
    statement,
    write_statements,
)

OWN_CIKS = 10**10  # numbers from here on, beyond the SEC's, stand for companies whose CIK is not known


def insert_instruments(warehouse: Warehouse, instruments: pl.DataFrame, *, source: str, known_at: datetime) -> int:
    """Add what is new in `instrument` and any of DETAILS; null or empty details keep what is known already.

    A CIK other than the known one is another company: its details go to a new instrument that has the ticker from
    `known_at` on. Returns how many instruments were new or changed; nothing is written of the others.
    """
    given = [name for name in DETAILS if name in instruments.columns]
    asked = instruments.select("instrument", *given).unique("instrument", keep="last", maintain_order=True).to_dicts()
    found = known_to(read_rows(warehouse, instruments["instrument"].to_list()), source)
    said = []
    for row in asked:
        before = found.get(row["instrument"]) or founded(row["instrument"])
        told = {name: row[name] for name in given if row[name] not in {None, ""}}
        news = {name: value for name, value in told.items() if value != before[name]}
        assigned = before["cik"] is None or before["cik"] >= OWN_CIKS
        if "cik" in news and not assigned:
            said += _succeeded(warehouse, before, told, known_at)
        elif news or row["instrument"] not in found:
            said.append(statement(before, news))
    write_statements(warehouse, said, source=source, known_at=known_at)
    return len(said)


def read_instruments(warehouse: Warehouse, instruments: Sequence[str] | None = None) -> pl.DataFrame:
    """Return these instruments (None: all), as far as they are known, sorted.

    Columns: instrument, DETAILS, symbol (the current or last one), and `spells`, a list of (symbol, first_session,
    last_session; null while it goes on) in the order of time.
    """
    rows = read_rows(warehouse, instruments)
    spells = spells_of(rows)
    histories = spells.group_by("instrument").agg(pl.struct(SPELL).alias("spells"))
    current = spells.group_by("instrument").agg(pl.col("symbol").last())
    return (
        details_of(rows)
        .select("instrument", *DETAILS)
        .join(current, on="instrument")
        .join(histories, on="instrument")
        .sort("instrument")
    )


def read_spells(warehouse: Warehouse, symbols: Sequence[str]) -> pl.DataFrame:
    """Which instruments had these tickers when: instrument, symbol, first_session, last_session, by time."""
    return warehouse.query(
        "SELECT instrument, symbol, first_session, argMax(i.last_session, updated_at) AS last_session "
        "FROM instruments AS i FINAL WHERE symbol IN {symbols:Array(String)} "
        "GROUP BY instrument, symbol, first_session ORDER BY symbol, first_session, instrument",
        symbols=list(symbols),
    )


def resolve(warehouse: Warehouse, symbols: Sequence[str], *, on: date | None = None) -> dict[str, str]:
    """Return the instrument that has each ticker on a day (None: now, or that had it last).

    A ticker that nobody had by then is the first that had it later; one that is not known at all is its own id.
    """
    found = {symbol: symbol for symbol in symbols}
    spells = read_spells(warehouse, symbols)
    for (symbol,), rows in spells.group_by("symbol", maintain_order=True):
        begun = rows if on is None else rows.filter(pl.col("first_session") <= on)
        found[str(symbol)] = begun["instrument"][-1] if begun.height else rows["instrument"][0]
    return found


def with_listing_days(warehouse: Warehouse, days: Sequence[date]) -> list[str]:
    """Return instruments that were first traded on one of these days."""
    found = warehouse.query(
        "SELECT DISTINCT instrument FROM instruments FINAL WHERE listed IN {days:Array(Date32)} ORDER BY instrument",
        days=list(days),
    )
    return found["instrument"].to_list()


def rename(
    warehouse: Warehouse, instrument: str, symbol: str, *, first: date, evidence: str, source: str, known_at: datetime
) -> None:
    """Continue `instrument` under the ticker `symbol` from the session `first` on; its ticker before ends with it."""
    before = known(read_rows(warehouse, [instrument]))[instrument]
    ended = statement(before, {"last_session": first - timedelta(days=1)})
    spell = {"symbol": symbol, "first_session": first, "last_session": None}
    begun = statement(before, spell | {"evidence": evidence})
    write_statements(warehouse, [ended, begun], source=source, known_at=known_at)


def succeed(
    warehouse: Warehouse, symbol: str, *, first: date, last: date, evidence: str, source: str, known_at: datetime
) -> str:
    """Give the ticker `symbol` to another company from `first` on; the one that had it until `last` keeps its id.

    Returns the new company's id.
    """
    old = known(read_rows(warehouse, [resolve(warehouse, [symbol])[symbol]]))
    ended = [statement(row, {"last_session": last}) for row in old.values() if row["symbol"] == symbol]
    new = founded(next_id(warehouse, symbol))
    begun = statement(new, {"symbol": symbol, "first_session": first, "evidence": evidence})
    write_statements(warehouse, [*ended, begun], source=source, known_at=known_at)
    return str(new["instrument"])


def set_delisted(
    warehouse: Warehouse, instrument: str, day: date | None, *, evidence: str, source: str, known_at: datetime
) -> None:
    """Record that `day` was the last session of the instrument, or with None that it is traded after all."""
    for before in known(read_rows(warehouse, [instrument])).values():
        said = statement(before, {"delisted": day or NOT_DELISTED, "evidence": evidence})
        write_statements(warehouse, [said], source=source, known_at=known_at)


def next_id(warehouse: Warehouse, symbol: str) -> str:
    """Return the id of the next company that has the ticker: SYMBOL, or SYMBOL~2 and so on."""
    taken = warehouse.query(
        "SELECT DISTINCT instrument FROM instruments FINAL "
        "WHERE instrument = {symbol:String} OR startsWith(instrument, {prefix:String})",
        symbol=symbol,
        prefix=f"{symbol}~",
    )["instrument"].to_list()
    numbers = [1 if name == symbol else int(name.rpartition("~")[2]) for name in taken]
    return f"{symbol}~{max(numbers) + 1}" if numbers else symbol


def _succeeded(
    warehouse: Warehouse, before: dict[str, Any], told: dict[str, Any], known_at: datetime
) -> list[dict[str, Any]]:
    """What is said of a company with another CIK that took over the ticker, and of the end of the one before."""
    first, symbol = known_at.date(), before["symbol"]
    ended = statement(before, {"last_session": first - timedelta(days=1)})
    evidence = f"CIK {told['cik']} where {before['instrument']} has {before['cik']}"
    new = founded(next_id(warehouse, symbol))
    return [ended, statement(new, {"symbol": symbol, "first_session": first, "evidence": evidence} | told)]
