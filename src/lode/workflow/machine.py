"""The run's steps as a state machine, rendered to Amazon States Language (JSONPath throughout).

    accept ─▶ validate ─┬─▶ collectors: market, filings, news at once, each a map over batches of symbols ─▶ collect
                        ├─▶ (a schedule's on a day without a session) ─▶ succeeded
                        ├─▶ collect (a snapshot or a stored source: nothing is outside)          │
                        │                                             ┌──────────────────────────┘
                        │                                             └─▶ snapshot → plan ─▶ done? ─▶ succeeded
                        └─▶ (a run that goes on) ───────────────────────────────────────────▶ │
          ┌───────────────────────────────────────────────────────────────────────────────────┘
          └─▶ epoch? ─▶ shards? ─▶ mine (array job, or one job) ─▶ next epoch ─▶ epoch? …
                └─▶ select → prove → publish → notify ─▶ succeeded
    any of them ─▶ record failure ─▶ failed

    (aborted, or out of time: the status change of the execution calls the steps' function with "stopped")

The state between states is {event, …}. A light step is one call of the steps' Lambda function with {step, event,
execution}; what it returns is the next `event`. A batch is one call of its collector's function, again for as long as
something is `left`; filings and news that fail become outcomes, a market that fails is the run's failure. `mine` is an
AWS Batch job whose containers find LODE_RUN and LODE_EPOCH in their environment and their shard in
AWS_BATCH_JOB_ARRAY_INDEX; an array has at least two children, so that one shard is a job without an array. The queue
is shared fairly among those who ask: `validate` puts into the event whose share a run has.

Every task has a timeout; neither Lambda nor `batch:submitJob.sync` sends heartbeats that a machine could miss, so that
the shortest honest limit of each stands instead, and Batch ends an attempt that hangs by its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lode.errors import LakeError, SourceUnavailableError, ThrottledError, WarehouseError

State = dict[str, Any]

_LAMBDA = "arn:aws:states:::lambda:invoke"
_BATCH = "arn:aws:states:::batch:submitJob.sync"
_HOUR = 3600

COLLECTORS = ("market", "filings", "news")
BEFORE_MINE = ("validate", "collect", "snapshot", "plan")
AFTER_MINE = ("select", "prove", "publish", "notify")
FUNCTION_SECONDS = 600  # what a collector's function may take, and leaves two minutes of for its last symbols
_TIMEOUT_SECONDS = {"validate": 120, "collect": 900, "snapshot": 900, "plan": 300} | {
    "select": 900,
    "prove": 900,
    "publish": 900,
    "notify": 60,
}
SHARD_TIMEOUT_SECONDS = 6 * _HOUR
_RUN_TIMEOUT_SECONDS = 24 * _HOUR
SHARD_ATTEMPTS = 3
STOPPED = ("ABORTED", "TIMED_OUT")  # ends of an execution that no state of it could record
_STOPPED, _KILLED = "75", "137"  # exit codes: the checkpoint of `lode.workflow.batch`, and SIGKILL

_LAMBDA_BUSY = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
]
# As many functions as may be are at work for other runs: each takes ten minutes, so that hours of waiting are honest.
_LAMBDA_FULL = ["Lambda.TooManyRequestsException"]
_LAMBDA_DIED = ["States.Timeout", "Sandbox.Timedout", "Lambda.Unknown", "Runtime.ExitError"]
_BATCH_BUSY = ["Batch.ServerException", "Batch.TooManyRequestsException"]
_PASSES_BY_ITSELF = [kind.__name__ for kind in (LakeError, SourceUnavailableError, ThrottledError, WarehouseError)]


@dataclass(frozen=True)
class Resources:
    """What the machine calls: ARNs, or the tokens that stand for them until deployment."""

    steps_function: str = "${StepsFunction}"
    market_function: str = "${MarketFunction}"
    filings_function: str = "${FilingsFunction}"
    news_function: str = "${NewsFunction}"
    job_queue: str = "${JobQueue}"
    job_definition: str = "${JobDefinition}"

    def collector(self, name: str) -> str:
        """Return the function of one of COLLECTORS."""
        return {"market": self.market_function, "filings": self.filings_function, "news": self.news_function}[name]


def render(resources: Resources | None = None) -> State:
    """Return the machine's definition, ready for `json.dumps`."""
    used = resources or Resources()
    return {
        "Comment": "Lode: collect, mine, prove or refuse, publish",
        "StartAt": "accept",
        "TimeoutSeconds": _RUN_TIMEOUT_SECONDS,
        "States": {"accept": {"Type": "Pass", "Parameters": {"event.$": "$"}, "Next": "validate"}}
        | {"validate": _light("validate", "outside?", used)}
        | _collection(used)
        | _chain(BEFORE_MINE[1:], "done?", used)
        | _mining(used)
        | _chain(AFTER_MINE, "succeeded", used)
        | {"succeeded": {"Type": "Succeed", "InputPath": "$.event"}}
        | _failing(used),
    }


def _chain(steps: tuple[str, ...], after: str, resources: Resources) -> dict[str, State]:
    """Light steps one after the other, the last one followed by `after`."""
    return {step: _light(step, to, resources) for step, to in zip(steps, (*steps[1:], after), strict=True)}


def _light(step: str, after: str, resources: Resources) -> State:
    payload = {"step": step, "event.$": "$.event", "execution.$": "$$.Execution.Name"}
    return _call(resources.steps_function, payload, _TIMEOUT_SECONDS[step]) | {
        "ResultSelector": {"event.$": "$.Payload"},
        "Catch": [_to("record failure")],
        "Next": after,
    }


def _collection(resources: Resources) -> dict[str, State]:
    """What is outside is collected by three branches at once; what they brought is judged by `collect`."""
    return {
        "outside?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.event.skipped", "IsPresent": True, "Next": "succeeded"},
                {"Variable": "$.event.batches", "IsPresent": True, "Next": "collectors"},
                {"Variable": "$.event.epochs", "IsPresent": True, "Next": "done?"},
            ],
            "Default": "collect",
        },
        "collectors": {
            "Type": "Parallel",
            "Branches": [_branch(name, resources) for name in COLLECTORS],
            "ResultPath": "$.event.collected",
            "Catch": [_to("record failure")],
            "Next": "collect",
        },
    }


def _branch(collector: str, resources: Resources) -> State:
    """Map one collector over its batches."""
    name = f"every batch of {collector}"
    mapped = {
        "Type": "Map",
        "ItemsPath": f"$.event.batches.{collector}",
        "MaxConcurrencyPath": f"$.event.concurrency.{collector}",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": collector,
            "States": _batch(collector, resources) | (_missing(collector, resources) if collector != "market" else {}),
        },
        "End": True,
    }
    return {"StartAt": name, "States": {name: mapped}}


def _batch(collector: str, resources: Resources) -> dict[str, State]:
    """One batch, again and again until nothing of it is left. Only a market that fails fails the run."""
    more, done = f"more {collector}?", f"{collector} collected"
    catch = {} if collector == "market" else {"Catch": [_to(f"missing {collector}")]}
    call = {"FunctionName": resources.collector(collector), "Payload.$": "$"}
    return {
        collector: _task(call, FUNCTION_SECONDS) | {"OutputPath": "$.Payload"} | catch | {"Next": more},
        more: {
            "Type": "Choice",
            "Choices": [{"Variable": "$.left", "NumericGreaterThan": 0, "Next": collector}],
            "Default": done,
        },
        done: {"Type": "Pass", "End": True},
    }


def _missing(collector: str, resources: Resources) -> dict[str, State]:
    """Keep why a batch is missing; where even that fails, its name stands for it."""
    lost = f"{collector} lost"
    payload = {"step": "miss", "event.$": "$", "execution.$": "$$.Execution.Name"}
    told = {"collector.$": "$.collector", "place.$": "$.place", "error.$": "$.failure.Error"}
    return {
        f"missing {collector}": _call(resources.steps_function, payload, 60)
        | {"OutputPath": "$.Payload", "Catch": [_to(lost, "$.unrecorded")], "End": True},
        lost: {"Type": "Pass", "Parameters": told, "End": True},
    }


def _mining(resources: Resources) -> dict[str, State]:
    """The epochs, one after the other; the shards of an epoch are the children of one array job."""
    array = {"ArrayProperties": {"Size.$": "$.event.shards"}}
    return {
        "done?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.event.done", "BooleanEquals": True, "Next": "succeeded"}],
            "Default": "first epoch",
        },
        "first epoch": {"Type": "Pass", "Result": 0, "ResultPath": "$.epoch", "Next": "epoch?"},
        "epoch?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.epoch", "NumericLessThanPath": "$.event.epochs", "Next": "shards?"}],
            "Default": AFTER_MINE[0],
        },
        "shards?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.event.shards", "NumericGreaterThan": 1, "Next": "mine"}],
            "Default": "mine one shard",
        },
        "mine": _job(resources, array),
        "mine one shard": _job(resources, {}),
        "next epoch": {
            "Type": "Pass",
            "Parameters": {"event.$": "$.event", "epoch.$": "States.MathAdd($.epoch, 1)"},
            "Next": "epoch?",
        },
    }


def _job(resources: Resources, array: State) -> State:
    """One Batch job, awaited; a container that stopped at a checkpoint or was taken down is started again by Batch."""
    environment = [
        {"Name": "LODE_RUN", "Value.$": "$.event.run"},
        {"Name": "LODE_EPOCH", "Value.$": "States.Format('{}', $.epoch)"},
    ]
    parameters = {
        "JobName.$": "States.Format('lode-{}-{}', $.event.run, $.epoch)",
        "JobQueue": resources.job_queue,
        "JobDefinition": resources.job_definition,
        "ShareIdentifier.$": "$.event.share",
        "ContainerOverrides": {"Environment": environment},
        "RetryStrategy": {
            "Attempts": SHARD_ATTEMPTS,
            "EvaluateOnExit": [
                {"OnStatusReason": "Host EC2*", "Action": "RETRY"},
                {"OnStatusReason": "Your Spot Task was interrupted*", "Action": "RETRY"},
                {"OnExitCode": _STOPPED, "Action": "RETRY"},
                {"OnExitCode": _KILLED, "Action": "RETRY"},
                {"OnExitCode": "*", "Action": "EXIT"},
            ],
        },
        "Timeout": {"AttemptDurationSeconds": SHARD_TIMEOUT_SECONDS},
    }
    return {
        "Type": "Task",
        "Resource": _BATCH,
        "Parameters": parameters | array,
        "ResultPath": None,
        "TimeoutSeconds": SHARD_ATTEMPTS * SHARD_TIMEOUT_SECONDS,
        "Retry": [_retry(_BATCH_BUSY, attempts=6)],
        "Catch": [_to("record failure")],
        "Next": "next epoch",
    }


def _failing(resources: Resources) -> dict[str, State]:
    """Record why the run failed, then fail with that reason whether or not it could be recorded.

    The name of what failed may begin with "States.", which a Fail state's may not.
    """
    payload = {
        "step": "fail",
        "event.$": "$.event",
        "failure.$": "$.failure",
        "execution.$": "$$.Execution.Name",
    }
    raw = "States.Format('{}: {}', $.failure.Error, $.failure.Cause)"
    return {
        "record failure": _call(resources.steps_function, payload, 120)
        | {
            "ResultSelector": {"reason.$": "$.Payload.reason"},
            "Catch": [_to("failed unrecorded", "$.unrecorded")],
            "Next": "failed",
        },
        "failed": {"Type": "Fail", "Error": "RunFailed", "CausePath": "$.reason"},
        "failed unrecorded": {"Type": "Fail", "Error": "RunFailed", "CausePath": raw},
    }


def _call(function: str, payload: State, seconds: int) -> State:
    return _task({"FunctionName": function, "Payload": payload}, seconds)


def _task(call: State, seconds: int) -> State:
    """One call of a Lambda function; what passes by itself outlasts a store that is gone for a minute."""
    return {
        "Type": "Task",
        "Resource": _LAMBDA,
        "Parameters": call,
        "TimeoutSeconds": seconds,
        "Retry": [
            _retry(_LAMBDA_BUSY, attempts=6),
            _retry(_LAMBDA_FULL, attempts=240),
            _retry(_LAMBDA_DIED, attempts=2),
            _retry(_PASSES_BY_ITSELF, attempts=8),
        ],
    }


def _retry(errors: list[str], *, attempts: int) -> State:
    """Wait 2, 4, 8 … 60 seconds, each a random share of it, so that many runs do not come back at once."""
    return {
        "ErrorEquals": errors,
        "IntervalSeconds": 2,
        "BackoffRate": 2.0,
        "MaxAttempts": attempts,
        "MaxDelaySeconds": 60,
        "JitterStrategy": "FULL",
    }


def _to(state: str, path: str = "$.failure") -> State:
    return {"ErrorEquals": ["States.ALL"], "ResultPath": path, "Next": state}
