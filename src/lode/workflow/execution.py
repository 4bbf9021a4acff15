"""An execution of the state machine, seen from the lake: its input, its run, and the reason of its failure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lode import errors
from lode.errors import LodeError, NotFoundError, UsageError
from lode.log import get_logger
from lode.settings import Settings
from lode.warehouse.stores.runs import StepRecord, read_run, read_steps, record_step
from lode.workflow.collecting import AUTO, YAHOO
from lode.workflow.context import Context, Event
from lode.workflow.plan import load_plan
from lode.workflow.steps import BEFORE_PLAN, fail, request_id, request_key, result_of

CONCURRENCY = {"market": 2, "filings": 1, "news": 1}  # batches at once; every function keeps the rates on its own
_MOST_AT_ONCE = 40  # of an inline map
_SEC_RATE = 10.0  # requests a second that the SEC allows a program, over all of its processes
_OF_THE_EXECUTION = frozenset({"concurrency", "scheduled", "share"})  # not of its request, which they would change
_NOBODY = "lode"  # whose share the schedule's runs have
_SHARES = 400  # AWS Batch refuses jobs beyond 500 shares that are in use
_MOST_LETTERS = 64
_KINDS: dict[str, tuple[type, str]] = {
    **dict.fromkeys(
        ("source", "universe", "start", "end", "snapshot", "run", "scheduled", "share"), (str, "a text or null")
    ),
    "stored": (bool, "true or false"),
    "options": (dict, "an object of mining options"),
    "concurrency": (dict, "an object of market, filings and news"),
}


def request_of(given: Any) -> Event:  # noqa: ANN401  whatever an execution was started with
    """Read an execution's input as a request: {source, universe, start, end, stored, options}, {snapshot, options}.

    {run} goes on with a run. In AWS a source is never chosen by what answers: without one it is Yahoo. Raises
    UsageError that names what is not allowed.
    """
    if not isinstance(given, dict):
        raise UsageError(f"the input is {json.dumps(given)[:200]}: a JSON object of {', '.join(_KINDS)} is allowed")
    if unknown := sorted(set(given) - set(_KINDS)):
        raise UsageError(f"the input has {', '.join(unknown)}: known are {', '.join(_KINDS)}")
    for name, (kind, allowed) in _KINDS.items():
        if given.get(name) is not None and not isinstance(given[name], kind):
            raise UsageError(f"the input's {name} is {json.dumps(given[name])[:200]}: {allowed} is allowed")
    if len(goes := [name for name in ("run", "snapshot", "source") if given.get(name)]) > 1:
        raise UsageError(f"the input has {' and '.join(goes)}: one of them is allowed")
    asked = {name: value for name, value in given.items() if value is not None and name not in _OF_THE_EXECUTION}
    named = asked.get("source") or AUTO
    if named.lower().endswith((".csv", ".parquet")):
        raise UsageError(
            f"source {named!r}: AWS does not see the files of a machine; `lode import bars` brings them in"
        )
    if "run" in asked or "snapshot" in asked or named != AUTO or asked.get("stored"):
        return asked
    return asked | {"source": YAHOO}


def concurrency_of(given: Event, settings: Settings) -> Event:
    """Read how many batches of each collector are collected at once; UsageError for too many."""
    chosen = CONCURRENCY | (given.get("concurrency") or {})
    if unknown := sorted(set(chosen) - set(CONCURRENCY)):
        raise UsageError(f"concurrency of {', '.join(unknown)}: known are {', '.join(CONCURRENCY)}")
    for name, number in chosen.items():
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= _MOST_AT_ONCE:
            raise UsageError(f"concurrency of {name} is {number!r}: allowed is 1 to {_MOST_AT_ONCE}")
    if chosen["filings"] > 1 and chosen["filings"] * settings.sec_rate > _SEC_RATE:
        raise UsageError(
            f"concurrency of filings is {chosen['filings']} at LODE_SEC_RATE {settings.sec_rate:g} each: the SEC "
            f"allows {_SEC_RATE:g} requests a second together; lower one of them"
        )
    return chosen


def share_of(given: Event) -> str:
    """Read who asks, whose share of the queue the run's shards have; UsageError for what AWS Batch would not take.

    Users are spread over 400 shares by their names, since a queue knows only so many.

    >>> share_of({}), share_of({"share": "jane"}) == share_of({"share": "jane"})
    ('lode', True)
    """
    if (name := given.get("share")) is None:
        return _NOBODY
    if not (isinstance(name, str) and name.isascii() and name.isalnum() and len(name) <= _MOST_LETTERS):
        raise UsageError(f"the input's share is {name!r}: letters and digits are allowed, {_MOST_LETTERS} at most")
    return f"user{int(hashlib.sha256(name.encode()).hexdigest(), 16) % _SHARES}"


def keep_by_hash(context: Context, kind: str, content: Event) -> str:
    """Keep a JSON object of an execution in the lake; return its key, which follows from its content."""
    body = json.dumps(content, sort_keys=True, allow_nan=False).encode()
    key = f"requests/{kind}/{hashlib.sha256(body).hexdigest()[:24]}.json"
    context.lake.put(key, body)
    return key


def note_run(context: Context, execution: object, run: str) -> None:
    """Keep which run an execution is of, for those who follow it."""
    if isinstance(execution, str) and execution:
        context.keep(_run_key(execution), {"run": run})


def run_of(context: Context, execution: str) -> str | None:
    """Return the run of an execution, None as long as it was not planned."""
    noted = context.load_if_there(_run_key(execution))
    return None if noted is None else str(noted["run"])


def record_failed(event: Any, failure: Any, context: Context) -> str:  # noqa: ANN401  whatever failed
    """Record that an execution failed, under its run or else its request; return the reason. Safe to call twice.

    A run that has its result cannot fail any more.
    """
    reason, found = failure_reason(failure), dict(event) if isinstance(event, dict) else {}
    run = str(found.get("run") or "")
    if not run or not _is_planned(run, context):
        fail(_asked(event, context), reason, context, step=_step_after(found, context))
        return reason
    if result_of(load_plan(context, run), context) is not None:
        get_logger("run").warning("a failure came after the result; nothing is changed", run=run, reason=reason)
        return reason
    reason = _with_shards(run, reason, context)
    _end_steps(run, reason, context)
    fail({"run": run}, reason, context)
    return reason


def failure_reason(failure: Any) -> str:  # noqa: ANN401  whatever failed
    """Read {Error, Cause} as a person would tell it: Lambda's and Batch's causes are JSON, others are text."""
    told: Mapping[str, Any] = failure if isinstance(failure, dict) else {}
    error, cause = str(told.get("Error") or "unknown"), str(told.get("Cause") or "")
    try:
        content = json.loads(cause)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return f"{error}: {cause}".removesuffix(": ")
    if "errorMessage" in content:
        kind, message = str(content.get("errorType") or error), str(content["errorMessage"])
        return message if _is_ours(kind) else f"{kind}: {message}"
    container = content.get("Container") or content.get("container") or {}
    reasons = [content.get("StatusReason") or content.get("statusReason"), container.get("Reason")]
    return f"{error}: {'; '.join(str(r) for r in reasons if r) or cause}"


def _run_key(execution: str) -> str:
    return f"executions/{execution}.json"


def _is_ours(kind: str) -> bool:
    found = getattr(errors, kind, None)
    return isinstance(found, type) and issubclass(found, LodeError)


def _is_planned(run: str, context: Context) -> bool:
    try:
        read_run(context.warehouse, run)
        load_plan(context, run)
    except NotFoundError:
        return False
    return True


def _asked(event: Any, context: Context) -> Event:  # noqa: ANN401  whatever failed
    """Return the request of an event as far as its parts are of their kinds, so that it can be recorded."""
    try:
        asked = request_of(event)
    except UsageError:
        return {"request": request_id({"input": event})} | _well_formed(event)
    if "run" not in asked:
        return asked
    known = context.lake.exists(request_key(asked["run"]))
    return {"request": asked["run"] if known else request_id(asked)}


def _well_formed(event: Any) -> Event:  # noqa: ANN401  whatever failed
    kinds = {name: kind for name, (kind, _) in _KINDS.items() if name != "run"} | {"request": str}
    given = event if isinstance(event, dict) else {}
    return {name: given[name] for name, kind in kinds.items() if isinstance(given.get(name), kind)}


def _step_after(event: Event, context: Context) -> str:
    """Return the step that an event was for: the first of which there is no record."""
    records = event.get("records")
    if isinstance(records, str):
        records = context.load(records)["records"]
    taken = {record["step"] for record in records or []}
    return next((step for step in BEFORE_PLAN if step not in taken), "plan")


def _end_steps(run: str, reason: str, context: Context) -> None:
    """Record the steps of a run as failed whose processes ended without a word: out of time, or killed."""
    steps = read_steps(context.warehouse, run)
    for row in steps.filter(steps["state"] == "running").iter_rows(named=True):
        died = StepRecord(**row, run=run)
        record_step(context.warehouse, replace(died, state="failed", ended=context.clock(), error=reason))


def _with_shards(run: str, reason: str, context: Context) -> str:
    """Add what the shards that failed said themselves."""
    steps = read_steps(context.warehouse, run)
    failed = steps.filter((steps["step"] == "mine") & (steps["state"] == "failed"))
    said = [f"shard {row['shard']}: {row['error']}" for row in failed.iter_rows(named=True)]
    return "; ".join([reason, *said[:3]])
