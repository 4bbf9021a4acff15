from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from lode.warehouse import open_warehouse
from lode.warehouse.stores.runs import RunRecord, StepRecord, record_run, record_step
from lode.warehouse.stores.scaling import read_scaling

START = datetime(2026, 11, 20, 22, tzinfo=UTC)


@pytest.fixture
def warehouse(lode_settings):
    with open_warehouse(lode_settings) as opened:
        yield opened


def record(run="a", shards=2, *, snapshot="s", code="1", state="succeeded", settings=None, **options):
    made = json.dumps({"options": {"seed": 0, "shards": shards, **options}, "vault_first": "2024-01-02"})
    told = made if settings is None else settings
    return RunRecord(run, snapshot, "sample", "", told, code, 0, state, START, START)


def step(warehouse, run, name, shard, begin, end, cpu, *, attempts=1, cost=0.0):
    times = [START + timedelta(seconds=second) if second is not None else None for second in (begin, end)]
    taken = StepRecord(run, name, shard, "succeeded", attempts, *times, cpu_seconds=cpu, cost=cost)
    record_step(warehouse, taken)


def steps(warehouse, run, **about):
    """Collecting for 100 s, two shards from second 100 to 107 and 110, select from 110 to 112."""
    step(warehouse, run, "collect", -1, 0, 100, 50)
    step(warehouse, run, "mine", 0, 100, 107, 6)
    step(warehouse, run, "mine", 1, 101, 110, 8, cost=0.25)
    step(warehouse, run, "select", -1, 110, 112.5, 1.5, **about)


def test_times_run_from_the_first_shard_to_the_last_step(warehouse):
    record_run(warehouse, ours := record())
    steps(warehouse, "a")
    row = read_scaling(warehouse, ours).row(0, named=True)
    assert row == {
        "run": "a",
        "shards": 2,
        "seconds": 12.5,
        "mine_seconds": 10.0,
        "cpu_seconds": 15.5,
        "mine_cpu_seconds": 14.0,
        "cost": 0.25,
        "interrupted": False,
    }


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (record("b", 1), ["b", "a"]),
        (record("b", 8), ["a", "b"]),
        (record("b", 8, seed=1), ["a"]),
        (record("b", 8, snapshot="t"), ["a"]),
        (record("b", 8, code="2"), ["a"]),
        (record("b", 8, state="failed"), ["a"]),
        (record("b", 8, settings="<b>"), ["a"]),
    ],
)
def test_runs_are_comparable_that_differ_in_their_shards_alone(warehouse, other, found):
    for run in (ours := record(), other):
        record_run(warehouse, run)
        steps(warehouse, run.run)
    assert read_scaling(warehouse, ours)["run"].to_list() == found


def test_a_step_that_was_begun_twice_marks_its_run(warehouse):
    record_run(warehouse, ours := record())
    steps(warehouse, "a", attempts=2)
    assert read_scaling(warehouse, ours)["interrupted"].to_list() == [True]


@pytest.mark.parametrize("settings", ["", "[]", '{"options": {}}', '{"options": {"shards": "many"}}'])
def test_settings_that_say_nothing_of_shards_compare_with_nothing(warehouse, settings):
    record_run(warehouse, ours := record(settings=settings))
    steps(warehouse, "a")
    assert read_scaling(warehouse, ours).is_empty()
