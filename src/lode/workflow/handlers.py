"""What AWS Lambda calls: `steps`, and a function for each collector.

`steps` takes {step, event, execution}: a light step of `lode.workflow.steps`, and four of the machine's own: `validate`
of an execution's input, `miss` for a batch that failed, `fail` for a run that did, `stopped` for an execution that was
aborted or ran out of time, of which AWS tells by an event. A collector's function takes one batch and returns what is
left of it. Lode's errors are raised as they are, since the name of an error's class is what the machine's rules are
about.

The states of a machine hold 256 KB together; what grows with the symbols lies in the lake, by its hash, and the event
has its key.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Protocol

from lode import log
from lode.errors import NotFoundError, UsageError
from lode.settings import load_settings
from lode.workflow.context import Context, Event, open_context
from lode.workflow.execution import (
    concurrency_of,
    failure_reason,
    keep_by_hash,
    note_run,
    record_failed,
    request_of,
    run_of,
    share_of,
)
from lode.workflow.gathering import collect_batch, failed_batch
from lode.workflow.machine import FUNCTION_SECONDS, STOPPED
from lode.workflow.plan import load_plan
from lode.workflow.schedule import nothing_due
from lode.workflow.steps import AFTER_MINE, BEFORE_PLAN, begin, request_key, result_of, take


class Runtime(Protocol):
    """The part of Lambda's context object that is used."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how long this call may still take, in milliseconds."""
        ...


def steps(call: Any, _runtime: object = None) -> Event:  # noqa: ANN401  whatever was sent
    """Take a light step: {step, event, execution} → the next step's event. Safe to call twice.

    Raises UsageError for a call or an input that is not allowed, and what the step raises.
    """
    if not isinstance(call, dict) or call.get("step") not in _STEPS or "event" not in call:
        raise UsageError(
            f"a call {_brief(call)}: allowed is {{step, event, execution}}, step one of {', '.join(_STEPS)}"
        )
    run = call["event"].get("run") if isinstance(call["event"], dict) else None
    with log.bound(step=call["step"], execution=call.get("execution"), run=run), _opened() as context:
        return _STEPS[call["step"]](call, context)


def collect_market(batch: Any, runtime: Runtime) -> Event:  # noqa: ANN401  whatever was sent
    """Collect one batch of the market: {collector, place, symbols, since, until} → {…, kept, left}."""
    return _collected("market", batch, runtime)


def collect_filings(batch: Any, runtime: Runtime) -> Event:  # noqa: ANN401  whatever was sent
    """Collect one batch of filings: {collector, place, symbols, since, until} → {…, kept, left}."""
    return _collected("filings", batch, runtime)


def collect_news(batch: Any, runtime: Runtime) -> Event:  # noqa: ANN401  whatever was sent
    """Collect one batch of news: {collector, place, symbols, since, until} → {…, kept, left}."""
    return _collected("news", batch, runtime)


@contextmanager
def _opened() -> Iterator[Context]:
    settings = load_settings()
    log.configure(settings.log_level)
    with open_context(settings) as context:
        yield context


def _collected(collector: str, batch: Any, runtime: Runtime) -> Event:  # noqa: ANN401  whatever was sent
    left = _seconds_left(runtime)
    with log.bound(step="collect", source=collector), _opened() as context:
        answer = collect_batch(_batch(collector, batch, context), context, seconds_left=left)
        return _light(answer, context)


def _seconds_left(runtime: Runtime) -> Callable[[], float]:
    """Return what tells how long this call may go on: what Lambda grants, and ten minutes at most."""
    end = time.monotonic() + FUNCTION_SECONDS
    return lambda: min(runtime.get_remaining_time_in_millis() / 1000, end - time.monotonic())


def _batch(collector: str, sent: Any, context: Context) -> Event:  # noqa: ANN401  whatever was sent
    """Read a batch, or what is left of one; UsageError names what is wrong with it."""
    batch = _whole(sent, context) if isinstance(sent, dict) else {}
    place = batch.get("place")
    sound = (
        batch.get("collector") == collector
        and isinstance(place, int)
        and place >= 0
        and isinstance(batch.get("symbols"), str)
        and all(_is_day(batch.get(name)) for name in ("since", "until"))
    )
    if not sound:
        raise UsageError(
            f"a batch {_brief(sent)}: allowed is {{collector: {collector!r}, place: a number from 0, symbols: the key "
            "of a list in the lake, since and until: ISO dates or null}"
        )
    return batch


def _is_day(text: object) -> bool:
    try:
        return text is None or (isinstance(text, str) and bool(date.fromisoformat(text)))
    except ValueError:
        return False


def _light(batch: Event, context: Context) -> Event:
    """Keep a batch in the lake; return what the machine needs of it."""
    named = {name: batch[name] for name in ("collector", "place")}
    return named | {"kept": keep_by_hash(context, "batches", batch), "left": batch.get("left", 0)}


def _whole(batch: Event, context: Context) -> Event:
    """Return a batch that was kept, or one that never was as it is."""
    return context.load(batch["kept"]) if isinstance(batch.get("kept"), str) else batch


def _taken(call: Event, context: Context) -> Event:
    """Take a step of the run; records of the steps before the run has an id lie in the lake meanwhile."""
    step, event = call["step"], dict(_object(call["event"]))
    share = {"share": event.pop("share")} if "share" in event else {}
    if isinstance(event.get("records"), str):
        event["records"] = context.load(event["records"])["records"]
    if "collected" in event:
        event["collected"] = [[_whole(outcome, context) for outcome in branch] for branch in event["collected"]]
    answer = take(step, event, context)
    if step == "plan":
        note_run(context, call.get("execution"), answer["run"])
    if "records" in answer:
        answer["records"] = keep_by_hash(context, "records", {"records": answer["records"]})
    return answer | share


def _validated(call: Event, context: Context) -> Event:
    """Check an execution's input, and whose share of the queue it has: its event carries it from here on."""
    share = share_of(call["event"]) if isinstance(call["event"], dict) else None
    answer = _accepted(call, context)
    return answer if "skipped" in answer else answer | {"share": share}


def _accepted(call: Event, context: Context) -> Event:
    """Read a request, or {run} for one that goes on; a schedule's may have nothing to do."""
    asked = request_of(call["event"])
    if (reason := nothing_due(call["event"])) is not None:
        log.get_logger("schedule").info("skipped", reason=reason)
        return {"skipped": reason}
    if "run" in asked:
        return _going_on(call, asked, context)
    concurrency = concurrency_of(call["event"], context.settings)
    answer = _taken(call | {"event": asked}, context)
    return answer | {"concurrency": concurrency} if "batches" in answer else answer


def _going_on(call: Event, asked: Event, context: Context) -> Event:
    """Return the event that `plan` left; a request that failed before it was planned begins again."""
    if (request := context.load_if_there(request_key(asked["run"]))) is not None:
        return _accepted(call | {"event": request}, context)
    try:
        plan = load_plan(context, asked["run"])
    except NotFoundError:
        raise NotFoundError(f"run {asked['run']!r} was never planned; `lode runs list` shows the runs") from None
    done = result_of(plan, context) is not None
    if not done:
        begin(plan, context)
    note_run(context, call.get("execution"), plan.run)
    return {"run": plan.run, "snapshot": plan.snapshot, "shards": plan.options.shards, "epochs": plan.epochs} | {
        "done": done
    }


def _missed(call: Event, context: Context) -> Event:
    """Keep the outcome of a batch that failed: {…batch, failure} → {collector, place, kept, left}."""
    event = _object(call["event"])
    batch = _whole(event, context)
    return _light(failed_batch(batch, failure_reason(event.get("failure"))), context)


def _failed(call: Event, context: Context) -> Event:
    """Record why a run failed: {event, failure: {Error, Cause}} → {reason}."""
    return {"reason": record_failed(call["event"], call.get("failure"), context)}


def _stopped(call: Event, context: Context) -> Event:
    """Record that an execution was ended from outside: {event: what AWS tells of it, execution} → {reason}."""
    told = _object(call["event"])
    if told.get("status") not in STOPPED:
        raise UsageError(f"an end {_brief(told)}: its status is one of {', '.join(STOPPED)}")
    run = run_of(context, str(call.get("execution") or ""))
    failure = {"Error": told["status"], "Cause": told.get("cause") or "the execution was ended from outside"}
    return {"reason": record_failed({"run": run} if run else _input(told), failure, context)}


def _input(told: Event) -> object:
    """Return what an execution was started with; AWS leaves a large one out."""
    try:
        return json.loads(told.get("input") or "{}")
    except (TypeError, ValueError):
        return {}


def _object(event: Any) -> Event:  # noqa: ANN401  whatever was sent
    if not isinstance(event, dict):
        raise UsageError(f"an event {_brief(event)}: a JSON object is allowed")
    return event


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


_STEPS: dict[str, Callable[[Event, Context], Event]] = {
    **dict.fromkeys((*BEFORE_PLAN, *AFTER_MINE), _taken),
    "validate": _validated,
    "miss": _missed,
    "fail": _failed,
    "stopped": _stopped,
}
