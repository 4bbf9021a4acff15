"""Runs at once, an owner killed and held up, workers killed: the same rows."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from lode.warehouse.owner.launcher import find_owner
from lode.workflow.collecting import validate
from lode.workflow.context import Event
from lode.workflow.gathering import collect_batch
from lode.workflow.local import LocalExecutor
from lode.workflow.plan import EPOCHS
from lode.workflow.run import execute
from tests.replicas.outside import Outside
from tests.workflow.faults import REQUEST, collected, rows_of
from tests.workflow.homes import (
    RUN_TABLES,
    Here,
    Home,
    assert_same_rows,
    kill,
    request_for,
    table_rows,
    until,
    workers_of,
)


def test_a_batch_that_is_collected_twice_at_once_leaves_the_rows_of_one(
    broken: Outside, undisturbed: tuple[dict[str, pl.DataFrame], int]
) -> None:
    with broken.context() as context:
        parts = validate(dict(REQUEST), context)["batches"]
        for name in ("market", "filings", "news"):
            with ThreadPoolExecutor(2) as pool, broken.context() as other:
                twice = [pool.submit(collect_batch, parts[name][0], own) for own in (context, other)]
                assert [outcome.result()["failed"] for outcome in twice] == [0, 0]
        ours = rows_of(context, runs=False)
    assert_same_rows(ours, collected(undisturbed[0]))


def test_two_runs_that_collect_the_same_at_once_leave_the_rows_of_one_collection(
    broken: Outside, undisturbed: tuple[dict[str, pl.DataFrame], int]
) -> None:
    def run(seed: int) -> Event:
        with broken.context() as context:
            asked = REQUEST | {"options": {"min_names": 3, "candidates": 10, "shards": 1, "seed": seed}}
            return execute(asked, context, Here(context))

    with broken.context() as context, ThreadPoolExecutor(3) as pool:
        results = list(pool.map(run, (0, 0, 1)))
        ours = rows_of(context, runs=False)
        states = context.warehouse.query("SELECT state FROM runs FINAL")["state"].to_list()
        open_steps = context.warehouse.query("SELECT count() AS n FROM run_steps FINAL WHERE state != 'succeeded'")
    assert results[0]["run"] == results[1]["run"] != results[2]["run"]
    assert states == ["succeeded", "succeeded"]
    assert open_steps["n"][0] == 0
    assert_same_rows(ours, collected(undisturbed[0]))


def test_the_warehouse_is_killed_and_held_up_again_and_again(
    broken: Outside, undisturbed: tuple[dict[str, pl.DataFrame], int]
) -> None:
    over, blows = threading.Event(), []

    def disturb() -> None:
        while not over.wait(0.7):
            if owner := find_owner(broken.home.settings.warehouse_folder):
                if len(blows) % 2:
                    kill(owner.pid, signal.SIGSTOP)
                    over.wait(1.5)
                    kill(owner.pid, signal.SIGCONT)
                else:
                    kill(owner.pid)
                blows.append(owner.pid)

    with broken.context() as context:
        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            execute(dict(REQUEST), context, Here(context))
        finally:
            over.set()
            thread.join()
        assert_same_rows(rows_of(context), undisturbed[0])
    assert len(blows) >= 3


def test_many_shards_with_workers_killed_again_and_again_leave_the_rows_of_a_calm_run(
    tmp_path: Path, market: Path, soak_scale: float
) -> None:
    shards = 100 if soak_scale == 1 else 5
    request, rows = request_for(market, candidates=3 * shards, shards=shards), []
    for name, kills in (("calm", 0), ("disturbed", max(shards // 10, 2))):
        home = Home(tmp_path / name)
        try:
            with home.context() as context, LocalExecutor(context.settings, workers=2) as workers:
                killer = threading.Thread(target=_kill_workers, args=(home, kills))
                killer.start()
                result = execute(request, context, workers)
                killer.join()
                rows.append(table_rows(context.warehouse, RUN_TABLES))
        finally:
            home.stop()
    assert shards * 2 < result["trials"] <= 3 * shards
    assert rows[1]["run_steps"].filter(pl.col("step") == "mine").height == EPOCHS * shards
    assert_same_rows(rows[1], rows[0])


def _kill_workers(home: Home, kills: int) -> None:
    """Kill a worker of this process each time that some more shards are done."""
    for number in range(kills):
        until(lambda n=number: len(list((home.folder / "lake").glob("runs/*/epoch=*/shard=*/result.json"))) > 5 * n)
        if workers := workers_of(os.getpid()):
            kill(workers[number % len(workers)].pid)
