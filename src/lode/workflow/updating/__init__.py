"""`lode update`: what is new is collected, and its sessions are added to every proven factor.

Only the new sessions and how far back they look are computed. What is stored stays: prices are forward-adjusted, so
that later events do not change earlier values, and where a row was restated since, the value is what was known then.

A run's update is marked in the lake when all its rows are written; one that was killed before is done again, to the
same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lode.errors import LodeError
from lode.log import get_logger
from lode.panel import load_snapshot
from lode.warehouse.stores.proven import last_session
from lode.workflow.collecting import YAHOO, collect, validate
from lode.workflow.context import Context
from lode.workflow.freezing import Selection, freeze
from lode.workflow.updating.addition import LIVE, Addition
from lode.workflow.updating.behind import Mark, ProvenRun, RunUpdate, by_selection, selection_of

__all__ = ["LIVE", "Mark", "RunUpdate", "summary", "update"]


def update(context: Context) -> list[RunUpdate]:
    """Bring every proven factor up to the last session that is to be had; safe to do again, and to be killed.

    Runs of the same rows share a panel. A source that fails does not keep the others from being brought up; its error
    is raised at the end.
    """
    done: list[RunUpdate] = []
    failed: list[LodeError] = []
    for runs in by_selection(context).values():
        try:
            done += _update_together(context, runs)
        except LodeError as error:
            get_logger("update").error("failed", source=runs[0].plan.source, reason=str(error))
            failed.append(error)
    if failed:
        raise failed[0]
    return done


def _update_together(context: Context, runs: Sequence[ProvenRun]) -> list[RunUpdate]:
    plan = runs[0].plan
    selection, note = _collected(context, selection_of(context, plan))
    last = last_session(context.warehouse, plan.source)
    behind = [run for run in runs if last is not None and run.mark.through < last]
    still = [run.nothing_new(note) for run in runs if run not in behind]
    if not behind:
        return still
    record = freeze(context, selection, context.clock())
    panel = load_snapshot(record.snapshot, context.lake, context.settings.cache)
    return [*still, *(Addition(context, panel, record.snapshot, run).add(note) for run in behind)]


def _collected(context: Context, selection: Selection) -> tuple[Selection, str]:
    """Bring in what is new of a selection; return it without an end, and what a reader should know."""
    outside = selection.source == YAHOO
    request = {
        "source": selection.source,
        "universe": selection.universe,
        "start": selection.start.isoformat() if selection.start else None,
        "stored": not outside,
    }
    event = collect(validate(request, context), context)
    found = replace(Selection.from_event(event["selection"]), label=selection.label)
    if outside:
        return found, f"{event.get('rows', 0)} rows collected from {selection.source}"
    return found, f"source {selection.source} is stored here: nothing to collect; `lode import bars` adds to it"


def summary(updates: Sequence[RunUpdate]) -> dict[str, Any]:
    """Return what `lode update --json` prints."""
    return {
        "runs": [each.to_event() for each in updates],
        "factors": sum(each.factors for each in updates),
        "values": sum(each.values for each in updates),
        "series": sum(each.series for each in updates),
    }
