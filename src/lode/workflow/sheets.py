"""Evidence sheets of a run's finalists, kept in the lake as `runs/<run>/sheets/<factor>.json`.

A sheet shows the bet: where a factor is bet on in direction -1, its values are turned round first. It covers train and
validation, and the vault where that was opened for the factor. Sheets are long work, so the step `publish` keeps those
of the proven factors, the candidates and the first of the others; `make_sheet` makes any other on demand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lode.errors import NotFoundError
from lode.evaluation import Identity, Sheet, SheetOptions, sheet_of
from lode.evidence.leaks import LeakCheck, overall
from lode.language import parse
from lode.log import get_logger
from lode.panel import Panel, load_snapshot
from lode.workflow.context import Context
from lode.workflow.kept_sheets import sheet_key
from lode.workflow.options import code_version
from lode.workflow.plan import Plan, load_plan
from lode.workflow.proving import verdict_key
from lode.workflow.referring import verdicts
from lode.workflow.scoring import SplitScorer
from lode.workflow.sheet_record import Record, sheet_record

__all__ = ["keep_sheet", "make_sheet", "sheet_record", "with_sheet"]

OTHERS = 4
_BYTES_A_CELL = 300  # that a sheet takes at its peak, per session and name


def with_sheet(judged: Sequence[Record], sessions: int, names: int, memory: int) -> set[str]:
    """Ids of the finalists whose sheets the run keeps: proven, candidates, and four others, the first on train.

    None where the panel is so large that a sheet does not fit into `memory` bytes beside it.
    """
    if sessions * names * _BYTES_A_CELL > memory:
        get_logger("sheets").info("no sheets: the panel is large", sessions=sessions, names=names)
        return set()
    first = [factor["id"] for factor in judged if factor["state"] == "refused"][:OTHERS]
    return {factor["id"] for factor in judged if factor["state"] != "refused"}.union(first)


def keep_sheet(context: Context, plan: Plan, factor: Record, panel: Panel, values: NDArray[np.float32]) -> Record:
    """Make the sheet of a judged factor and keep it; one that is there already stays.

    panel: ends with validation, or with the vault where it was opened for the factor. values: (sessions, names), as
    the run scores them.
    """
    key = sheet_key(plan.run, factor["id"])
    if kept := context.load_if_there(key):
        return kept
    sheet = _sheet(context, plan, factor, panel, values)
    record = sheet_record(sheet, direction=factor["direction"], splits=_spans(plan, panel, opened=_opened(factor)))
    return context.keep(key, record | {"code": code_version()})


def make_sheet(context: Context, run: str, factor: str) -> Record:
    """Make and keep the sheet of one of a run's finalists; NotFoundError for a factor that the run did not judge."""
    plan = load_plan(context, run)
    judged = context.load(verdict_key(plan))["factors"]
    found = next((each for each in judged if each["id"] == factor), None)
    if found is None:
        known = ", ".join(each["id"] for each in judged[:5])
        raise NotFoundError(f"run {run} did not judge factor {factor!r}; it judged {len(judged)}: {known}, …")
    if kept := context.load_if_there(sheet_key(run, factor)):
        return kept
    stop = plan.sessions if _opened(found) else plan.splits.validation_stop
    panel = load_snapshot(plan.snapshot, context.lake, context.settings.cache, rows=slice(0, stop))
    values = next(iter(SplitScorer(panel, plan.options, slice(0, stop)).values([parse(found["expression"])])))
    return keep_sheet(context, plan, found, panel, values)


def _sheet(context: Context, plan: Plan, factor: Record, panel: Panel, values: NDArray[np.float32]) -> Sheet:
    asked = plan.options
    options = SheetOptions(
        horizon=asked.horizon,
        delay=asked.delay,
        cost_bps=asked.cost_bps,
        min_names=asked.min_names,
        neutralize=asked.neutralize,
    )
    identity = Identity.of(parse(factor["expression"]), panel)
    sheet = sheet_of(values * np.float32(factor["direction"]), panel, identity, options)
    checks = [LeakCheck(**check) for check in factor["leaks"]]
    return sheet.with_leak_check(overall(checks)).with_verdicts(verdicts(sheet, plan.run, context))


def _opened(factor: Record) -> bool:
    """Whether the vault was opened for a judged factor."""
    return bool(factor.get("vault"))


def _spans(plan: Plan, panel: Panel, *, opened: bool) -> dict[str, tuple[date, date]]:
    """First and last label session of each split that the panel holds."""
    parts = {name: part for name, part in plan.splits.parts().items() if opened or name != "vault"}
    return {name: (panel.sessions[part][0].item(), panel.sessions[part][-1].item()) for name, part in parts.items()}
