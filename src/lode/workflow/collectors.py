"""The collectors behind one call each: what they collect, parse again, and need before they can begin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from lode.collect.checks import run_checks
from lode.collect.fama_french import collect_fama_french, reparse_fama_french
from lode.collect.market import collect_market, reparse_market
from lode.collect.news import collect_news, reparse_news
from lode.collect.plugins import Opening, collect_own, reparse_own
from lode.collect.report import Report
from lode.collect.sec.client import contact
from lode.collect.sec.filings import collect_filings, reparse_filings
from lode.collect.universe import resolve_universe, symbols_between
from lode.errors import UsageError
from lode.settings import Settings
from lode.warehouse import stop
from lode.warehouse.stores.bars import list_sources
from lode.workflow.context import Context, open_context

MARKET_START = date(2010, 1, 1)
_LIVE = timedelta(days=10)
_DOCUMENTS = timedelta(days=3 * 366)  # whose texts a first collection measures; facts are of all time


@dataclass(frozen=True)
class Range:
    """Days to collect, both included; None: the collector's own beginning, and the present."""

    since: date | None = None
    until: date | None = None


def _market(symbols: Sequence[str], days: Range, context: Context, source: str = "yahoo") -> Report:
    return collect_market(
        symbols,
        source=source,
        since=days.since or MARKET_START,
        until=days.until,
        settings=context.settings,
        warehouse=context.warehouse,
        lake=context.lake,
        now=context.clock,
    )


def _filings(symbols: Sequence[str], days: Range, context: Context) -> Report:
    return collect_filings(
        symbols,
        since=days.since or context.clock().date() - _DOCUMENTS,
        until=days.until,
        settings=context.settings,
        warehouse=context.warehouse,
        lake=context.lake,
        now=context.clock,
    )


def _news(symbols: Sequence[str], days: Range, context: Context) -> Report:
    return collect_news(
        symbols,
        since=days.since,
        until=days.until,
        settings=context.settings,
        warehouse=context.warehouse,
        lake=context.lake,
        now=context.clock,
    )


COLLECTORS: Mapping[str, Callable[[Sequence[str], Range, Context], Report]] = {
    "market": _market,
    "filings": _filings,
    "news": _news,
    "yfinance": lambda symbols, days, context: _market(symbols, days, context, "yfinance"),
}
REPARSERS: Mapping[str, Callable[[Context], Report]] = {
    "market": lambda c: reparse_market(warehouse=c.warehouse, lake=c.lake, now=c.clock),
    "yfinance": lambda c: reparse_market(source="yfinance", warehouse=c.warehouse, lake=c.lake, now=c.clock),
    "filings": lambda c: reparse_filings(settings=c.settings, warehouse=c.warehouse, lake=c.lake),
    "news": lambda c: reparse_news(settings=c.settings, warehouse=c.warehouse, lake=c.lake),
    "factors": lambda c: reparse_fama_french(warehouse=c.warehouse, lake=c.lake),
}


def collect_from(
    collector: str,
    symbols: Sequence[str],
    context: Context,
    *,
    since: date | None = None,
    until: date | None = None,
) -> Report:
    """Collect symbols with one of COLLECTORS; without `since` each begins where it makes sense."""
    return _named(collector)(symbols, Range(since, until), context)


def collect_universe(
    collectors: Sequence[str],
    universe: str,
    settings: Settings,
    *,
    since: date | None = None,
    until: date | None = None,
) -> dict[str, Report]:
    """Collect a universe with each collector, and check the bars that came; of an index everybody since then.

    What is not ready to run is said before anything is asked.
    """
    for name in collectors:
        require_ready(name, settings)
    with open_context(settings) as context:
        wanted = symbols_between(universe, since or MARKET_START, until)
        today = resolve_universe(universe)
        reports = {
            name: collect_from(name, today if name == "news" else wanted, context, since=since, until=until)
            for name in collectors
        }
        for name, report in reports.items():
            if name in {"market", "yfinance"} and report.rows:
                run_checks(context.warehouse, source=report.source, at=context.clock())
    return reports


def try_live(collectors: Sequence[str], universe: str, settings: Settings) -> dict[str, Report]:
    """Collect the last days of a universe's first symbol from the real sites into a home that is thrown away."""
    for name in collectors:
        require_ready(name, settings)
    symbol = resolve_universe(universe)[:1]
    with TemporaryDirectory(prefix="lode-live-") as folder:
        own = settings.model_copy(
            update={"home": Path(folder), "warehouse_url": None, "warehouse_secret": None, "lake_url": None}
        )
        try:
            with open_context(own) as context:
                since = context.clock().date() - _LIVE
                return {name: collect_from(name, symbol, context, since=since) for name in collectors}
        finally:
            stop(own)


def collect_registered(
    name: str, universe: str | None, context: Context, *, since: date | None = None, until: date | None = None
) -> Report:
    """Collect a universe from a source of another package; without a universe read the lake's answers of it again."""
    opening = Opening(
        context.settings, context.warehouse, context.lake, context.clock, since, until, fetching=universe is not None
    )
    if universe is None:
        report = reparse_own(name, opening)
    else:
        report = collect_own(name, symbols_between(universe, since or MARKET_START, until), opening)
    if report.rows and name in list_sources(context.warehouse):
        run_checks(context.warehouse, source=name, at=context.clock())
    return report


def collect_factors(context: Context) -> Report:
    """Fetch the Fama/French factors from their library."""
    return collect_fama_french(
        settings=context.settings, warehouse=context.warehouse, lake=context.lake, now=context.clock
    )


def reparse_from(collector: str, context: Context) -> Report:
    """Parse everything that a collector ever fetched again, from the lake; nothing is fetched."""
    if collector not in REPARSERS:
        raise UsageError(f"collector {collector!r}: allowed are {', '.join(REPARSERS)}")
    return REPARSERS[collector](context)


def require_ready(collector: str, settings: Settings) -> None:
    """Raise what would stop a collector before its first request: a missing contact, a missing key."""
    _named(collector)
    if collector == "filings":
        contact(settings)


def _named(collector: str) -> Callable[[Sequence[str], Range, Context], Report]:
    if collector not in COLLECTORS:
        raise UsageError(f"collector {collector!r}: allowed are {', '.join(COLLECTORS)}")
    return COLLECTORS[collector]
