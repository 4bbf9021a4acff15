"""A run on one machine or cluster: the steps in their order, shards on an executor.

    validate → collect → snapshot → plan → mine[shard] → select → prove → publish → notify

Every step can be taken twice to the same effect, so a run that died is gone on with by taking the steps again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from lode.errors import LodeError, NotFoundError, UsageError, WarehouseError
from lode.log import Progress, get_logger, progress
from lode.warehouse.stores.runs import read_run
from lode.warehouse.stores.snapshots import read_snapshot
from lode.workflow.alive import Hold
from lode.workflow.context import Context, Event, Report
from lode.workflow.options import MiningOptions
from lode.workflow.plan import Plan, load_plan
from lode.workflow.publishing import result_key
from lode.workflow.recording import describe, ended_as
from lode.workflow.steps import AFTER_MINE, BEFORE_PLAN, begin, fail, request_key, result_of, take


class Executor(Protocol):
    """Where shards run: their order and number at once are the executor's affair."""

    def run(self, events: Sequence[Event], report: Report) -> list[Event]:
        """Run the shard of every event; results in the order of the events."""
        ...


def execute(request: Event, context: Context, executor: Executor) -> Event:
    """Take a request to its result. Raises LodeError; the message of a failed run ends with what resumes it.

    A call that is wrong is said and leaves nothing; other failures are on record.
    """
    with Hold(context.lake) as hold:
        holding = replace(context, begins=hold.take)
        event = request
        for step in BEFORE_PLAN:
            try:
                event = take(step, event, holding)
            except UsageError:
                raise
            except (LodeError, KeyboardInterrupt) as error:
                _record_failure(event, error, context, step)
                raise
        return _from_plan(event["run"], context, executor)


def resume(run: str, context: Context, executor: Executor) -> Event:
    """Go on with a run that was planned, or with a request that failed before it was."""
    if (request := context.load_if_there(request_key(run))) is not None:
        return execute(request, context, executor)
    found = _planned(run, context)
    with Hold(context.lake) as hold:
        if result_of(found, context) is None:
            begin(found, replace(context, begins=hold.take))
        return _from_plan(run, context, executor)


def require_same(asked: Event, run: str, context: Context) -> None:
    """Raise UsageError where a request that comes with `--resume RUN` asks for something else than the run did."""
    request = context.load_if_there(request_key(run))
    had = request if request is not None else _request_of(_planned(run, context), context)
    options, defaults = had["options"], MiningOptions().to_dict()
    wrong = [
        f"--{name} {value} (the run has {had.get(name)})"
        for name in ("source", "universe", "start", "end", "snapshot")
        if (value := asked.get(name)) not in {None, "auto", "latest"} and not _same(name, value, had.get(name))
    ]
    wrong += [
        f"--{name.replace('_', '-')} {value} (the run has {options.get(name, defaults[name])})"
        for name, value in asked["options"].items()
        if value not in {defaults[name], options.get(name, defaults[name])}
    ]
    if wrong:
        raise UsageError(
            f"--resume {run} goes on with what the run was asked, which is not {', '.join(wrong)}; "
            "leave that out, or leave out --resume to start a new run"
        )


def _request_of(plan: Plan, context: Context) -> Event:
    selection = read_snapshot(context.warehouse, plan.snapshot).details["selection"]
    asked = {name: getattr(plan, name) for name in ("source", "universe", "snapshot")}
    return asked | {name: selection[name] for name in ("start", "end")} | {"options": plan.options.to_dict()}


def _same(name: str, asked: str, had: str | None) -> bool:
    if name == "source":
        return had is not None and Path(asked).stem == Path(had).stem
    return asked == had or (name == "snapshot" and had is not None and had.startswith(asked))


def _planned(run: str, context: Context) -> Plan:
    try:
        return load_plan(context, run)
    except NotFoundError:
        record = read_run(context.warehouse, run)
        msg = f"run {run} ({record.state}) has no plan to go on with; `lode runs show {run}` tells what it is"
        raise NotFoundError(msg) from None


def _from_plan(run: str, context: Context, executor: Executor) -> Event:
    event = {"run": run}
    try:
        plan = load_plan(context, run)
        if (done := result_of(plan, context)) is not None:
            get_logger("run").info("this run is done: the same snapshot, options, seed and code; shown again", run=run)
            return done
        _mine(plan, executor)
        for step in AFTER_MINE:
            take(step, event, context)
        return context.load(result_key(plan))
    except (Exception, KeyboardInterrupt) as error:
        error.add_note(f"Nothing is lost; the run goes on with `lode run --resume {run}`")
        _record_failure(event, error, context)
        raise


def _record_failure(event: Event, error: BaseException, context: Context, step: str = "") -> None:
    try:
        fail(event, describe(error), context, step=step, state=ended_as(error))
    except WarehouseError as unreachable:
        error.add_note(f"That it failed could not be recorded: {unreachable}")


def _mine(run: Plan, executor: Executor) -> None:
    with progress(f"mining {run.run}", run.options.candidates) as bar:
        for epoch in range(run.epochs):
            events = [{"run": run.run, "epoch": epoch, "shard": shard} for shard in range(run.options.shards)]
            executor.run(events, _reporter(bar))


def _reporter(bar: Progress) -> Report:
    return bar.advance
