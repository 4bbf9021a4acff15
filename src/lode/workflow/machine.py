"""The run's steps as a state machine, rendered to Amazon States Language (JSONPath throughout).

    validate → collect → snapshot → plan ─▶ epoch? ─▶ shards? ─▶ mine (array job, or one job) ─▶ next epoch ─┐
                                              ▲ │                                                            │
                                              │ └─▶ select → prove → publish → notify                        │
                                              └──────────────────────────────────────────────────────────────┘
    any of them ─▶ record failure ─▶ failed

A light step is one call of the steps' Lambda function with {step, event, execution}; what it returns is the next
step's event. `mine` is an AWS Batch job whose containers find LODE_RUN and LODE_EPOCH in their environment and their
shard in AWS_BATCH_JOB_ARRAY_INDEX; an array has at least two children, so that one shard is a job without an array.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lode.errors import LakeError, SourceUnavailableError, ThrottledError, WarehouseError

State = dict[str, Any]

_LAMBDA = "arn:aws:states:::lambda:invoke"
_BATCH = "arn:aws:states:::batch:submitJob.sync"
_HOUR = 3600

BEFORE_MINE = ("validate", "collect", "snapshot", "plan")
AFTER_MINE = ("select", "prove", "publish", "notify")
_TIMEOUT_SECONDS = {"validate": 60, "collect": 900, "snapshot": 900, "plan": 300} | {
    "select": 900,
    "prove": 900,
    "publish": 900,
    "notify": 60,
}
_SHARD_TIMEOUT_SECONDS = 6 * _HOUR
_RUN_TIMEOUT_SECONDS = 24 * _HOUR
_SHARD_ATTEMPTS = 3

_LAMBDA_BUSY = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
_BATCH_BUSY = ["Batch.ServerException", "Batch.TooManyRequestsException"]
_PASSES_BY_ITSELF = [kind.__name__ for kind in (LakeError, SourceUnavailableError, ThrottledError, WarehouseError)]


@dataclass(frozen=True)
class Resources:
    """What the machine calls: ARNs, or the tokens that stand for them until deployment."""

    steps_function: str = "${StepsFunction}"
    job_queue: str = "${JobQueue}"
    job_definition: str = "${JobDefinition}"


def render(resources: Resources | None = None) -> State:
    """Return the machine's definition, ready for `json.dumps`."""
    used = resources or Resources()
    return {
        "Comment": "Lode: collect, mine, prove or refuse, publish",
        "StartAt": BEFORE_MINE[0],
        "TimeoutSeconds": _RUN_TIMEOUT_SECONDS,
        "States": _chain(BEFORE_MINE, "first epoch", used)
        | _mining(used)
        | _chain(AFTER_MINE, "succeeded", used)
        | {"succeeded": {"Type": "Succeed"}}
        | _failing(used),
    }


def _chain(steps: tuple[str, ...], after: str, resources: Resources) -> dict[str, State]:
    """Light steps one after the other, the last one followed by `after`."""
    return {step: _light(step, to, resources) for step, to in zip(steps, (*steps[1:], after), strict=True)}


def _light(step: str, after: str, resources: Resources) -> State:
    return {
        "Type": "Task",
        "Resource": _LAMBDA,
        "Parameters": _call(resources, {"step": step, "event.$": "$", "execution.$": "$$.Execution.Name"}),
        "OutputPath": "$.Payload",
        "TimeoutSeconds": _TIMEOUT_SECONDS[step],
        "Retry": [_retry(_LAMBDA_BUSY, attempts=6), _retry(_PASSES_BY_ITSELF, attempts=4)],
        "Catch": [_to_failure()],
        "Next": after,
    }


def _mining(resources: Resources) -> dict[str, State]:
    """The epochs, one after the other; the shards of an epoch are the children of one array job."""
    array = {"ArrayProperties": {"Size.$": "$.shards"}}
    return {
        "first epoch": {"Type": "Pass", "Result": 0, "ResultPath": "$.epoch", "Next": "epoch?"},
        "epoch?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.epoch", "NumericLessThanPath": "$.epochs", "Next": "shards?"}],
            "Default": AFTER_MINE[0],
        },
        "shards?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.shards", "NumericGreaterThan": 1, "Next": "mine"}],
            "Default": "mine one shard",
        },
        "mine": _job(resources, array),
        "mine one shard": _job(resources, {}),
        "next epoch": {
            "Type": "Pass",
            "Parameters": {
                "run.$": "$.run",
                "snapshot.$": "$.snapshot",
                "shards.$": "$.shards",
                "epochs.$": "$.epochs",
                "epoch.$": "States.MathAdd($.epoch, 1)",
            },
            "Next": "epoch?",
        },
    }


def _job(resources: Resources, array: State) -> State:
    """One Batch job, awaited; a container that its host took down is started again by Batch itself."""
    environment = [
        {"Name": "LODE_RUN", "Value.$": "$.run"},
        {"Name": "LODE_EPOCH", "Value.$": "States.Format('{}', $.epoch)"},
    ]
    parameters = {
        "JobName.$": "States.Format('lode-{}-{}', $.run, $.epoch)",
        "JobQueue": resources.job_queue,
        "JobDefinition": resources.job_definition,
        "ContainerOverrides": {"Environment": environment},
        "RetryStrategy": {
            "Attempts": _SHARD_ATTEMPTS,
            "EvaluateOnExit": [
                {"OnStatusReason": "Host EC2*", "Action": "RETRY"},
                {"OnReason": "*", "Action": "EXIT"},
            ],
        },
        "Timeout": {"AttemptDurationSeconds": _SHARD_TIMEOUT_SECONDS},
    }
    return {
        "Type": "Task",
        "Resource": _BATCH,
        "Parameters": parameters | array,
        "ResultPath": None,
        "TimeoutSeconds": _SHARD_ATTEMPTS * _SHARD_TIMEOUT_SECONDS,
        "Retry": [_retry(_BATCH_BUSY, attempts=6)],
        "Catch": [_to_failure()],
        "Next": "next epoch",
    }


def _failing(resources: Resources) -> dict[str, State]:
    """Record why the run failed, then fail with that reason whether or not it could be recorded."""
    payload = {"step": "fail", "event.$": "$", "execution.$": "$$.Execution.Name"}
    return {
        "record failure": {
            "Type": "Task",
            "Resource": _LAMBDA,
            "Parameters": _call(resources, payload),
            "ResultPath": "$.recorded",
            "TimeoutSeconds": 60,
            "Retry": [_retry(_LAMBDA_BUSY, attempts=6)],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.unrecorded", "Next": "failed"}],
            "Next": "failed",
        },
        "failed": {
            "Type": "Fail",
            "Error": "RunFailed",  # the name of what failed may begin with "States.", which a Fail state's may not
            "CausePath": "States.Format('{}: {}', $.failure.Error, $.failure.Cause)",
        },
    }


def _call(resources: Resources, payload: State) -> State:
    return {"FunctionName": resources.steps_function, "Payload": payload}


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


def _to_failure() -> State:
    return {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "record failure"}
