"""`lode collect market`: daily bars, splits, dividends and capital gains of many symbols.

Of each symbol: fetch, keep the raw answer in the lake, parse, decide whose it is, check, compare with what is known,
append, and only then move its watermark (ingest.py). Then the whole is held against the calendar of each instrument's
exchange (exchanges.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime

import polars as pl

from lode.calendar import last_closed_session
from lode.collect.chart import Chart, parse_chart
from lode.collect.completeness import judge_delisted, missing_sessions, record_assumed, record_missing, revive
from lode.collect.daily import Client, DailyBars, Wanted, as_date
from lode.collect.exchanges import assumed_exchanges, exchanges_of, known_exchanges
from lode.collect.http import RawRecord
from lode.collect.ingest import ingest
from lode.collect.reparse import reparse
from lode.collect.report import Report
from lode.collect.yahoo import SOURCE, ChartClient
from lode.collect.yfinance_client import SOURCE as YFINANCE
from lode.collect.yfinance_client import YfinanceClient, parse_frame
from lode.errors import DataError, UsageError
from lode.lake import Lake
from lode.settings import Settings
from lode.warehouse import Warehouse
from lode.warehouse.stores.imports import read_watermarks
from lode.warehouse.stores.instruments import resolve


@dataclass
class MarketReport(Report):
    """What a collection of the market did, see Report.

    symbols: how many were asked for. missing: sessions of a symbol's exchange without a bar, by symbol that has any,
    inside of its range. delisted: last session by symbol that is delisted, on evidence; no failure is counted for them.
    """

    symbols: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    delisted: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """A place that answers charts: how to open a client of it, and how to read its answers."""

    open: Callable[[Settings, Callable[[], datetime]], AbstractContextManager[Client]]
    parse: Callable[[RawRecord], Chart]


PLACES: Mapping[str, Place] = {
    SOURCE: Place(lambda settings, clock: ChartClient(settings, clock=clock), parse_chart),
    YFINANCE: Place(lambda settings, clock: YfinanceClient(settings, clock=clock), parse_frame),
}


def collect_market(
    symbols: Sequence[str],
    *,
    since: date,
    until: date | None = None,
    settings: Settings,
    warehouse: Warehouse,
    lake: Lake,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    source: str = SOURCE,
) -> MarketReport:
    """Collect the sessions from `since` to `until` (default: the last closed one of each exchange), both included.

    What is collected already is fetched again for the last ten sessions only; what changed there is a new version,
    known from this collection. source: one of PLACES. Raises UsageError for a range without a session and for a source
    that is none of them; a symbol's failure is in the report.
    """
    place = _place(source)
    exchanges = _open_exchanges(known_exchanges(warehouse, source, symbols), now())
    last = _last_day(symbols, exchanges, until, now())
    if since > last:
        raise UsageError(f"--since {since} is after the last session to collect, {last}")
    with place.open(settings, now) as client:
        bars = DailyBars(
            source,
            client=client,
            parse=place.parse,
            warehouse=warehouse,
            wanted=Wanted(symbols, since, until, exchanges),
        )
        report = _market_report(
            ingest(
                bars,
                symbols,
                warehouse=warehouse,
                lake=lake,
                now=now,
                concurrency=settings.yahoo_concurrency,
                label="collect market",
            )
        )
    exchanges = _open_exchanges(known_exchanges(warehouse, source, symbols), now())
    report.first, report.last = since, _last_day(list(exchanges), exchanges, until, now())
    _complete(report, symbols, warehouse, now())
    return report


def reparse_market(
    *,
    warehouse: Warehouse,
    lake: Lake,
    symbols: Sequence[str] | None = None,
    source: str = SOURCE,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> MarketReport:
    """Parse and store every chart in the lake again, oldest collection first; nothing is fetched."""
    bars = DailyBars(
        source,
        client=None,
        parse=_place(source).parse,
        warehouse=warehouse,
        wanted=Wanted((), date.max),
        as_known=True,
    )
    report = _market_report(reparse(bars, subjects=symbols, warehouse=warehouse, lake=lake))
    marks = read_watermarks(warehouse, source=source)
    _complete(report, [s for s in marks if symbols is None or s in symbols], warehouse, now())
    return report


def _place(source: str) -> Place:
    if source not in PLACES:
        raise UsageError(f"no place {source!r} to collect the market from; allowed are {', '.join(PLACES)}")
    return PLACES[source]


def _market_report(report: Report) -> MarketReport:
    same = {item.name: getattr(report, item.name) for item in fields(report)}
    return MarketReport(**same, symbols=report.subjects)


def _open_exchanges(exchanges: Mapping[str, str], at: datetime) -> dict[str, str]:
    """Leave out symbols whose calendar does not reach the present: they say so themselves when their answer comes.

    The calendars are made here, before several threads want them.
    """
    usable = set()
    for exchange in set(exchanges.values()):
        with suppress(DataError):
            last_closed_session(exchange, at)
            usable.add(exchange)
    return {symbol: exchange for symbol, exchange in exchanges.items() if exchange in usable}


def _last_day(symbols: Sequence[str], exchanges: Mapping[str, str], until: date | None, at: datetime) -> date:
    """Return the last session that could be collected: of the exchanges, or the day itself where one is not known."""
    closed = at.astimezone(UTC).date()
    if exchanges and all(symbol in exchanges for symbol in symbols):
        closed = max(as_date(last_closed_session(exchange, at)) for exchange in set(exchanges.values()))
    return min(until, closed) if until else closed


def _complete(report: MarketReport, symbols: Sequence[str], warehouse: Warehouse, at: datetime) -> None:
    """Hold what is stored against its exchanges; judge whether symbols that failed are delisted."""
    came = [symbol for symbol in dict.fromkeys(symbols) if symbol not in report.failed]
    ids = resolve(warehouse, came)
    names = sorted(set(ids.values()))
    exchanges = exchanges_of(warehouse, report.source, names)
    missing = missing_sessions(warehouse, source=report.source, exchanges=exchanges)
    record_missing(warehouse, missing, source=report.source, instruments=names, at=at)
    assumed = assumed_exchanges(warehouse, names)
    record_assumed(warehouse, assumed, source=report.source, instruments=names, at=at)
    report.notes += [f"{name}: {why}" for name, why in assumed.items()]
    counts = dict(missing.group_by("instrument").agg(pl.len()).iter_rows())
    report.missing = {symbol: counts[name] for symbol, name in ids.items() if name in counts}
    revive(warehouse, source=report.source, symbols=came, at=at)
    for gone in judge_delisted(warehouse, source=report.source, symbols=sorted(report.failed), at=at):
        report.delisted[gone.symbol] = gone.last
        report.failed.pop(gone.symbol)
        report.notes.append(gone.evidence)
