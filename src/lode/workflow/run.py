"""A run on one machine or cluster: the steps in their order, shards on an executor.

    validate → collect → snapshot → plan → mine[shard] → select → prove → publish → notify

Every step can be taken twice to the same effect, so a run that died is gone on with by taking the steps again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lode.errors import LodeError, NotFoundError, UsageError, WarehouseError
from lode.log import Progress, get_logger, progress
from lode.warehouse.stores.runs import read_run
from lode.workflow.context import Context, Event, Report
from lode.workflow.plan import Plan, load_plan
from lode.workflow.publishing import result_key
from lode.workflow.recording import describe
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
    event = request
    for step in BEFORE_PLAN:
        try:
            event = take(step, event, context)
        except UsageError:
            raise
        except LodeError as error:
            _record_failure(event, error, context, step)
            raise
    return _from_plan(load_plan(context, event["run"]), context, executor)


def resume(run: str, context: Context, executor: Executor) -> Event:
    """Go on with a run that was planned, or with a request that failed before it was."""
    if (request := context.load_if_there(request_key(run))) is not None:
        return execute(request, context, executor)
    try:
        found = load_plan(context, run)
    except NotFoundError:
        record = read_run(context.warehouse, run)
        msg = f"run {run} ({record.state}) has no plan to go on with; `lode runs show {run}` tells what it is"
        raise NotFoundError(msg) from None
    if result_of(found, context) is None:
        begin(found, context)
    return _from_plan(found, context, executor)


def _from_plan(run: Plan, context: Context, executor: Executor) -> Event:
    if (done := result_of(run, context)) is not None:
        get_logger("run").info("this run is done: the same snapshot, options, seed and code; shown again", run=run.run)
        return done
    event = {"run": run.run}
    try:
        _mine(run, executor)
        for step in AFTER_MINE:
            take(step, event, context)
        return context.load(result_key(run))
    except (Exception, KeyboardInterrupt) as error:
        error.add_note(f"Nothing is lost; the run goes on with `lode run --resume {run.run}`")
        _record_failure(event, error, context)
        raise


def _record_failure(event: Event, error: BaseException, context: Context, step: str = "") -> None:
    try:
        fail(event, describe(error), context, step=step)
    except WarehouseError as unreachable:
        error.add_note(f"That it failed could not be recorded: {unreachable}")


def _mine(run: Plan, executor: Executor) -> None:
    with progress(f"mining {run.run}", run.options.candidates) as bar:
        for epoch in range(run.epochs):
            events = [{"run": run.run, "epoch": epoch, "shard": shard} for shard in range(run.options.shards)]
            executor.run(events, _reporter(bar))


def _reporter(bar: Progress) -> Report:
    return bar.advance
