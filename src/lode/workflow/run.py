"""A run from request to result: the steps in their order, shards on an executor, everything recorded.

    validate → collect → snapshot → plan → mine[shard] → select → prove → publish → notify

Every step can be taken twice to the same effect, so a run that died is gone on with by taking the steps again.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from lode.errors import LodeError, NotFoundError, WarehouseError
from lode.log import Progress, get_logger, progress
from lode.warehouse.stores.runs import RunRecord, StepRecord, read_run, read_steps, record_run, record_step
from lode.workflow.collecting import collect, validate
from lode.workflow.context import Context, Event, Report
from lode.workflow.freezing import plan, snapshot
from lode.workflow.options import code_version
from lode.workflow.plan import Plan, load_plan
from lode.workflow.proving import prove
from lode.workflow.publishing import publish, result_key
from lode.workflow.recording import describe, peak_memory, recorded
from lode.workflow.selection import select
from lode.workflow.vaults import run_settings

Step = Callable[[Event, Context], Event]
BEFORE_PLAN: dict[str, Step] = {"validate": validate, "collect": collect, "snapshot": snapshot, "plan": plan}
AFTER_MINE: dict[str, Step] = {"select": select, "prove": prove, "publish": publish}


class Executor(Protocol):
    """Where shards run: their order and number at once are the executor's affair."""

    def run(self, events: Sequence[Event], report: Report) -> list[Event]:
        """Run the shard of every event; results in the order of the events."""
        ...


def execute(request: Event, context: Context, executor: Executor) -> Event:
    """Take a request to its result. Raises LodeError; the message of a failed run ends with what resumes it."""
    request_id = "x" + hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:15]
    context.keep(f"requests/{request_id}.json", request)
    event, records = _until_plan(request, request_id, context)
    return _from_plan(load_plan(context, event["run"]), context, executor, records)


def resume(run: str, context: Context, executor: Executor) -> Event:
    """Go on with a run that was planned, or with a request that failed before it was."""
    if (request := context.load_if_there(f"requests/{run}.json")) is not None:
        return execute(request, context, executor)
    try:
        found = load_plan(context, run)
    except NotFoundError:
        record = read_run(context.warehouse, run)
        msg = f"run {run} ({record.state}) has no plan to go on with; `lode runs show {run}` tells what it is"
        raise NotFoundError(msg) from None
    return _from_plan(found, context, executor, [])


def _until_plan(request: Event, request_id: str, context: Context) -> tuple[Event, list[StepRecord]]:
    """Take the steps that lead to a run's id; their records are written once it is known."""
    event, records = request, list[StepRecord]()
    for name, step in BEFORE_PLAN.items():
        began, processor = context.clock(), time.process_time()
        try:
            event = step(event, context)
        except LodeError as error:
            _record_early_failure(context, request, request_id, name, error)
            raise
        records.append(
            StepRecord(
                "",
                name,
                -1,
                "succeeded",
                1,
                began,
                context.clock(),
                rows=int(event.get("rows", 0)),
                cpu_seconds=time.process_time() - processor,
                peak_memory=peak_memory(),
            )
        )
    return event, records


def _record_early_failure(context: Context, request: Event, request_id: str, step: str, error: LodeError) -> None:
    """Record a request that failed before it had a run's id, under an id of its own."""
    now = context.clock()
    seed = int(request.get("options", {}).get("seed", 0) or 0)
    message = f"{step}: {error}"
    source, universe = str(request.get("source") or ""), str(request.get("universe") or "")
    settings = json.dumps({"options": request.get("options", {})})
    record_run(
        context.warehouse,
        RunRecord(
            request_id,
            "",
            source,
            universe,
            settings,
            code_version(),
            max(seed, 0),
            "failed",
            now,
            now,
            message=message,
        ),
    )
    record_step(context.warehouse, StepRecord(request_id, step, -1, "failed", 1, now, now, error=str(error)))


def _from_plan(run: Plan, context: Context, executor: Executor, records: Sequence[StepRecord]) -> Event:
    if (done := _done(run, context)) is not None:
        get_logger("run").info("this run is done: the same snapshot, options, seed and code; shown again", run=run.run)
        return done
    for record in records:  # before the run: once its id can be read, the steps that led to it are on record
        record_step(context.warehouse, replace(record, run=run.run))
    began = _begun(run, context)
    try:
        _mine(run, executor)
        for name, step in AFTER_MINE.items():
            _taken(name, step, run, context)
        _taken("notify", _notify, run, context)
        return context.load(result_key(run))
    except (Exception, KeyboardInterrupt) as error:
        error.add_note(f"Nothing is lost; the run goes on with `lode run --resume {run.run}`")
        try:
            record_run(context.warehouse, began.ending("failed", context.clock(), message=describe(error)))
        except WarehouseError as unreachable:
            error.add_note(f"That it failed could not be recorded: {unreachable}")
        raise


def _done(run: Plan, context: Context) -> Event | None:
    """Return the result of a run that took its last step; one that died just before goes on."""
    result = context.load_if_there(result_key(run))
    if result is None:
        return None
    steps = read_steps(context.warehouse, run.run)
    ended = set(steps.filter(steps["state"] == "succeeded")["step"])
    return result if {*AFTER_MINE, "notify"} <= ended else None


def _begun(run: Plan, context: Context) -> RunRecord:
    settings = run_settings(run.options, run.vault_first, run.vault_last, run.instruments)
    record = RunRecord(
        run.run,
        run.snapshot,
        run.source,
        run.universe,
        settings,
        code_version(),
        run.options.seed,
        "running",
        context.clock(),
    )
    try:
        record = replace(record, started=read_run(context.warehouse, run.run).started)
    except NotFoundError:
        get_logger("run").debug("first attempt", run=run.run)
    record_run(context.warehouse, record)
    return record


def _taken(name: str, step: Step, run: Plan, context: Context) -> None:
    with recorded(context, run.run, name) as meter:
        meter.rows = int(step({"run": run.run}, context).get("rows", 0))


def _mine(run: Plan, executor: Executor) -> None:
    with progress(f"mining {run.run}", run.options.candidates) as bar:
        for epoch in range(run.epochs):
            events = [{"run": run.run, "epoch": epoch, "shard": shard} for shard in range(run.options.shards)]
            executor.run(events, _reporter(bar))


def _reporter(bar: Progress) -> Report:
    return bar.advance


def _notify(event: Event, context: Context) -> Event:
    """Say that the run is done; on one machine the log hears it."""
    done = context.load(result_key(load_plan(context, event["run"])))
    get_logger("run").info("run done", run=event["run"], proven=len(done["proven"]), refused=len(done["refused"]))
    return event
