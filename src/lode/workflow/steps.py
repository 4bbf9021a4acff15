"""The light steps, taken the same way in every place: on one machine, and in a Lambda function.

    validate → collect → snapshot → plan → (mine every shard of every epoch) → select → prove → publish → notify

A step is a function of a JSON event to a JSON event that may be taken twice to the same effect. Until `plan` gives the
run its id, what the steps took travels in the event as `records`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

from lode.errors import LakeError, NotFoundError, UsageError
from lode.log import get_logger
from lode.warehouse.stores.runs import RunRecord, StepRecord, read_run, read_steps, record_run, record_step
from lode.workflow.collecting import collect, validate
from lode.workflow.context import Context, Event
from lode.workflow.freezing import plan, snapshot
from lode.workflow.options import code_version
from lode.workflow.plan import Plan, load_plan
from lode.workflow.proving import prove
from lode.workflow.publishing import publish, result_key
from lode.workflow.recording import Early, note_code, recorded, write_early
from lode.workflow.selection import select
from lode.workflow.vaults import run_settings

Step = Callable[[Event, Context], Event]


def notify(event: Event, context: Context) -> Event:
    """Say that the run is done; the log hears it."""
    done = context.load(result_key(load_plan(context, event["run"])))
    get_logger("run").info("run done", run=event["run"], proven=len(done["proven"]), refused=len(done["refused"]))
    return {"run": event["run"]}


BEFORE_PLAN: dict[str, Step] = {"validate": validate, "collect": collect, "snapshot": snapshot, "plan": plan}
AFTER_MINE: dict[str, Step] = {"select": select, "prove": prove, "publish": publish, "notify": notify}


def take(step: str, event: Event, context: Context) -> Event:
    """Take a light step, record what it took, and return the next step's event.

    Raises UsageError for a step that does not exist, and what the step raises.
    """
    if step in BEFORE_PLAN:
        return _take_early(step, event, context)
    if step not in AFTER_MINE:
        raise UsageError(f"step {step!r}: allowed are {', '.join([*BEFORE_PLAN, *AFTER_MINE])}")
    with recorded(context, event["run"], step) as meter:
        result = AFTER_MINE[step]({"run": event["run"]}, context)
        meter.rows = int(result.get("rows", 0))
    return {"run": event["run"]}


def request_id(request: Event) -> str:
    """Id of a request, under which it can be resumed before it has become a run."""
    return "x" + hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:15]


def request_key(request: str) -> str:
    """Lake key of a request."""
    return f"requests/{request}.json"


def _take_early(step: str, event: Event, context: Context) -> Event:
    early = Early(context, step)
    records = event.get("records", [])
    asked = {name: value for name, value in event.items() if name != "records"}
    if "request" not in event:
        context.keep(request_key(request_id(event)), event)
        asked = event | {"request": request_id(event)}
    result = BEFORE_PLAN[step](asked, context)
    records = [*records, *result.pop("taken", []), early.record(int(result.get("rows", 0)))]
    return _begin(result, records, context) if step == "plan" else result | {"records": records}


def _begin(planned: Event, records: list[Event], context: Context) -> Event:
    """Record the run as running, unless it is done: {…} → {…, done}."""
    run = load_plan(context, planned["run"])
    if result_of(run, context) is not None:
        return planned | {"done": True}
    write_early(context, run.run, records)  # before the run: once its id can be read, what led to it is on record
    begin(run, context)
    return planned | {"done": False}


def begin(run: Plan, context: Context) -> RunRecord:
    """Record a run as running; one that goes on keeps its first start and code, one that succeeded its end."""
    context.begins(run.run)
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
        known = read_run(context.warehouse, run.run)
    except NotFoundError:
        get_logger("run").debug("first attempt", run=run.run)
    else:
        if known.state == "succeeded":  # its plan was delivered once more before its last step
            return known
        note = note_code(context, run.run, known.code_version)
        record = replace(record, started=known.started, code_version=known.code_version, message=note)
    record_run(context.warehouse, record)
    get_logger("run").info("run begun", run=run.run)  # whoever started this process learns the id from it
    return record


def result_of(run: Plan, context: Context) -> Event | None:
    """Return the result of a run that took its last step; one that died just before goes on."""
    result = context.load_if_there(result_key(run))
    if result is None:
        return None
    steps = read_steps(context.warehouse, run.run)
    ended = set(steps.filter(steps["state"] == "succeeded")["step"])
    return result if set(AFTER_MINE) <= ended else None


def fail(event: Event, reason: str, context: Context, *, step: str = "", state: str = "failed") -> None:
    """Record that a run ended without its result; a request that never became a run is recorded under its own id.

    state: failed, or stopped where somebody asked for it.
    """
    now = context.clock()
    if "run" in event:
        record = read_run(context.warehouse, event["run"])
        if record.state != "succeeded":  # another process may have brought it to its end
            note = record.message if record.state == "running" else ""  # of the code; the lake may be what failed
            message = "; ".join(text for text in (reason, note) if text)
            record_run(context.warehouse, record.ending(state, now, message=message))
        return
    request = event.get("request") or request_id(event)
    try:
        asked = context.load_if_there(request_key(request)) or event
    except LakeError:  # the lake may be what failed
        asked = event
    told = f"{step}: {reason}" if step else reason
    record_run(context.warehouse, replace(_unplanned(request, asked, told, context), state=state))
    record_step(context.warehouse, StepRecord(request, step or "unknown", -1, state, 1, now, now, error=reason))


def _unplanned(request: str, asked: Event, message: str, context: Context) -> RunRecord:
    now, options = context.clock(), asked.get("options") or {}
    seed = options.get("seed", 0)
    return RunRecord(
        request,
        "",
        str(asked.get("source") or ""),
        str(asked.get("universe") or ""),
        json.dumps({"options": options}),
        code_version(),
        seed if isinstance(seed, int) and seed > 0 else 0,
        "failed",
        now,
        now,
        message=message,
    )
