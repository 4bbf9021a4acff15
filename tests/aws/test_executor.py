"""`lode run --executor aws` against the interpreter, over a source that is in the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lode.errors import WarehouseError
from lode.workflow import aws
from tests.aws.cloud import Cloud, Fault, functions_at, interpreter, rows_of
from tests.workflow.homes import SMALL, Home, assert_same_rows, kill

ASKED = ("run", "--source", "market", *SMALL, "--json")
IN_AWS = ("--executor", "aws")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "_POLL_SECONDS", 0.05)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, market: Path) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("local") / "home")
    assert home.lode("import", "bars", market).code == 0
    assert home.lode(*ASKED).code == 0
    yield home
    home.stop()


@pytest.fixture
def home(tmp_path: Path, market: Path) -> Iterator[Home]:
    home = Home(
        tmp_path / "home", (("LODE_STATE_MACHINE_ARN", "arn:aws:states:eu-central-1:123456789012:stateMachine:lode"),)
    )
    assert home.lode("import", "bars", market).code == 0
    yield home
    home.stop()


def test_a_run_in_aws_prints_and_leaves_what_a_local_run_does(home: Home, local: Home) -> None:
    with functions_at(home), interpreter(Cloud()):
        ours = home.lode(*ASKED, *IN_AWS).json
    theirs = local.lode(*ASKED).json
    varying = {"trials_per_second", "run"}
    assert {k: v for k, v in ours.items() if k not in varying} == {k: v for k, v in theirs.items() if k not in varying}
    assert_same_rows(rows_of(home), rows_of(local))


def test_shards_that_die_fail_the_run_with_a_reason_and_a_resume_completes_it(home: Home, local: Home) -> None:
    deaths = iter([True] * 4)

    def die(process, shard: int, _attempt: int) -> None:
        if shard == 1 and next(deaths, False):
            kill(process.pid)

    cloud = Cloud(started=die)
    with functions_at(home), interpreter(cloud):
        failed = home.lode(*ASKED, *IN_AWS)
        assert failed.code == 1
        assert "ended FAILED: States.TaskFailed: Array Child Job failed" in failed.message
        command = failed.message.rpartition("`lode ")[2].rstrip("`").split()
        assert command[:3] == ["run", *IN_AWS]
        again = home.lode(*command, "--json")
        (told,) = [call for call in cloud.calls if call.step == "fail"]
        cloud.deliver(told)  # once more, late: a run that has its result does not fail
    assert again.json["run"] == command[-1]
    assert len(cloud.jobs) == 3  # the first epoch twice: once more, one child died and was started again
    assert_same_rows(rows_of(home), rows_of(local))


def test_an_input_that_is_refused_leaves_its_reason(home: Home) -> None:
    with functions_at(home), interpreter(Cloud()):
        assert home.lode("run", "--source", "market.csv", *IN_AWS).code == 2
        failed = home.lode("run", "--source", "nowhere", *IN_AWS)
    assert failed.code == 1
    assert "--source 'nowhere'" in failed.message
    rows = rows_of(home)["runs"].rows(named=True)
    assert [row["state"] for row in rows] == ["failed"]


def test_an_execution_that_is_resumed_begins_again_with_its_input(home: Home) -> None:
    broken = iter([Fault("DataError", "once")])
    with functions_at(home), interpreter(Cloud(fault=lambda step, _: next(broken, None) if step == "plan" else None)):
        failed = home.lode("run", "--source", "market", "--candidates", 2, "--shards", 1, *IN_AWS)
        assert "ended FAILED: once" in failed.message
        name = failed.message.rpartition(" ")[2].rstrip("`")
        assert name.startswith("lode-x")
        assert home.lode("run", *IN_AWS, "--resume", name, "--json").json["candidates"] == 2


def test_what_is_missing_is_said(home: Home) -> None:
    bare = Home(home.folder)
    assert "LODE_STATE_MACHINE_ARN is not set" in bare.lode(*ASKED, *IN_AWS).message
    wrong = Home(home.folder, (("LODE_STATE_MACHINE_ARN", "lode"),))
    assert "stateMachine:NAME" in wrong.lode(*ASKED, *IN_AWS).message
    assert "--address" in home.lode(*ASKED, *IN_AWS, "--address", "a:1").message
    assert "the deployment's schedule" in home.lode(*ASKED, *IN_AWS, "--every", "daily").message


def test_an_end_that_a_reader_cannot_record_is_left_to_the_deployments_rule(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object) -> str:
        raise WarehouseError("the login may only read")

    monkeypatch.setattr(aws, "record_failed", refused)
    aws.StateMachine(None)._record({"run": "1"}, {"Error": "ABORTED", "Cause": "asked to stop"})
    assert "the login may only read" in "".join(capsys.readouterr())
