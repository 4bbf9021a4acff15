from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from lode.errors import NotFoundError
from lode.warehouse import Warehouse
from lode.warehouse.stores.runs import (
    RunRecord,
    StepRecord,
    list_runs,
    read_attempts,
    read_panels_of_runs,
    read_run,
    read_steps,
    read_trial_rate,
    record_run,
    record_step,
)

BEGAN = datetime(2026, 1, 5, 9, 30, 0, 123456, tzinfo=UTC)


def _run(**more: object) -> RunRecord:
    record = RunRecord(uuid4().hex, "snap", "mine", "all", '{"vault": []}', "0.1+abc", 2**63, "running", BEGAN)
    return replace(record, **more)  # type: ignore[arg-type]


def _step(run: str, step: str, shard: int = -1, **more: object) -> StepRecord:
    return replace(StepRecord(run, step, shard, "running", 1, BEGAN), **more)  # type: ignore[arg-type]


def test_the_latest_state_of_a_run_is_read_with_its_microseconds(writer: Warehouse) -> None:
    running = _run()
    record_run(writer, running)
    assert read_run(writer, running.run) == running
    done = running.ending("succeeded", BEGAN + timedelta(seconds=3), trials=7, proven=1, refused=2, message="fine")
    record_run(writer, done)
    assert read_run(writer, running.run) == done
    assert (done.started, done.trials, done.state) == (BEGAN, 7, "succeeded")


def test_an_unknown_run_is_answered_with_the_newest(writer: Warehouse) -> None:
    newest = _run(started=datetime(2200, 1, 1, tzinfo=UTC))
    record_run(writer, newest)
    with pytest.raises(NotFoundError, match=f"no run 'nobody'; the newest runs: {newest.run}.*lode runs list"):
        read_run(writer, "nobody")
    assert list_runs(writer, most=1)["run"].to_list() == [newest.run]


def test_settings_of_every_run_are_decoded(writer: Warehouse) -> None:
    record = _run(settings='{"vault": ["2019-01-02", "2019-06-28"], "instruments": ["Ä"]}')
    record_run(writer, record)
    assert dict(read_panels_of_runs(writer))[record.run]["instruments"] == ["Ä"]


def test_a_step_has_one_row_and_its_attempts_are_counted(writer: Warehouse) -> None:
    run = uuid4().hex
    assert read_attempts(writer, run, "mine", 0) == 0
    record_step(writer, _step(run, "mine", 0))
    record_step(writer, _step(run, "mine", 0, attempts=2, state="succeeded", rows=50))
    record_step(writer, _step(run, "mine", 1, started=BEGAN + timedelta(seconds=1)))
    steps = read_steps(writer, run)
    assert steps.select("step", "shard", "state", "attempts", "rows").rows() == [
        ("mine", 0, "succeeded", 2, 50),
        ("mine", 1, "running", 1, 0),
    ]
    assert [read_attempts(writer, run, "mine", shard) for shard in (0, 1, 2)] == [2, 1, 0]


def test_the_rate_counts_from_the_first_shards_start_to_the_last_ones_end(writer: Warehouse) -> None:
    run = uuid4().hex
    assert read_trial_rate(writer, run) is None
    for shard, (start, end) in enumerate([(0, 2), (1, 5)]):
        times = {"started": BEGAN + timedelta(seconds=start), "ended": BEGAN + timedelta(seconds=end)}
        record_step(writer, _step(run, "mine", shard, rows=50, **times))
    record_step(writer, _step(run, "select", ended=BEGAN + timedelta(seconds=90), rows=1000))
    assert read_trial_rate(writer, run) == 20.0


def test_a_rate_over_no_time_is_none(writer: Warehouse) -> None:
    run = uuid4().hex
    record_step(writer, _step(run, "mine", 0, rows=5, ended=BEGAN))
    assert read_trial_rate(writer, run) is None
