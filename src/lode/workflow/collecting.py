"""The steps `validate` and `collect`: what is asked is checked, and its rows are brought into the warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lode.collect.membership import top_number, universe_members
from lode.collect.own_files import ImportReport, import_bars
from lode.collect.own_imports import may_name_a_source
from lode.collect.sample import import_sample
from lode.collect.universe import resolve_universe
from lode.collect.yahoo import probe
from lode.errors import NotFoundError, UsageError
from lode.evaluation.pool import require_method
from lode.log import get_logger
from lode.search import SEARCHERS
from lode.warehouse.stores.bars import list_instruments, list_sources
from lode.workflow.context import Context, Event
from lode.workflow.freezing import Selection
from lode.workflow.gathering import batches, gather, gather_here
from lode.workflow.holders import holders
from lode.workflow.language_model.terms import terms_of
from lode.workflow.options import MiningOptions

SAMPLE, YAHOO, AUTO = "sample", "yahoo", "auto"
SAMPLE_LABEL = "bundled sample: 20 S&P 500 stocks, adjusted closes 1990 to 2022"
_ALLOWED = "allowed are auto, yahoo, sample, a .csv or .parquet file, or a source that was imported or collected"
_SUFFIXES = {".csv", ".parquet"}


def validate(event: Event, context: Context) -> Event:
    """Check a request and decide its source: {source, universe, start, end, options} or {snapshot, options}.

    Raises UsageError for what is not allowed, NotFoundError for a file or source that is not there.
    """
    options = MiningOptions.from_dict(event.get("options") or {})
    if options.searcher not in SEARCHERS:
        msg = f"--searcher {options.searcher!r}: allowed are {', '.join(sorted(SEARCHERS))}"
        raise UsageError(msg)
    terms_of(options, context.settings, context.clock().date())
    require_method(options.pool)
    checked = event | {"options": options.to_dict()}
    if event.get("snapshot"):
        return checked
    days_of(event)
    checked |= _source(event, context)
    outside = checked["source"] == YAHOO and not (checked.get("kept") or checked.get("path"))
    return checked | {"batches": batches(checked, context)} if outside else checked


def days_of(event: Mapping[str, Any]) -> tuple[date | None, date | None]:
    """Read a request's bounds, None where they are open; UsageError for no dates, or an end before its start."""
    start, end = (_day(f"--{name}", event.get(name)) for name in ("start", "end"))
    if start and end and start > end:
        raise UsageError(f"--start {start} is after --end {end}")
    return start, end


def collect(event: Event, context: Context) -> Event:
    """Bring the source's rows into the warehouse: {source, universe, …} → {…, selection, rows, warnings}.

    What a state machine's collectors brought already (`collected`) is judged instead of being collected.
    """
    if event.get("snapshot"):
        return event
    return _selected(_brought(event, context), context)


def import_file(
    path: Path,
    context: Context,
    *,
    source: str | None = None,
    adjusted: bool = False,
    known_at: datetime | None = None,
    repairs: Sequence[str] = (),
) -> ImportReport:
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
        known_at=known_at,
        repairs=repairs,
    )


def _brought(event: Event, context: Context) -> Event:
    """Bring the rows of the event's source in: {…} → {…, rows}. A stored source has its rows already."""
    if event.get("batches"):
        return gather(event, context) if "collected" in event else gather_here(event, context)
    rows = 0
    if event.get("path"):
        rows = import_file(Path(event["path"]), context, source=event["source"]).kept
    elif event["source"] == SAMPLE:
        rows = import_sample(warehouse=context.warehouse, lake=context.lake, now=context.clock()).kept
    return event | {"rows": rows}


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


def _selected(event: Event, context: Context) -> Event:
    """Add the rows that make the panel."""
    universe = event["universe"]
    instruments, notes = _instruments(event, context)
    for note in notes:
        get_logger("run").warning(note)
    selection = Selection(
        source=event["source"],
        universe=universe,
        instruments=instruments,
        start=_day("--start", event.get("start")),
        end=_day("--end", event.get("end")),
        label=SAMPLE_LABEL if event["source"] == SAMPLE else "",
    )
    warnings = [*event.get("warnings", ()), *notes]
    return event | {"selection": selection.to_event()} | ({"warnings": warnings} if warnings else {})


def _instruments(event: Event, context: Context) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Names of the panel, None for all of the source, and what a person should know of them.

    Of an index they are the members over the years, where it has bars; of tickers who had them when the range ends.
    """
    universe, source = event["universe"], event["source"]
    if universe == source or top_number(universe):
        return None, ()
    there = list_instruments(context.warehouse, source=source)
    start, end = (_day(f"--{name}", event.get(name)) for name in ("start", "end"))
    spells = universe_members(
        context.warehouse,
        universe,
        start=start or min(there["first_session"], default=None),
        end=end or max(there["last_session"], default=None),
    )
    if spells is None:
        chosen = holders(context.warehouse, source, resolve_universe(universe), start=start, end=end)
        return chosen.instruments, chosen.notes
    wanted = set(spells["instrument"])
    found = sorted(wanted & set(there["instrument"]))
    if not found:
        msg = f"source {source!r} has bars of none of the {len(wanted)} members of {universe}; collect or import them"
        raise NotFoundError(msg)
    return tuple(found), ()


def _day(name: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        msg = f"{name} {text!r}: an ISO date is allowed, for example 2015-01-31"
        raise UsageError(msg) from None
