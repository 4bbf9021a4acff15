"""The steps `validate` and `collect`: what is asked is checked, and its rows are brought into the warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from lode.collect.market import MarketReport, collect_market
from lode.collect.membership import INDICES, members_on, top_number, universe_members
from lode.collect.own_files import ImportReport, import_bars, may_name_a_source
from lode.collect.sample import import_sample
from lode.collect.universe import resolve_universe, symbols_between
from lode.collect.yahoo import probe
from lode.errors import CollectError, NotFoundError, UsageError
from lode.log import get_logger
from lode.search import SEARCHERS
from lode.warehouse.stores.bars import list_instruments, list_sources
from lode.workflow.context import Context, Event
from lode.workflow.freezing import Selection
from lode.workflow.options import MiningOptions

SAMPLE, YAHOO, AUTO = "sample", "yahoo", "auto"
SAMPLE_LABEL = "bundled sample: 20 S&P 500 stocks, adjusted closes 1990 to 2022"
_ALLOWED = "allowed are auto, yahoo, sample, a .csv or .parquet file, or a source that was imported or collected"
_SUFFIXES = {".csv", ".parquet"}
MARKET_START = date(2010, 1, 1)


def validate(event: Event, context: Context) -> Event:
    """Check a request and decide its source: {source, universe, start, end, options} or {snapshot, options}.

    Raises UsageError for what is not allowed, NotFoundError for a file or source that is not there.
    """
    options = MiningOptions.from_dict(event.get("options") or {})
    if options.searcher not in SEARCHERS:
        msg = f"--searcher {options.searcher!r}: allowed are {', '.join(sorted(SEARCHERS))}"
        raise UsageError(msg)
    checked = event | {"options": options.to_dict()}
    if event.get("snapshot"):
        return checked
    days = {name: _day(f"--{name}", event.get(name)) for name in ("start", "end")}
    if days["start"] and days["end"] and days["start"] > days["end"]:
        msg = f"--start {days['start']} is after --end {days['end']}"
        raise UsageError(msg)
    return checked | _source(event, context)


def collect(event: Event, context: Context) -> Event:
    """Bring the source's rows into the warehouse: {source, universe, …} → {…, selection, rows}."""
    if event.get("snapshot"):
        return event
    return _selected(event, _brought(event, context), context)


def import_file(path: Path, context: Context, *, source: str | None = None, adjusted: bool = False) -> ImportReport:
    """Import a file of bars; its name without the ending is the source's where none is given."""
    name = source or path.stem
    if name == path.stem and not may_name_a_source(name):
        msg = (
            f"{path}: its source would be called {name!r}, which no source may be; rename the file, or "
            f"import it with `lode import bars {path} --source NAME` and name that source"
        )
        raise UsageError(msg)
    return import_bars(
        path,
        source=name,
        adjusted=adjusted,
        warehouse=context.warehouse,
        lake=context.lake,
        now=context.clock(),
    )


def collect_symbols(
    universe: str, context: Context, *, since: date | None = None, until: date | None = None
) -> MarketReport:
    """Collect the market of a universe from Yahoo: of an index everybody who was a member since then."""
    return collect_market(
        symbols_between(universe, since or MARKET_START, until),
        since=since or MARKET_START,
        until=until,
        settings=context.settings,
        warehouse=context.warehouse,
        lake=context.lake,
        now=context.clock,
    )


def _brought(event: Event, context: Context) -> int:
    """Bring the rows of the event's source in; return how many there were. A stored source has its rows already."""
    if event.get("kept"):
        return 0
    if event.get("path"):
        return import_file(Path(event["path"]), context, source=event["source"]).kept
    if event["source"] == SAMPLE:
        return import_sample(warehouse=context.warehouse, lake=context.lake, now=context.clock()).kept
    if event["source"] == YAHOO:
        return _collected(event, context)
    return 0


def _source(event: Event, context: Context) -> Event:
    """Resolve the source: `auto` is Yahoo where it answers a probe, else the sample, and says which."""
    named = event.get("source") or AUTO
    free = not (event.get("universe") or event.get("start") or event.get("end") or event.get("stored"))
    if named == AUTO and free:
        return _automatic(context)
    if event.get("stored"):
        return _stored(named, event, context)
    if named in {AUTO, YAHOO}:
        return {"source": YAHOO, "universe": event.get("universe") or "dow30"}
    if named == SAMPLE:
        return {"source": SAMPLE, "universe": event.get("universe") or SAMPLE}
    path = Path(named)
    if path.suffix.lower() in _SUFFIXES:
        if not path.is_file():
            msg = f"--source {named}: no such file; {_ALLOWED}"
            raise NotFoundError(msg)
        return {"source": path.stem, "path": str(path.absolute()), "universe": event.get("universe") or path.stem}
    return _stored(named, event, context)


def _stored(named: str, event: Event, context: Context) -> Event:
    """Take a source that is in the warehouse; without a name the only one there is."""
    known = list_sources(context.warehouse)
    if named == AUTO and event.get("stored"):
        named = _only(known)
    if named not in known:
        there = f"in the warehouse: {', '.join(known)}" if known else "the warehouse has none yet"
        msg = f"--source {named!r}: {_ALLOWED} ({there})"
        raise UsageError(msg)
    universe = event.get("universe") or named
    return {"source": named, "universe": universe, "kept": True}


def _only(known: Sequence[str]) -> str:
    if not known:
        msg = "the warehouse has no bars yet; `lode import bars` or `lode collect market` brings some"
        raise NotFoundError(msg)
    if len(known) > 1:
        msg = f"the warehouse has several sources: choose one of them with --source: {', '.join(known)}"
        raise UsageError(msg)
    return known[0]


def _automatic(context: Context) -> Event:
    if probe(context.settings):
        get_logger("run").info("source: the Dow 30 from Yahoo")
        return {"source": YAHOO, "universe": "dow30"}
    get_logger("run").info("source: the bundled sample, since Yahoo does not answer", data=SAMPLE_LABEL)
    return {"source": SAMPLE, "universe": SAMPLE}


def _collected(event: Event, context: Context) -> int:
    """Collect the market; a partial answer is a failure that lists what is missing."""
    report = collect_symbols(event["universe"], context, since=_day("--start", event.get("start")))
    missing = report.failed | {s: f"no session after {day}" for s, day in report.behind.items() if not event.get("end")}
    missing = _of_today(event["universe"], missing)
    if missing:
        listed = "; ".join(f"{symbol}: {reason}" for symbol, reason in sorted(missing.items()))
        msg = f"{len(missing)} of {report.symbols} symbols are missing: {listed}. The same command goes on with them."
        raise CollectError(msg)
    return report.rows


def _of_today(universe: str, missing: dict[str, str]) -> dict[str, str]:
    """Leave out an index's former members, of whose bars a source may have none any more; they are counted aloud."""
    if universe.strip().lower() not in INDICES:
        return missing
    today = set(members_on(universe, datetime.now(UTC).date()))
    former = sorted(set(missing) - today)
    if former:
        get_logger("run").warning(
            f"{len(former)} former members of {universe} are not to be had: the panel lacks them", symbols=former
        )
    return {symbol: reason for symbol, reason in missing.items() if symbol in today}


def _selected(event: Event, rows: int, context: Context) -> Event:
    """Add the rows that make the panel."""
    universe = event["universe"]
    selection = Selection(
        source=event["source"],
        universe=universe,
        instruments=_instruments(event, context),
        start=_day("--start", event.get("start")),
        end=_day("--end", event.get("end")),
        label=SAMPLE_LABEL if event["source"] == SAMPLE else "",
    )
    return event | {"selection": selection.to_event(), "rows": rows}


def _instruments(event: Event, context: Context) -> tuple[str, ...] | None:
    """Names of the panel, None for all of the source; of an index the members over the years, where it has bars."""
    universe, source = event["universe"], event["source"]
    if universe == source or top_number(universe):
        return None
    there = list_instruments(context.warehouse, source=source)
    start, end = (_day(f"--{name}", event.get(name)) for name in ("start", "end"))
    spells = universe_members(
        context.warehouse,
        universe,
        start=start or min(there["first_session"], default=None),
        end=end or max(there["last_session"], default=None),
    )
    if spells is None:
        return tuple(resolve_universe(universe))
    wanted = set(spells["instrument"])
    found = sorted(wanted & set(there["instrument"]))
    if not found:
        msg = f"source {source!r} has bars of none of the {len(wanted)} members of {universe}; collect or import them"
        raise NotFoundError(msg)
    return tuple(found)


def _day(name: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        msg = f"{name} {text!r}: an ISO date is allowed, for example 2015-01-31"
        raise UsageError(msg) from None
