"""Instruments: a permanent id for each company's stock, the tickers it had, and what is known of it.

The id is readable: the ticker under which the company was first met; a second company that takes over the ticker gets
`TICKER~2`, a third `TICKER~3`. A spell says from when to when a ticker was the instrument's. A row of the table is a
spell with the instrument's details as they were known when it was written; the row written last holds them all.
An unknown text is empty, an unknown number or day is null.
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
OWN_CIKS = 10**10  # numbers from here on, beyond the SEC's, stand for companies whose CIK is not known
_SPELL = ("symbol", "first_session", "last_session")
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
    "updated_at": _UTC,
}
_ROWS = (
    f"SELECT instrument, symbol, first_session, last_session, {', '.join(f'toString({n}) AS {n}' for n in TEXTS)}, "  # noqa: S608  columns from code
    "cik, sic, listed, delisted, toString(source) AS source, updated_at FROM instruments FINAL "
)
_ORDER = " ORDER BY instrument, updated_at, first_session"


def insert_instruments(warehouse: Warehouse, instruments: pl.DataFrame, *, source: str, known_at: datetime) -> int:
    """Merge `instrument` and any of DETAILS into what is known; null or empty details keep what is known already.

    A CIK other than the known one is another company: its details go to a new instrument that has the ticker from
    `known_at` on. Returns how many instruments were new or changed; the others are not written again.
    """
    given = [name for name in DETAILS if name in instruments.columns]
    rows = instruments.select("instrument", *given).unique("instrument", keep="last", maintain_order=True).to_dicts()
    known = _newest(_rows(warehouse, instruments["instrument"].to_list()))
    written = []
    for row in rows:
        before = known.get(row["instrument"]) or _founded(row["instrument"])
        news = {name: row[name] for name in given if row[name] not in {None, ""}}
        assigned = before["cik"] is None or before["cik"] >= OWN_CIKS
        if not assigned and news.get("cik", before["cik"]) != before["cik"]:
            written += _succeeded(warehouse, before, news, known_at)
        elif row["instrument"] not in known or any(before[name] != value for name, value in news.items()):
            written.append(before | news)
    write_rows(warehouse, written, source=source, known_at=known_at)
    return len(written)


def read_instruments(warehouse: Warehouse, instruments: Sequence[str] | None = None) -> pl.DataFrame:
    """Return these instruments (None: all), as far as they are known, sorted.

    Columns: instrument, DETAILS, symbol (the current or last one), and `spells`, a list of (symbol, first_session,
    last_session; null while it goes on) in the order of time.
    """
    rows = _rows(warehouse, instruments)
    spells = rows.sort("instrument", "first_session").group_by("instrument").agg(pl.struct(_SPELL).alias("spells"))
    newest = rows.group_by("instrument", maintain_order=True).last().drop("symbol")
    current = rows.sort("first_session").group_by("instrument").agg(pl.col("symbol").last())
    return (
        newest.select("instrument", *DETAILS)
        .join(current, on="instrument")
        .join(spells, on="instrument")
        .sort("instrument")
    )


def read_spells(warehouse: Warehouse, symbols: Sequence[str]) -> pl.DataFrame:
    """Which instruments had these tickers when: instrument, symbol, first_session, last_session, by time."""
    return warehouse.query(
        "SELECT instrument, symbol, first_session, last_session FROM instruments FINAL "
        "WHERE symbol IN {symbols:Array(String)} ORDER BY symbol, first_session, instrument",
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
    before = _newest(_rows(warehouse, [instrument]))[instrument]
    ended = before | {"last_session": first - timedelta(days=1)}
    begun = before | {"symbol": symbol, "first_session": first, "last_session": None, "evidence": evidence}
    write_rows(warehouse, [ended], source=source, known_at=known_at)
    write_rows(warehouse, [begun], source=source, known_at=known_at + timedelta(microseconds=1))


def succeed(
    warehouse: Warehouse, symbol: str, *, first: date, last: date, evidence: str, source: str, known_at: datetime
) -> str:
    """Give the ticker `symbol` to another company from `first` on; the one that had it until `last` keeps its id.

    Returns the new company's id.
    """
    old = _newest(_rows(warehouse, [resolve(warehouse, [symbol])[symbol]]))
    ended = [row | {"last_session": last} for row in old.values() if row["symbol"] == symbol]
    instrument = next_id(warehouse, symbol)
    founded = _founded(instrument) | {"symbol": symbol, "first_session": first, "evidence": evidence}
    write_rows(warehouse, [*ended, founded], source=source, known_at=known_at)
    return instrument


def set_delisted(
    warehouse: Warehouse, instrument: str, day: date | None, *, evidence: str, source: str, known_at: datetime
) -> None:
    """Record that `day` was the last session of the instrument, or with None that it is traded after all."""
    for row in _newest(_rows(warehouse, [instrument])).values():
        write_rows(warehouse, [row | {"delisted": day, "evidence": evidence}], source=source, known_at=known_at)


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


def write_rows(warehouse: Warehouse, rows: Sequence[Mapping[str, Any]], *, source: str, known_at: datetime) -> None:
    """Append rows of the table as `read_rows` has them; one that was known later than `known_at` is still replaced."""
    if not rows:
        return
    later = [
        row | {"source": source, "updated_at": max(known_at, row["updated_at"] + timedelta(microseconds=1))}
        if row.get("updated_at")
        else row | {"source": source, "updated_at": known_at}
        for row in map(dict, rows)
    ]
    warehouse.insert("instruments", pl.DataFrame(later, schema=_TYPES))


def _rows(warehouse: Warehouse, instruments: Sequence[str] | None) -> pl.DataFrame:
    """Spells of these instruments, the row that was written last at the end."""
    return warehouse.query(
        _ROWS + "WHERE {every:Bool} OR instrument IN {instruments:Array(String)}" + _ORDER,
        every=instruments is None,
        instruments=list(instruments or ()),
    )


def _newest(rows: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return by instrument its current spell with the details of the row that was written last."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows.iter_rows(named=True):  # by time of writing
        before = found.get(row["instrument"], row)
        current = max(before, row, key=lambda spell: spell["first_session"])
        spell = {name: current[name] for name in _SPELL}
        found[row["instrument"]] = row | spell
    return found


def _founded(instrument: str) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(TEXTS, "") | dict.fromkeys((*NUMBERS, *DAYS))
    symbol = instrument.partition("~")[0]
    spell = {"symbol": symbol, "first_session": SINCE_EVER, "last_session": None}
    return {"instrument": instrument, **spell, **empty, "updated_at": None}


def _succeeded(
    warehouse: Warehouse, before: dict[str, Any], news: dict[str, Any], known_at: datetime
) -> list[dict[str, Any]]:
    """Rows of a company with another CIK that took over the ticker, and of the end of the one before."""
    first = known_at.date()
    ended = before | {"last_session": first - timedelta(days=1)}
    evidence = f"CIK {news['cik']} where {before['instrument']} has {before['cik']}"
    founded = _founded(next_id(warehouse, before["symbol"])) | {"symbol": before["symbol"], "first_session": first}
    return [ended, founded | {"evidence": evidence} | news]
