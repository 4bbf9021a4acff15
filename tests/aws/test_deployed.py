"""From the schedule's event to rows in the warehouse and a page that shows them, by what was deployed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
import streamlit as st
from moto import mock_aws
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from lode.app.server import MAIN
from tests.aws.cloud import Call, ended, functions_at, interpreter, rows_of
from tests.aws.deployed import Deployed, DeployedCloud, Standing, standing
from tests.replicas.outside import DAYS, SYMBOLS, TODAY, Outside, outside
from tests.replicas.world import evening

STACKS = ("Storage", "Network", "Warehouse", "Collection", "Mining")
# What a test of minutes asks for besides; the schedule's own input says all else.
SMALL: dict[str, Any] = {"start": DAYS[0].isoformat(), "options": {"candidates": 40, "shards": 2, "min_names": 3}}
HOLIDAY = "2024-05-27T20:30:00Z"  # Memorial Day


@pytest.fixture(scope="module")
def deployment(assembly: Callable[[str], dict[str, Any]]) -> Standing:
    """The stacks of a deployment that searches news with a key, created and read back."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x", "DEFAULT_REGION": "eu-central-1"}.items():
            patch.setenv(f"AWS_{name}", value)
        return standing(Deployed(assembly("outside")).up(STACKS))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Outside]:
    with outside(tmp_path) as made:
        made.market.today = TODAY
        yield made


def scheduled(deployment: Standing, moment: str, **changed: Any) -> str:
    """The input that the scheduler sends at a moment."""
    text = deployment.target["Input"].replace("<aws.scheduler.scheduled-time>", moment)
    return json.dumps(json.loads(text) | changed)


def cloud_of(deployment: Standing, world: Outside) -> DeployedCloud:
    """The deployed functions over the replicas; where these are is all that they are told besides."""
    told = {name: value for name, value in world.home.environment if name.endswith(("_URL", "_RATE"))}
    return DeployedCloud(
        deployment=deployment,
        home=world.home.folder,
        sources={name: value for name, value in told.items() if name != "LODE_SEC_RATE"},
    )


def started(deployment: Standing, cloud: DeployedCloud, given: str) -> dict[str, Any]:
    """Do what the schedule's target says with the machine that was read back; return the execution's end."""
    assert deployment.target["Arn"] == deployment.machine
    with interpreter(cloud, definition=dict(deployment.definition)) as (states, machine):
        for function in deployment.functions.values():
            if secret := function.environment.get("LODE_TAVILY_SECRET"):
                name = secret.rpartition(":secret:")[2].rpartition("-")[0]
                made = boto3.client("secretsmanager").create_secret(Name=name, SecretString="a-key")
                cloud.sources = {**cloud.sources, "LODE_TAVILY_SECRET": made["ARN"]}
        execution = states.start_execution(stateMachineArn=machine, name="scheduled", input=given)
        return ended(states, execution["executionArn"])


def test_from_the_schedule_to_rows_and_a_page(
    deployment: Standing, world: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = cloud_of(deployment, world)
    given = scheduled(deployment, f"{TODAY}T20:30:00Z", universe=",".join(SYMBOLS), **SMALL)
    with functions_at(world.home, lambda: evening(TODAY)):
        end = started(deployment, cloud, given)
    assert end["status"] == "SUCCEEDED", end
    rows = rows_of(world.home)
    (run,) = rows["runs"].rows(named=True)
    assert (run["state"], run["message"]) == ("succeeded", "")
    assert rows["trials"].height == SMALL["options"]["candidates"]
    assert {job["JobDefinition"] for job in cloud.jobs} == set(deployment.jobs)
    collected = [call for call in cloud.calls if "collector" in call.event]
    assert {call.event["collector"] for call in collected} == {"market", "filings", "news"}
    assert world.news.requests
    assert {request.headers["authorization"] for request in world.news.requests} == {"Bearer a-key"}
    assert run["run"] in page_of(run["run"], world, monkeypatch)


def page_of(run: str, world: Outside, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the dashboard's page of a run says."""
    st.cache_data.clear()
    monkeypatch.setenv("LODE_HOME", str(world.home.folder))
    page = AppTest.from_file(str(MAIN), default_timeout=120).run()
    page._page_hash = calc_hash("run")
    page.query_params["run"] = run
    page.run()
    assert not page.exception
    return " ".join(str(element.value) for element in (*page.text, *page.code, *page.markdown, *page.metric))


def test_on_a_holiday_the_machine_ends_and_says_why(deployment: Standing, world: Outside) -> None:
    cloud = cloud_of(deployment, world)
    with functions_at(world.home, lambda: datetime(2024, 5, 27, 20, 31, tzinfo=UTC)):
        end = started(deployment, cloud, scheduled(deployment, HOLIDAY))
    assert end["status"] == "SUCCEEDED", end
    assert "no session of XNYS" in json.loads(end["output"])["skipped"]
    assert [call.event["step"] for call in cloud.calls] == ["validate"]
    assert not cloud.jobs


def test_the_schedule_asks_for_what_the_deployment_says(deployment: Standing) -> None:
    given = json.loads(deployment.target["Input"])
    assert (given["source"], given["universe"]) == ("yahoo", "sp500")
    assert given["concurrency"] == {"market": 2, "filings": 1, "news": 1}


def test_a_run_whose_execution_was_stopped_is_recorded_by_the_event_that_tells_of_it(
    deployment: Standing, world: Outside
) -> None:
    cloud = cloud_of(deployment, world)
    given = scheduled(deployment, f"{TODAY}T20:30:00Z", universe=",".join(SYMBOLS), **SMALL)
    with functions_at(world.home, lambda: evening(TODAY)):
        with interpreter(cloud, definition=dict(deployment.definition)) as (states, machine):
            arn = machine.replace(":stateMachine:", ":execution:") + ":scheduled"
            cloud.after = lambda call: (
                states.stop_execution(executionArn=arn) if call.event.get("step") == "plan" else None
            )
            cloud.sources = {**cloud.sources, "LODE_COLLECTORS": "market"}
            states.start_execution(stateMachineArn=machine, name="scheduled", input=given)
            assert ended(states, arn)["status"] == "ABORTED"
        detail = {"name": "scheduled", "status": "ABORTED", "executionArn": arn, "input": given, "cause": None}
        told = {"step": "stopped", "event": detail, "execution": "scheduled"}
        assert deployment.told_of_an_end(detail) == told
        (steps,) = [arn for arn, function in deployment.functions.items() if function.handler.endswith(".steps")]
        cloud.deliver(Call(steps.rpartition(":")[2], told))
    (run,) = rows_of(world.home)["runs"].rows(named=True)
    assert (run["state"], run["message"]) == ("failed", "ABORTED: the execution was ended from outside")
