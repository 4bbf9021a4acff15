"""What a rendered machine calls, on this machine: the real handlers in this process, the real Batch command as
processes, under moto's interpreter.
"""

from __future__ import annotations

import contextlib
import fnmatch
import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import polars as pl
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_batch,
    state_task_service_callback,
)

from lode.workflow import handlers
from lode.workflow.context import open_context
from lode.workflow.machine import Resources, render
from tests.workflow.homes import RUN_TABLES, Home, table_rows

_FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:"
RESOURCES = Resources(
    f"{_FUNCTION}steps",
    f"{_FUNCTION}collect_market",
    f"{_FUNCTION}collect_filings",
    f"{_FUNCTION}collect_news",
    "arn:aws:batch:eu-central-1:123456789012:job-queue/shards",
    "arn:aws:batch:eu-central-1:123456789012:job-definition/shard:1",
)
ROLE = "arn:aws:iam::123456789012:role/machine"
MOST_BYTES = 256 * 1024  # of a payload, as Step Functions has it
AT_ONCE = 2


@dataclass(frozen=True)
class Fault:
    """An error as Lambda tells it; `worked` is whether the function had done its work by then."""

    kind: str
    message: str = "it broke"
    worked: bool = False


@dataclass
class Call:
    """One call of a function: its name, its event, and the answer."""

    function: str
    event: Any
    answer: Any = None

    @property
    def step(self) -> str:
        """Name of the step, or of the collector."""
        return str(self.event["step"]) if self.function == "steps" else self.function


class Runtime:
    """Lambda's context object: so many seconds are left."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self.end - time.monotonic()) * 1000)


@dataclass
class Cloud:
    """Functions and a job queue.

    fault: may break a call; asked with the name of the step and how often it was called before. started: hears of every
    process of a job, so that a test can kill it. after: hears of every call that was answered. twice: every event is
    delivered twice.
    """

    fault: Callable[[str, int], Fault | None] = lambda _step, _before: None
    started: Callable[[subprocess.Popen[bytes], int, int], None] = lambda _process, _shard, _attempt: None
    after: Callable[[Call], None] = lambda _call: None
    twice: bool = False
    seconds: float = 600.0
    log: Path = Path(os.devnull)
    calls: list[Call] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    largest: int = 0
    _lock: Any = field(default_factory=threading.Lock)
    _running: dict[str, Any] = field(default_factory=dict)

    def client(self, *_: object, **__: object) -> Cloud:
        return self

    # --- Lambda

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        call = Call(FunctionName.rpartition(":")[2], json.loads(Payload))
        with self._lock:
            before = sum(other.step == call.step for other in self.calls)
            self.calls.append(call)
        fault = self.fault(call.step, before)
        try:
            if fault is None or fault.worked:
                call.answer = self._delivered(call)
        except Exception as error:  # noqa: BLE001  as Lambda's runtime does
            fault = Fault(type(error).__name__, str(error))
        answer = {"errorType": fault.kind, "errorMessage": fault.message, "stackTrace": []} if fault else call.answer
        body = json.dumps(answer).encode()
        self.largest = max(self.largest, len(Payload), len(body))
        return {"StatusCode": 200, "Payload": io.BytesIO(body)} | ({"FunctionError": "Unhandled"} if fault else {})

    def _delivered(self, call: Call) -> Any:
        """Call the handler, twice where every event is to be delivered twice; the first answer counts."""
        answer, *_ = [self.deliver(call) for _ in range(1 + self.twice)]
        self.after(call)
        return answer

    def deliver(self, call: Call) -> Any:
        """Call the real handler with what JSON makes of the event."""
        return getattr(handlers, call.function)(json.loads(json.dumps(call.event)), Runtime(self.seconds))

    # --- Batch

    def submit_job(self, **job: Any) -> dict[str, Any]:
        number = str(len(self.jobs))
        self.jobs.append(job)
        pool = ThreadPoolExecutor(AT_ONCE)
        shards = job.get("ArrayProperties", {}).get("Size", 1)
        self._running[number] = [pool.submit(self.child, job, number, shard) for shard in range(shards)]
        pool.shutdown(wait=False)
        return {"jobName": job["JobName"], "JobId": number}

    def describe_jobs(self, jobs: list[str]) -> dict[str, Any]:
        children = self._running[jobs[0]]
        if not all(child.done() for child in children):
            return {"jobs": [{"jobId": jobs[0], "status": "RUNNING"}]}
        good = all(child.result() == 0 for child in children)
        reason = {} if good else {"statusReason": "Array Child Job failed"}
        return {"jobs": [{"jobId": jobs[0], "status": "SUCCEEDED" if good else "FAILED"} | reason]}

    def child(self, job: dict[str, Any], number: str, shard: int) -> int:
        """Run a child of an array as its queue does: again where the strategy says so. Return the last exit code."""
        strategy = job["RetryStrategy"]
        code = -1
        for attempt in range(strategy["Attempts"]):
            code = self._container(job, number, shard, attempt)
            if code == 0 or _on_exit(strategy["EvaluateOnExit"], code) == "EXIT":
                break
        return code

    def _container(self, job: dict[str, Any], number: str, shard: int, attempt: int) -> int:
        given = {e["Name"]: e["Value"] for e in job["ContainerOverrides"]["Environment"] if "Name" in e}
        given |= {"AWS_BATCH_JOB_ID": f"{number}:{shard}"}
        if "ArrayProperties" in job:
            given |= {"AWS_BATCH_JOB_ARRAY_INDEX": str(shard)}
        with self.log.open("ab") as heard:
            process = subprocess.Popen(
                [sys.executable, "-m", "lode.workflow.batch"], env=dict(os.environ) | given, stderr=heard
            )
            self.started(process, shard, attempt)
            code = process.wait(120)
        return 128 - code if code < 0 else code


def _on_exit(rules: list[dict[str, str]], code: int) -> str:
    """Return what Batch does after an exit code; without a rule that matches it tries again."""
    for rule in rules:
        if "OnExitCode" in rule and fnmatch.fnmatch(str(code), rule["OnExitCode"]):
            return rule["Action"]
    return "RETRY"


@contextlib.contextmanager
def interpreter(cloud: Any, *, definition: dict[str, Any] | None = None) -> Iterator[tuple[Any, str]]:
    """moto's Step Functions with the machine in it, whose tasks are the cloud's; waits take no time."""
    instant = SimpleNamespace(sleep=lambda _seconds: None)
    with pytest.MonkeyPatch.context() as patch, mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        for module in (lambda_eval_utils, state_task_service_batch):
            patch.setattr(module, "boto_client_for", cloud.client)
        bindings = state_task_service_batch._SUPPORTED_API_PARAM_BINDINGS
        patch.setitem(bindings, "submitjob", bindings["submitjob"] | {"ShareIdentifier"})  # as Step Functions has it
        patch.setattr(retrier_decl, "time", instant)
        patch.setattr(state_task_service_callback, "_DELAY_SECONDS_SYNC_CONDITION_CHECK", 0.05)
        states = boto3.client("stepfunctions")
        machine = states.create_state_machine(
            name="lode", definition=json.dumps(definition or render(RESOURCES)), roleArn=ROLE
        )
        yield states, machine["stateMachineArn"]


def execute(cloud: Any, event: Any, *, definition: dict[str, Any] | None = None) -> dict[str, Any]:
    """Run the machine with an input to its end."""
    with interpreter(cloud, definition=definition) as (states, machine):
        started = states.start_execution(stateMachineArn=machine, name="e1", input=json.dumps(event))
        return ended(states, started["executionArn"])


def ended(states: Any, execution: str) -> dict[str, Any]:
    """Wait for the end of an execution."""
    deadline = time.monotonic() + 240
    while (end := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < deadline, "the execution does not end"
        time.sleep(0.02)
    return dict(end)


@contextlib.contextmanager
def functions_at(home: Home, clock: Callable[[], datetime] | None = None) -> Iterator[None]:
    """What the functions are given: a home's settings, and a clock."""
    with home._surroundings(), pytest.MonkeyPatch.context() as patch:
        if clock is not None:

            @contextlib.contextmanager
            def opened(settings: Any) -> Iterator[Any]:
                with open_context(settings) as context:
                    yield replace(context, clock=clock)

            patch.setattr(handlers, "open_context", opened)
        yield


def rows_of(home: Home) -> dict[str, pl.DataFrame]:
    """Return the rows of a home's only run."""
    with home.context() as context:
        return table_rows(context.warehouse, RUN_TABLES)
