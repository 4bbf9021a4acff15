"""The rendered machine: what it is made of, and the ways through it, with functions that answer as the real ones do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from lode import errors
from lode.workflow.gathering import BATCH
from lode.workflow.machine import AFTER_MINE, BEFORE_MINE, COLLECTORS, render
from lode.workflow.steps import AFTER_MINE as STEPS_AFTER
from lode.workflow.steps import BEFORE_PLAN
from tests.aws.cloud import RESOURCES, Call, Cloud, Fault, execute

State = dict[str, Any]


def machines(machine: State) -> Iterator[State]:
    """The machine and those within it."""
    yield machine
    for state in machine["States"].values():
        for inner in [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]:
            yield from machines(inner)


def states_of(kind: str) -> dict[str, State]:
    return {name: state for m in machines(render()) for name, state in m["States"].items() if state["Type"] == kind}


def successors(state: State) -> set[str]:
    rules = [*state.get("Catch", []), *state.get("Choices", [])]
    found = {state.get("Next"), state.get("Default"), *(rule["Next"] for rule in rules)}
    return {name for name in found if name}


def test_every_state_is_reached_and_every_way_leads_to_a_state() -> None:
    for machine in machines(render()):
        reached, edge = {machine["StartAt"]}, {machine["StartAt"]}
        while edge:
            edge = set().union(*(successors(machine["States"][name]) for name in edge)) - reached
            reached |= edge
        assert reached == set(machine["States"])


def test_names_are_unique_throughout_and_as_short_as_they_may_be() -> None:
    names = [name for machine in machines(render()) for name in machine["States"]]
    assert len(names) == len(set(names))
    assert max(map(len, names)) <= 80


def test_every_task_has_a_timeout_and_a_jittered_retry() -> None:
    tasks = states_of("Task")
    assert len(tasks) == 8 + 3 + 2 + 2 + 1
    for task in tasks.values():
        assert task["TimeoutSeconds"] > 0
        assert all(retry["JitterStrategy"] == "FULL" and retry["BackoffRate"] > 1 for retry in task["Retry"])
    assert render()["TimeoutSeconds"] > 0


def test_only_a_market_that_fails_has_no_way_out_of_its_map() -> None:
    catching = {name for name, s in (states_of("Task") | states_of("Parallel")).items() if "Catch" in s}
    assert set(states_of("Task")) | {"collectors"} == catching | {"market"}
    for state in (states_of("Task") | states_of("Parallel")).values():
        for catch in state.get("Catch", [])[-1:]:
            assert catch["ErrorEquals"] == ["States.ALL"]


def test_a_store_that_is_gone_for_a_minute_is_outlasted() -> None:
    (rule,) = [rule for rule in states_of("Task")["select"]["Retry"] if "WarehouseError" in rule["ErrorEquals"]]
    waits = [min(2 * 2**n, rule["MaxDelaySeconds"]) for n in range(rule["MaxAttempts"])]
    assert sum(waits) / 2 > 60  # a random share of each


def test_no_lambda_is_waited_for_longer_than_one_may_run() -> None:
    for name, state in states_of("Task").items():
        if state["Resource"].endswith("lambda:invoke"):
            assert state["TimeoutSeconds"] <= (600 if name in COLLECTORS else 900)


def test_the_errors_that_are_retried_exist() -> None:
    for state in states_of("Task").values():
        for retry in state["Retry"]:
            ours = [name for name in retry["ErrorEquals"] if "." not in name]
            assert all(issubclass(getattr(errors, name), errors.LodeError) for name in ours)


def test_the_steps_are_the_designs() -> None:
    steps = ["validate", "collect", "snapshot", "plan", "mine", "select", "prove", "publish", "notify"]
    assert [*BEFORE_MINE, "mine", *AFTER_MINE] == steps
    assert (list(BEFORE_MINE), list(AFTER_MINE)) == (list(BEFORE_PLAN), list(STEPS_AFTER))
    assert list(COLLECTORS) == list(BATCH)


def test_one_style_throughout() -> None:
    assert "QueryLanguage" not in json.dumps(render())
    assert "{%" not in json.dumps(render())


class Played(Cloud):
    """Functions that answer as the real ones do, without doing anything; of every batch two thirds are left twice."""

    def __init__(
        self,
        *,
        shards: int = 3,
        epochs: int = 2,
        done: bool = False,
        broken: dict[str, str] | None = None,
        batches: int = 0,
        jobs: int = 0,
        times: int = 99,
    ) -> None:
        broken = broken or {}
        super().__init__(fault=lambda step, before: Fault(broken[step]) if step in broken and before < times else None)
        self.plan = {"run": "r1", "snapshot": "s1", "shards": shards, "epochs": epochs, "done": done, "share": "user7"}
        self.batches, self.exit = batches, jobs

    def deliver(self, call: Call) -> Any:
        sent = call.event
        if call.function != "steps":
            return sent | {"left": max(sent.get("left", 3) - 1, 0)}
        if sent["step"] == "validate" and self.batches:
            parts = {n: [{"collector": n, "place": p} for p in range(self.batches)] for n in COLLECTORS}
            return sent["event"] | {"batches": parts, "concurrency": dict.fromkeys(COLLECTORS, 2)}
        answers = {
            "plan": self.plan,
            "miss": {"collector": sent["event"].get("collector"), "left": 0, "kept": "why"},
            "fail": {"reason": f"told: {sent.get('failure')}"},
        }
        return answers.get(sent["step"], sent["event"])

    def child(self, job: State, number: str, shard: int) -> int:
        return self.exit

    @property
    def steps(self) -> list[str]:
        return [call.step for call in self.calls]


def test_the_steps_run_in_their_order_and_each_gets_what_the_last_returned() -> None:
    cloud = Played()
    end = execute(cloud, {"source": "sample"})
    assert (end["status"], json.loads(end["output"])) == ("SUCCEEDED", cloud.plan)
    assert cloud.steps == [*BEFORE_MINE, *AFTER_MINE]
    assert cloud.calls[1].event["event"] == {"source": "sample"}
    assert cloud.calls[4].event["event"] == cloud.plan
    assert {call.event["execution"] for call in cloud.calls} == {"e1"}


def test_a_run_that_is_done_is_not_mined_again() -> None:
    cloud = Played(done=True)
    assert execute(cloud, {})["status"] == "SUCCEEDED"
    assert (cloud.steps, cloud.jobs) == ([*BEFORE_MINE], [])


def test_an_epoch_is_one_array_job_of_as_many_children_as_there_are_shards() -> None:
    cloud = Played(shards=3, epochs=2)
    execute(cloud, {})
    assert [job["ArrayProperties"]["Size"] for job in cloud.jobs] == [3, 3]
    assert [job["JobName"] for job in cloud.jobs] == ["lode-r1-0", "lode-r1-1"]
    assert {job["ShareIdentifier"] for job in cloud.jobs} == {"user7"}
    environments = [job["ContainerOverrides"]["Environment"] for job in cloud.jobs]
    assert [{e["Name"]: e["Value"] for e in env if "Name" in e} for env in environments] == [
        {"LODE_RUN": "r1", "LODE_EPOCH": "0"},
        {"LODE_RUN": "r1", "LODE_EPOCH": "1"},
    ]
    assert (cloud.jobs[0]["JobQueue"], cloud.jobs[0]["JobDefinition"]) == (
        RESOURCES.job_queue,
        RESOURCES.job_definition,
    )


def test_one_shard_is_a_job_without_an_array() -> None:
    cloud = Played(shards=1, epochs=1)
    assert execute(cloud, {})["status"] == "SUCCEEDED"
    assert ["ArrayProperties" in job for job in cloud.jobs] == [False]
    assert cloud.jobs[0]["ShareIdentifier"] == "user7"


def test_every_batch_of_every_collector_is_called_until_nothing_is_left() -> None:
    cloud = Played(batches=2)
    assert execute(cloud, {})["status"] == "SUCCEEDED"
    assert {name: cloud.steps.count(f"collect_{name}") for name in COLLECTORS} == dict.fromkeys(COLLECTORS, 6)
    collected = next(call.event["event"]["collected"] for call in cloud.calls if call.step == "collect")
    assert [[(o["collector"], o["place"], o["left"]) for o in branch] for branch in collected] == [
        [(name, place, 0) for place in (0, 1)] for name in COLLECTORS
    ]


@pytest.mark.parametrize("collector", ["filings", "news"])
def test_filings_or_news_that_fail_become_outcomes(collector: str) -> None:
    cloud = Played(batches=1, broken={f"collect_{collector}": "CollectError"})
    assert execute(cloud, {})["status"] == "SUCCEEDED"
    collected = next(call.event["event"]["collected"] for call in cloud.calls if call.step == "collect")
    assert [outcome.get("kept") for branch in collected for outcome in branch].count("why") == 1
    missed = next(call.event["event"] for call in cloud.calls if call.step == "miss")
    assert missed["collector"] == collector
    assert missed["failure"]["Error"] == "CollectError"


def test_a_failure_of_filings_that_cannot_be_kept_is_still_an_outcome() -> None:
    cloud = Played(batches=1, broken={"collect_filings": "CollectError", "miss": "WarehouseError"})
    assert execute(cloud, {})["status"] == "SUCCEEDED"
    collected = next(call.event["event"]["collected"] for call in cloud.calls if call.step == "collect")
    assert collected[1] == [{"collector": "filings", "place": 0, "error": "CollectError"}]


def test_a_market_that_fails_fails_the_run() -> None:
    cloud = Played(batches=1, broken={"collect_market": "CollectError"})
    end = execute(cloud, {})
    assert end["status"] == "FAILED"
    assert cloud.steps[-1] == "fail"
    assert "collect" not in cloud.steps
    assert cloud.calls[-1].event["failure"]["Error"] == "CollectError"


def test_a_step_that_refuses_ends_failed_with_the_reason_that_was_recorded() -> None:
    cloud = Played(broken={"validate": "UsageError"})
    end = execute(cloud, {"universe": "?"})
    assert (end["status"], end["error"]) == ("FAILED", "RunFailed")
    assert end["cause"].startswith("told: ")
    assert "it broke" in end["cause"]
    assert cloud.steps == ["validate", "fail"]
    assert cloud.calls[-1].event["failure"]["Error"] == "UsageError"


@pytest.mark.parametrize("given", [None, [], "text", 7])
def test_an_input_that_is_no_object_fails_with_a_reason(given: object) -> None:
    cloud = Played(broken={"validate": "UsageError"})
    end = execute(cloud, given)
    assert end["status"] == "FAILED"
    assert "it broke" in end["cause"]
    assert cloud.calls[-1].event["event"] == given


@pytest.mark.parametrize(("kind", "calls"), [("ThrottledError", 9), ("Sandbox.Timedout", 3), ("UsageError", 1)])
def test_what_may_pass_is_tried_again_and_what_cannot_is_not(kind: str, calls: int) -> None:
    cloud = Played(broken={"snapshot": kind})
    assert execute(cloud, {})["status"] == "FAILED"
    assert cloud.steps.count("snapshot") == calls


def test_shards_that_fail_fail_the_run() -> None:
    cloud = Played(jobs=1)
    end = execute(cloud, {})
    assert end["status"] == "FAILED"
    assert cloud.calls[-1].event["failure"]["Error"] == "States.TaskFailed"
    assert cloud.steps[-1] == "fail"


def test_a_failure_that_cannot_be_recorded_still_fails_with_the_first_reason() -> None:
    cloud = Played(broken={"validate": "UsageError", "fail": "RuntimeError"})
    end = execute(cloud, {})
    assert end["status"] == "FAILED"
    assert end["cause"].startswith("UsageError: ")
    assert "it broke" in end["cause"]
