from __future__ import annotations

import io
import json
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_batch

from lode import errors
from lode.workflow.machine import AFTER_MINE, BEFORE_MINE, Resources, render

RESOURCES = Resources(
    "arn:aws:lambda:eu-central-1:123456789012:function:steps",
    "arn:aws:batch:eu-central-1:123456789012:job-queue/shards",
    "arn:aws:batch:eu-central-1:123456789012:job-definition/shard:1",
)
ROLE = "arn:aws:iam::123456789012:role/machine"


def successors(state: dict[str, Any]) -> set[str]:
    rules = [*state.get("Catch", []), *state.get("Choices", [])]
    found = {state.get("Next"), state.get("Default"), *(rule["Next"] for rule in rules)}
    return {name for name in found if name}


def test_every_state_is_reached_and_every_way_leads_to_a_state():
    machine = render()
    reached, edge = {machine["StartAt"]}, {machine["StartAt"]}
    while edge:
        edge = set().union(*(successors(machine["States"][name]) for name in edge)) - reached
        reached |= edge
    assert reached == set(machine["States"])


def test_every_task_has_a_timeout_a_jittered_retry_and_a_way_to_fail():
    tasks = {name: state for name, state in render()["States"].items() if state["Type"] == "Task"}
    assert len(tasks) == 8 + 2 + 1
    for task in tasks.values():
        assert task["TimeoutSeconds"] > 0
        assert all(retry["JitterStrategy"] == "FULL" and retry["BackoffRate"] > 1 for retry in task["Retry"])
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


def test_no_lambda_is_waited_for_longer_than_one_may_run():
    for state in render()["States"].values():
        if state.get("Resource", "").endswith("lambda:invoke"):
            assert state["TimeoutSeconds"] <= 900


def test_the_errors_that_are_retried_exist():
    for state in render()["States"].values():
        for retry in state.get("Retry", []):
            ours = [name for name in retry["ErrorEquals"] if "." not in name]
            assert all(issubclass(getattr(errors, name), errors.LodeError) for name in ours)


def test_the_steps_are_the_designs():
    steps = ["validate", "collect", "snapshot", "plan", "mine", "select", "prove", "publish", "notify"]
    assert [*BEFORE_MINE, "mine", *AFTER_MINE] == steps


def test_one_style_throughout():
    assert "QueryLanguage" not in json.dumps(render())
    assert "{%" not in json.dumps(render())


class Cloud:
    """The steps' function and the job queue of the interpreter: records what is asked, answers as the steps do."""

    def __init__(
        self, *, shards: int = 3, epochs: int = 2, broken: tuple[str, str] | None = None, jobs: str = "SUCCEEDED"
    ):
        self.plan = {"run": "r1", "snapshot": "s1", "shards": shards, "epochs": epochs}
        self.broken, self.jobs = broken, jobs
        self.calls: list[tuple[str, dict]] = []
        self.submitted: list[dict] = []

    def client(self, **_: object) -> Cloud:
        return self

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert FunctionName == RESOURCES.steps_function
        call = json.loads(Payload)
        self.calls.append((call["step"], call["event"]))
        if self.broken and self.broken[0] == call["step"]:
            fault = {"errorType": self.broken[1], "errorMessage": "no prices"}
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(fault).encode())}
        answer = self.plan if call["step"] == "plan" else call["event"]
        return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(answer).encode())}

    def submit_job(self, **job: Any) -> dict[str, Any]:
        self.submitted.append(job)
        return {"jobName": "shards", "JobId": str(len(self.submitted))}

    def describe_jobs(self, jobs: list[str]) -> dict[str, Any]:
        return {"jobs": [{"jobId": jobs[0], "status": self.jobs}]}


@pytest.fixture
def execute(monkeypatch: pytest.MonkeyPatch):
    """Run the machine in moto's interpreter; return the execution's end."""

    def run(cloud: Cloud, event: dict[str, Any]) -> dict[str, Any]:
        definition = render(RESOURCES)
        for state in definition["States"].values():
            for retry in state.get("Retry", []):
                retry["IntervalSeconds"], retry["MaxAttempts"], retry["MaxDelaySeconds"] = 1, 1, 2
        for module in (lambda_eval_utils, state_task_service_batch):
            monkeypatch.setattr(module, "boto_client_for", cloud.client)
        with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
            states = boto3.client("stepfunctions")
            machine = states.create_state_machine(name="lode", definition=json.dumps(definition), roleArn=ROLE)
            started = states.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(event))
            while (end := states.describe_execution(executionArn=started["executionArn"]))["status"] == "RUNNING":
                pass
            return end

    return run


def test_the_steps_run_in_their_order_and_each_gets_what_the_last_returned(execute):
    cloud = Cloud()
    end = execute(cloud, {"source": "sample"})
    assert end["status"] == "SUCCEEDED"
    assert [step for step, _ in cloud.calls] == [*BEFORE_MINE, *AFTER_MINE]
    assert cloud.calls[1][1] == {"source": "sample"}
    assert cloud.calls[4][1] == cloud.plan | {"epoch": 2}


def test_an_epoch_is_one_array_job_of_as_many_children_as_there_are_shards(execute):
    cloud = Cloud(shards=3, epochs=2)
    execute(cloud, {})
    assert [job["ArrayProperties"]["Size"] for job in cloud.submitted] == [3, 3]
    assert [job["JobName"] for job in cloud.submitted] == ["lode-r1-0", "lode-r1-1"]
    environments = [job["ContainerOverrides"]["Environment"] for job in cloud.submitted]
    assert [{e["Name"]: e["Value"] for e in env if "Name" in e} for env in environments] == [
        {"LODE_RUN": "r1", "LODE_EPOCH": "0"},
        {"LODE_RUN": "r1", "LODE_EPOCH": "1"},
    ]


def test_one_shard_is_a_job_without_an_array(execute):
    cloud = Cloud(shards=1, epochs=1)
    assert execute(cloud, {})["status"] == "SUCCEEDED"
    assert ["ArrayProperties" in job for job in cloud.submitted] == [False]


def test_a_step_that_refuses_ends_failed_with_its_reason_recorded(execute):
    cloud = Cloud(broken=("validate", "UsageError"))
    end = execute(cloud, {"universe": "?"})
    assert (end["status"], end["error"]) == ("FAILED", "RunFailed")
    assert end["cause"].startswith("UsageError: ")
    assert "no prices" in end["cause"]
    assert [step for step, _ in cloud.calls] == ["validate", "fail"]
    assert cloud.calls[-1][1]["failure"]["Error"] == "UsageError"


def test_a_source_that_throttles_is_asked_again(execute):
    cloud = Cloud(broken=("collect", "ThrottledError"))
    assert execute(cloud, {})["cause"].startswith("ThrottledError: ")
    assert [step for step, _ in cloud.calls] == ["validate", "collect", "collect", "fail"]


def test_a_shard_that_fails_fails_the_run(execute):
    cloud = Cloud(jobs="FAILED")
    end = execute(cloud, {})
    assert end["status"] == "FAILED"
    assert end["cause"].startswith("States.TaskFailed: ")
    assert cloud.calls[-1][0] == "fail"


def test_a_failure_that_cannot_be_recorded_still_fails_with_the_first_reason(execute, monkeypatch):
    cloud = Cloud(broken=("validate", "UsageError"))
    original = cloud.invoke

    def no_recorder(**call: Any) -> dict[str, Any]:
        if b'"fail"' in call["Payload"]:
            raise RuntimeError("the recorder is gone")
        return original(**call)

    monkeypatch.setattr(cloud, "invoke", no_recorder)
    assert execute(cloud, {})["cause"].startswith("UsageError: ")
