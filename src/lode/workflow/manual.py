"""Tries by hand: a formula's evidence sheet or values on a snapshot. Every try is a trial in the ledger."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from lode.errors import EvidenceError, NotFoundError, UsageError
from lode.evaluation import Bench, References, Sheet, SheetOptions, evidence_at
from lode.evaluation.comparing import compared
from lode.evidence.leaks import LeakCheck, Subject, overall
from lode.language import Expr, parse
from lode.library import Definition
from lode.log import get_logger
from lode.panel import Panel, load_snapshot
from lode.warehouse.stores.factors import read_factor
from lode.warehouse.stores.ledger import Trial, record_trials, trials_frame
from lode.warehouse.stores.runs import RunRecord, record_run
from lode.warehouse.stores.snapshots import read_snapshot
from lode.workflow.by_hand import FACTOR_ID, read_formula, unit_remarks
from lode.workflow.context import Context
from lode.workflow.leaking import leak_checker
from lode.workflow.library_values import library_columns, library_request
from lode.workflow.options import MiningOptions, code_version
from lode.workflow.plan import splits_of
from lode.workflow.referring import judged_subject, market_factors, references, verdicts
from lode.workflow.value_file import write_values
from lode.workflow.valueless import valueless
from lode.workflow.vaults import MANUAL, first_closed_session, run_settings

Checker = Callable[[Subject, int], tuple[LeakCheck, ...]]
BenchOf = Callable[[str, Panel, SheetOptions], Bench]


@dataclass(frozen=True, eq=False)
class Tried:
    """A try that is in the ledger: its formula, its panel, which ends before every vault, its run, its first sheet."""

    expression: Expr
    panel: Panel
    snapshot: str
    run: str
    sheet: Sheet


def evaluate_by_hand(
    text: str, context: Context, *, snapshot: str | None = None, options: SheetOptions | None = None
) -> Sheet:
    """Return the evidence sheet of a formula or factor id on train and validation, and enter the try into the ledger.

    The panel ends before its own vault and before any other run's vault that it shares instruments with.
    """
    return complete(try_by_hand(text, context, snapshot=snapshot, options=options), context)


def try_by_hand(
    text: str,
    context: Context,
    *,
    snapshot: str | None = None,
    options: SheetOptions | None = None,
    bench_of: BenchOf | None = None,
) -> Tried:
    """Make the sheet as far as the formula alone allows, and enter the try into the ledger before anybody sees it.

    What takes other factors, a rebuild of the panel or the ledger is missing from the sheet: `complete` adds it.
    DataError, and no entry, where the formula has no value on the panel.
    bench_of: returns the bench of a snapshot, a panel and options, where one may be at hand.
    """
    record, asked = read_snapshot(context.warehouse, snapshot), options or SheetOptions()
    panel = open_panel(context, record.snapshot)
    bench = bench_of(record.snapshot, panel, asked) if bench_of else Bench(panel, asked)
    expression = read_expression(text, context, panel)
    sheet = evidence_at(bench, expression, References(market_factors=market_factors(context, panel)))
    if not sheet.coverage > 0:
        raise valueless([expression], panel)
    sheet = sheet.with_snapshot(record.snapshot)
    run = enter(sheet, record.snapshot, context, size=expression.size)
    return Tried(expression, panel, record.snapshot, run, sheet)


def complete(tried: Tried, context: Context, check: Checker | None = None) -> Sheet:
    """Return the whole sheet of a try: beside the known factors and the other tries, and with its leak checks.

    check: what `leak_checker` returns for the snapshot and panel, where it is at hand.
    """
    known = references(context, tried.panel, tried.sheet.identity.id)
    sheet = compared(tried.sheet, tried.expression, tried.panel, known)
    checker = check or leak_checker(context, tried.snapshot, tried.panel)
    outcome = overall(checker(judged_subject(tried.expression, sheet.options), 0))
    return sheet.with_leak_check(outcome).with_verdicts(verdicts(sheet, tried.run, context))


def compute_to_file(text: str, context: Context, *, snapshot: str | None = None, out: Path) -> int:
    """Write values on a whole snapshot to a Parquet file; return the number of rows.

    text: a formula, a factor's id, or names of the library, whose skipped factors are counted in a warning. DataError,
    and no file, where nothing has a value.
    """
    record = read_snapshot(context.warehouse, snapshot)
    panel = load_snapshot(record.snapshot, context.lake, context.settings.cache)
    return write_values(panel, _columns_of(text, context, panel), out, memory=context.settings.memory_bytes)


def _columns_of(text: str, context: Context, panel: Panel) -> Mapping[str, Expr]:
    definitions = library_request(text, panel)
    if not definitions:
        return {"value": read_expression(text, context, panel)}
    columns, skipped = library_columns(panel, definitions)
    if skipped:
        lacking = sorted({name for absent in skipped.values() for name in absent})
        get_logger("compute").warning("library factors skipped", count=len(skipped), absent=", ".join(lacking))
    return columns


def open_panel(context: Context, snapshot: str) -> Panel:
    """Open the rows of a snapshot that may be looked at: those before every vault that they share."""
    whole = load_snapshot(snapshot, context.lake, context.settings.cache)
    own = splits_of(len(whole.sessions), MiningOptions()).validation_stop
    closed: date | None = first_closed_session(context, whole)
    stop = own if closed is None else min(own, int(np.searchsorted(whole.sessions, np.datetime64(closed))))
    if not stop:
        msg = (
            f"no session of snapshot {snapshot} may be looked at: from {closed} on its names are in a vault that was "
            f"not opened, and it begins with {whole.sessions[0]}; take a snapshot with earlier sessions"
        )
        raise EvidenceError(msg)
    return load_snapshot(snapshot, context.lake, context.settings.cache, rows=slice(0, stop))


def read_expression(text: str, context: Context, panel: Panel) -> Expr:
    """Read a formula, or the formula of a factor whose id, or name in the library, is given.

    A formula may be written as qlib or AlphaGen write it; that, and units that do not fit, are warned of.
    """
    named = library_request(text, panel)
    remarks: Iterable[str]
    if named:
        expression = parse(_only(named, text).expression, panel.present)
        remarks = unit_remarks(expression, panel.fields)
    elif FACTOR_ID.fullmatch(text):
        expression, remarks = _recorded(text, context, panel), ()
    else:
        expression, remarks = read_formula(text, panel)
    for remark in remarks:
        get_logger("formula").warning(remark)
    return expression


def _recorded(factor: str, context: Context, panel: Panel) -> Expr:
    try:
        return parse(read_factor(context.warehouse, factor)[0].expression, panel.present)
    except NotFoundError as unknown:
        msg = f"{unknown}; a formula would name a field, for example rank(close)"
        raise NotFoundError(msg) from None


def _only(definitions: tuple[Definition, ...], text: str) -> Definition:
    if len(definitions) > 1:
        keys = ", ".join(definition.key for definition in definitions[:3])
        raise UsageError(f"{text!r} stands for {len(definitions)} library factors; name one of them: {keys}, …")
    return definitions[0]


def enter(sheet: Sheet, snapshot: str, context: Context, *, size: int) -> str:
    """Enter a try into the ledger, under a run of its own that shares the snapshot's vault; return the run."""
    told = sheet.to_dict()
    first = told["horizons"]["1"]
    rank_ic, t_nw, coverage = (
        math.nan if value is None else float(value) for value in (first["rank_ic"], first["t_nw"], told["coverage"])
    )
    trial = Trial(sheet.identity.id, sheet.identity.expression, size, rank_ic, t_nw, coverage)
    run = _manual_run(context, snapshot)
    rows = trials_frame([trial], run=run, epoch=0, shard=0, horizon=1, delay=sheet.options.delay)
    record_trials(context.warehouse, rows)
    return run


def _manual_run(context: Context, snapshot: str) -> str:
    """Record the run that tries by hand on a snapshot belong to, so that they count on its vault; return its id."""
    run = f"{MANUAL}{snapshot}"
    record, options = read_snapshot(context.warehouse, snapshot), MiningOptions()
    whole = load_snapshot(snapshot, context.lake, context.settings.cache)
    vault = whole.sessions[splits_of(len(whole.sessions), options).vault.start :]
    now = context.clock()
    settings = run_settings(options, vault[0].item(), vault[-1].item(), whole.names)
    record_run(
        context.warehouse,
        RunRecord(
            run, snapshot, record.source, record.universe, settings, code_version(), options.seed, "manual", now, now
        ),
    )
    return run
