"""What is missing: sessions inside of a symbol's range, and when a symbol is called delisted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl

from lode.calendar import sessions
from lode.collect.exchanges import ASSUMED, exchanges_of
from lode.warehouse import Warehouse
from lode.warehouse.stores.collections import read_collections
from lode.warehouse.stores.findings import VALUES, read_findings, record_findings
from lode.warehouse.stores.instruments import read_instruments, resolve, set_delisted

MISSING = "missing session"
EVIDENCE_DAYS = 3
QUIET_SESSIONS = 10
_SAYS_SO = ("may be delisted", "Data doesn't exist")


def missing_sessions(warehouse: Warehouse, *, source: str, exchanges: Mapping[str, str]) -> pl.DataFrame:
    """Sessions of an instrument's exchange between its first and last bar that have none: instrument, session.

    exchanges: by instrument.
    """
    ranges = warehouse.query(
        "SELECT instrument, min(session) AS first, max(session) AS last, uniqExact(session) AS count FROM bars "
        "WHERE source = {source:String} AND instrument IN {instruments:Array(String)} GROUP BY instrument",
        source=source,
        instruments=list(exchanges),
    )
    found = [pl.DataFrame(schema={"instrument": pl.String, "session": pl.Date})]
    for name, first, last, count in ranges.iter_rows():
        expected = sessions(exchanges[name], first, last)
        if count < len(expected):
            absent = np.setdiff1d(expected, _sessions_of(warehouse, source, name))
            found.append(pl.DataFrame({"instrument": [name] * len(absent), "session": absent.astype("datetime64[D]")}))
    return pl.concat([frame.cast({"session": pl.Date}) for frame in found]).sort("instrument", "session")


def record_missing(
    warehouse: Warehouse, missing: pl.DataFrame, *, source: str, instruments: Sequence[str], at: datetime
) -> None:
    """Record missing sessions of these instruments as findings; those that came meanwhile are resolved."""
    detail = pl.lit("the exchange held this session, and the source has no bar that could be kept")
    _record(warehouse, MISSING, missing.with_columns(detail.alias("detail")), source, instruments, at)


def record_assumed(
    warehouse: Warehouse, assumed: Mapping[str, str], *, source: str, instruments: Sequence[str], at: datetime
) -> None:
    """Record which of these instruments are held against assumed sessions: {instrument: why}."""
    rows = pl.DataFrame(list(assumed.items()), schema={"instrument": pl.String, "detail": pl.String}, orient="row")
    first = _first_bars(warehouse, source, list(assumed))
    day = pl.col("instrument").replace_strict(first, default=None, return_dtype=pl.Date)
    _record(warehouse, ASSUMED, rows.with_columns(day.alias("session")), source, instruments, at)


def _record(
    warehouse: Warehouse, rule: str, rows: pl.DataFrame, source: str, instruments: Sequence[str], at: datetime
) -> None:
    """Record a rule's findings (instrument, session, detail) of these instruments; those of others stay."""
    others = read_findings(warehouse, source=source).filter(
        (pl.col("rule") == rule) & ~pl.col("instrument").is_in(list(instruments))
    )
    came = rows.with_columns(pl.lit(rule).alias("rule"), pl.lit("warning").alias("severity"))
    both = pl.concat([came.select(VALUES), others.select(VALUES)])
    record_findings(warehouse, both, source=source, rules=[rule], at=at)


@dataclass(frozen=True)
class Delisting:
    """A symbol that is called delisted: its last session, and on what evidence."""

    symbol: str
    last: date
    evidence: str


def judge_delisted(warehouse: Warehouse, *, source: str, symbols: Sequence[str], at: datetime) -> list[Delisting]:
    """Call those of `symbols` (which just failed) delisted for which there is enough evidence, and record it.

    The rule: the source has said that it has no data ("may be delisted", "Data doesn't exist") on three different days
    or more, has answered nothing else in between (a throttle or an outage is no evidence, for or against), and the
    last bar lies ten sessions or more of its exchange before the first of those days. Never one failure; never a symbol
    without a bar.
    """
    ids = resolve(warehouse, symbols)
    exchanges = exchanges_of(warehouse, source, list(ids.values()))
    last = _last_bars(warehouse, source, list(ids.values()))
    outcomes = read_collections(warehouse, source=source, subjects=symbols)
    found = []
    for symbol in symbols:
        days = _days_of_evidence(outcomes.filter(pl.col("subject") == symbol))
        ended = last.get(ids[symbol])
        if ended is None or len(days) < EVIDENCE_DAYS:
            continue
        if len(sessions(exchanges[ids[symbol]], ended, days[0])) <= QUIET_SESSIONS:
            continue
        evidence = f"{source} had no data of {symbol} on {len(days)} days, {days[0]} to {days[-1]}; last bar {ended}"
        set_delisted(warehouse, ids[symbol], ended, evidence=evidence, source=source, known_at=at)
        found.append(Delisting(symbol, ended, evidence))
    return found


def revive(warehouse: Warehouse, *, source: str, symbols: Sequence[str], at: datetime) -> list[str]:
    """Take back that instruments are delisted which have later bars; returns their ids."""
    ids = sorted(set(resolve(warehouse, symbols).values()))
    known = read_instruments(warehouse, ids).filter(pl.col("delisted").is_not_null())
    if known.is_empty():
        return []
    last = _last_bars(warehouse, source, known["instrument"].to_list())
    back = [name for name, day in known.select("instrument", "delisted").iter_rows() if last.get(name, day) > day]
    for name in back:
        set_delisted(warehouse, name, None, evidence=f"{source} has bars again", source=source, known_at=at)
    return back


def _days_of_evidence(outcomes: pl.DataFrame) -> list[date]:
    """Different days, since the last answer with data, on which the source said that it has none."""
    days: list[date] = []
    for outcome, message, at in outcomes.select("outcome", "message", "collected_at").iter_rows():
        if outcome != "failed":
            days = []
        elif any(text in message for text in _SAYS_SO) and at.date() not in days:
            days.append(at.date())
    return days


def _last_bars(warehouse: Warehouse, source: str, instruments: Sequence[str]) -> Mapping[str, date]:
    return {name: last for name, _, last in _reach(warehouse, source, instruments).iter_rows()}


def _first_bars(warehouse: Warehouse, source: str, instruments: Sequence[str]) -> Mapping[str, date]:
    return {name: first for name, first, _ in _reach(warehouse, source, instruments).iter_rows()}


def _reach(warehouse: Warehouse, source: str, instruments: Sequence[str]) -> pl.DataFrame:
    return warehouse.query(
        "SELECT instrument, min(session) AS first, max(session) AS last FROM bars WHERE source = {source:String} "
        "AND instrument IN {instruments:Array(String)} GROUP BY instrument",
        source=source,
        instruments=list(instruments),
    )


def _sessions_of(warehouse: Warehouse, source: str, instrument: str) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    found = warehouse.query(
        "SELECT DISTINCT session FROM bars WHERE source = {source:String} AND instrument = {instrument:String}",
        source=source,
        instrument=instrument,
    )
    return found["session"].to_numpy().astype("datetime64[D]")
