"""The container's command as a process, in the environment that Batch gives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lode.errors import UsageError
from lode.warehouse.stores.ledger import count_trials
from lode.workflow.batch import STOPPED, shard_of
from lode.workflow.generations import read_epoch
from lode.workflow.plan import load_plan
from lode.workflow.run import execute
from lode.workflow.steps import BEFORE_PLAN, take
from tests.workflow.homes import RUN_TABLES, Here, Home, assert_same_rows, request_for, table_rows, until


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "home")
    yield home
    home.stop()


def _job(home: Home, run: str, **environment: object) -> subprocess.Popen[bytes]:
    given = {"LODE_HOME": home.folder, "LODE_RUN": run, "LODE_EPOCH": 0, **environment}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LODE_")}
    with (home.folder.parent / "job.log").open("ab") as heard:
        return subprocess.Popen(
            [sys.executable, "-m", "lode.workflow.batch"],
            env=kept | {name: str(value) for name, value in given.items()},
            stderr=heard,
        )


def _planned(home: Home, market: Path, **options: Any) -> str:
    with home.context() as context:
        event = request_for(market, **options)
        for step in BEFORE_PLAN:
            event = take(step, event, context)
    return str(event["run"])


def test_an_array_of_jobs_mines_what_a_local_run_mines(home: Home, tmp_path: Path, market: Path) -> None:
    run = _planned(home, market)
    for epoch in (0, 1):
        jobs = [_job(home, run, LODE_EPOCH=epoch, AWS_BATCH_JOB_ARRAY_INDEX=shard) for shard in (0, 1)]
        assert [job.wait(120) for job in jobs] == [0, 0]
    other = Home(tmp_path / "other")
    with home.context() as ours, other.context() as theirs:
        for step in ("select", "prove", "publish", "notify"):
            take(step, {"run": run}, ours)
        execute(request_for(market), theirs, Here(theirs))
        assert_same_rows(table_rows(ours.warehouse, RUN_TABLES), table_rows(theirs.warehouse, RUN_TABLES))
    other.stop()


def test_sigterm_is_a_checkpoint_from_which_the_same_job_goes_on(home: Home, market: Path) -> None:
    run = _planned(home, market, candidates=4_000, shards=1)
    job, folder = _job(home, run), f"runs/{run}/epoch=0/shard=0/"
    with home.context() as context:
        until(lambda: context.lake.list(folder))
        job.send_signal(signal.SIGTERM)
        assert job.wait(120) == STOPPED
        kept = len(context.lake.list(folder))
        assert kept * 50 <= count_trials(context.warehouse, [run]) < 2_000
        assert _job(home, run).wait(120) == 0
        plan = load_plan(context, run)
        assert len(read_epoch(context, plan, 0)[0]) == 2_000
        steps = context.warehouse.query("SELECT state, attempts FROM run_steps FINAL WHERE step = 'mine'")
    assert steps.rows() == [("succeeded", 2)]


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "LODE_RUN=None, LODE_EPOCH=None"),
        ({"LODE_RUN": "r", "LODE_EPOCH": "first"}, "LODE_EPOCH='first'"),
        ({"LODE_RUN": "r", "LODE_EPOCH": "0", "AWS_BATCH_JOB_ARRAY_INDEX": "-1"}, "AWS_BATCH_JOB_ARRAY_INDEX='-1'"),
    ],
)
def test_an_environment_that_says_no_shard_is_refused(environment: dict[str, str], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        shard_of(environment)


def test_a_job_without_an_array_is_shard_0() -> None:
    assert shard_of({"LODE_RUN": "r", "LODE_EPOCH": "1"}) == {"run": "r", "epoch": 1, "shard": 0}


def test_an_unknown_run_ends_with_its_reason_and_no_traceback(home: Home) -> None:
    assert _job(home, "none").wait(120) == 1
    told = (home.folder.parent / "job.log").read_text()
    assert "shard failed" in told
    assert "Traceback" not in told
