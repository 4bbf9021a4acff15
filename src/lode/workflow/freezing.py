"""The steps `snapshot` and `plan`: a panel is frozen, and what will be done with it is fixed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime

import numpy as np
import polars as pl

from lode.calendar import close_time
from lode.collect.membership import top_number, universe_members
from lode.errors import NotFoundError, UsageError
from lode.log import get_logger
from lode.panel import Panel, build_panel, load_snapshot, rebuild_panel, save_snapshot
from lode.panel.fundamentals.currencies import left_out
from lode.panel.fundamentals.trace import trace
from lode.panel.membership import top_members
from lode.panel.observed import Observations, currencies_of
from lode.warehouse.stores.bars import read_actions, read_bars, read_sectors
from lode.warehouse.stores.snapshots import SnapshotRecord, read_snapshot, record_snapshot
from lode.workflow.context import Context, Event
from lode.workflow.language_model.terms import terms_of, warn_of_look_ahead
from lode.workflow.observing import Models, observe
from lode.workflow.one_market import exchange_of_panel
from lode.workflow.options import MiningOptions, run_id
from lode.workflow.own_formulas import check_formulas
from lode.workflow.own_operators import loaded_operators
from lode.workflow.plan import Plan, splits_of
from lode.workflow.scoring import check_neutralize, searchable_units


@dataclass(frozen=True)
class Selection:
    """Which rows of the warehouse make a panel; bounds are included, None leaves them open."""

    source: str
    universe: str
    instruments: tuple[str, ...] | None = None
    start: date | None = None
    end: date | None = None
    label: str = ""

    def to_event(self) -> Event:
        """Return the selection as JSON holds it."""
        return {
            "source": self.source,
            "universe": self.universe,
            "instruments": None if self.instruments is None else list(self.instruments),
            "start": self.start.isoformat() if self.start else None,
            "end": self.end.isoformat() if self.end else None,
            "label": self.label,
        }

    @classmethod
    def from_event(cls, event: Event) -> Selection:
        """Read a selection from JSON."""
        days = {name: date.fromisoformat(event[name]) if event[name] else None for name in ("start", "end")}
        names = event["instruments"]
        return cls(
            event["source"], event["universe"], None if names is None else tuple(names), label=event["label"], **days
        )


def freeze(context: Context, selection: Selection, as_of: datetime) -> SnapshotRecord:
    """Build the panel of what was known by `as_of`, keep it in the lake and record it.

    Of an index its members over the years are in the panel, of `top:N` everybody who ever was among them. Its sessions
    are those of its names' exchange; names of several exchanges or currencies are a UsageError.
    """
    bars, actions = _rows(context, selection, as_of)
    exchange = exchange_of_panel(context.warehouse, selection.source, bars)
    members = _members(context, selection, bars, as_of, exchange)
    if members is not None:
        bars = bars.filter(pl.col("instrument").is_in(members["instrument"].unique().to_list()))
    names = bars["instrument"].unique().sort().to_list()
    observed, models = observe(context.warehouse, names, as_of=as_of)
    panel = build_panel(
        bars,
        actions,
        as_of=as_of,
        sectors=read_sectors(context.warehouse, names),
        observed=replace(observed, members=members),
        source=selection.source,
        universe=selection.universe,
        exchange=exchange,
        adjusted=bool(bars["adjusted"].any()),
        label=selection.label,
    )
    return keep_panel(context, panel, selection, models, notes=_notes(observed, bars))


def _notes(observed: Observations, bars: pl.DataFrame) -> tuple[str, ...]:
    """What a reader of the panel has to know of rows that are not in it; it is logged as well."""
    if observed.facts is None or not (foreign := left_out(observed.facts, currencies_of(bars))):
        return ()
    get_logger("snapshot").warning(foreign)
    return (foreign,)


def keep_panel(
    context: Context, panel: Panel, selection: Selection, models: Models | None = None, *, notes: tuple[str, ...] = ()
) -> SnapshotRecord:
    """Keep a panel in the lake and record it as a snapshot, with whose tones are in it and notes on what is not."""
    record = SnapshotRecord(
        snapshot=save_snapshot(panel, context.lake),
        source=panel.meta.source,
        universe=panel.meta.universe,
        fields=sorted(panel.fields),
        as_of=panel.meta.as_of,
        first_session=panel.sessions[0].item(),
        last_session=panel.sessions[-1].item(),
        sessions=len(panel.sessions),
        names=len(panel.names),
        coverage=panel.coverage,
        meta=json.dumps(
            {
                "selection": selection.to_event(),
                "panel": panel.meta.to_dict(),
                "models": asdict(models or Models()),
                "groups": sorted(panel.present.difference(panel.fields)),
                "notes": notes,
            },
            sort_keys=True,
        ),
    )
    record_snapshot(context.warehouse, record)
    return record


def snapshot(event: Event, context: Context) -> Event:
    """Freeze the collected rows: {selection, …} → {…, snapshot}. A snapshot that is named already is looked up."""
    if event.get("snapshot"):
        wanted = None if event["snapshot"] == "latest" else event["snapshot"]
        record = read_snapshot(context.warehouse, wanted)
    else:
        record = freeze(context, Selection.from_event(event["selection"]), context.clock())
    return event | {"snapshot": record.snapshot, "rows": record.sessions * record.names}


def plan(event: Event, context: Context) -> Event:
    """Fix the run: {snapshot, options} → {run, snapshot, shards, epochs}.

    Raises UsageError for too few sessions or names.
    """
    options = MiningOptions.from_dict(event["options"])
    record = read_snapshot(context.warehouse, event["snapshot"])
    panel = load_snapshot(record.snapshot, context.lake, context.settings.cache)
    check_neutralize(panel, options)
    check_names(panel, options)
    splits, own = splits_of(len(panel.sessions), options), loaded_operators()
    check_formulas(options, searchable_units(panel), history=splits.train_stop)
    proposer = terms_of(options, context.settings, context.clock().date())
    asked = [] if proposer is None else [str(proposer)]
    fixed = Plan(
        run=run_id(" ".join([record.snapshot, *own, *asked]), options),
        snapshot=record.snapshot,
        source=record.source,
        universe=record.universe,
        options=options,
        sessions=len(panel.sessions),
        vault_sessions=tuple(day.item() for day in panel.sessions[splits.vault.start :]),
        instruments=panel.names,
        label=panel.meta.label,
        warnings=(
            *event.get("warnings", ()),
            *record.details.get("notes", ()),
            *warn_of_look_ahead(proposer, panel.sessions, splits),
        ),
        operators=own,
        proposer=proposer,
    )
    context.keep(fixed.key("plan.json"), fixed.to_event())
    return {"run": fixed.run, "snapshot": fixed.snapshot, "shards": options.shards, "epochs": fixed.epochs}


def check_names(panel: Panel, options: MiningOptions) -> None:
    """Raise UsageError where no session could have enough names for a rank IC."""
    if len(panel.names) < options.min_names:
        msg = (
            f"--min-names {options.min_names}: the panel has {len(panel.names)} names, so that no session could be "
            f"scored; take a larger universe or a smaller --min-names"
        )
        raise UsageError(msg)


def rebuilder(context: Context, snapshot: str, panel: Panel) -> Callable[[np.datetime64], Panel]:
    """Return what rebuilds `panel` from the rows that the warehouse knew by a session's close: for leak checks."""
    details = read_snapshot(context.warehouse, snapshot).details
    selection, models = Selection.from_event(details["selection"]), Models(**details.get("models", {}))
    sectors = read_sectors(context.warehouse, list(panel.names))

    def rebuild(session: np.datetime64) -> Panel:
        close = close_time(panel.meta.exchange, np.array([session]))[0]
        cut = close.astype("datetime64[us]").item().replace(tzinfo=UTC)
        bars, actions = _rows(context, selection, cut)
        observed, _ = observe(context.warehouse, panel.names, as_of=cut, models=models)
        observed = replace(observed, members=_members(context, selection, bars, cut, panel.meta.exchange))
        return rebuild_panel(panel, bars, actions, cut=cut, sectors=sectors, observed=observed)

    return rebuild


def trace_cell(context: Context, snapshot: str, field: str, name: str, session: date) -> pl.DataFrame:
    """Facts in one value of a snapshot's fundamental field, each with its filing; see `lode.panel.fundamentals.trace`.

    Raises NotFoundError for a name or session that the snapshot does not have, UsageError for a field without facts.
    """
    record = read_snapshot(context.warehouse, snapshot)
    panel = load_snapshot(record.snapshot, context.lake, context.settings.cache)
    selection = Selection.from_event(record.details["selection"])
    bars, actions = _rows(context, replace(selection, instruments=(name,)), panel.meta.as_of)
    observed, _ = observe(context.warehouse, [name], as_of=panel.meta.as_of)
    return trace(panel, field, name, session, facts=observed.facts, actions=actions, currencies=currencies_of(bars))


def _members(
    context: Context, selection: Selection, bars: pl.DataFrame, as_of: datetime, exchange: str
) -> pl.DataFrame | None:
    """Spells of the universe, None where everybody belongs to it throughout."""
    top = top_number(selection.universe)
    if top:
        return top_members(bars, top, as_of=as_of, exchange=exchange)
    if selection.universe == selection.source:
        return None
    return universe_members(context.warehouse, selection.universe, start=selection.start, end=selection.end)


def _rows(context: Context, selection: Selection, as_of: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    source, instruments = selection.source, selection.instruments
    bars = read_bars(
        context.warehouse,
        source=source,
        instruments=instruments,
        start=selection.start,
        end=selection.end,
        as_of=as_of,
    )
    if bars.is_empty():
        span = f" from {selection.start or 'the first'} to {selection.end or 'the last session'}"
        msg = (
            f"no bars of source {selection.source!r} and universe {selection.universe!r}{span} known by "
            f"{as_of.isoformat()}; `lode import bars` or `lode collect market` brings some"
        )
        raise NotFoundError(msg)
    return bars, read_actions(context.warehouse, source=source, instruments=instruments, as_of=as_of)
