"""Faults of a run that collects from the outside: deaths, the same twice, two at once; the same rows."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lode.warehouse.owner.launcher import find_owner
from lode.warehouse.stores.runs import list_runs
from lode.workflow.collecting import validate
from lode.workflow.context import Context, Event
from lode.workflow.gathering import collect_batch
from lode.workflow.local import LocalExecutor
from lode.workflow.mining import mine_recorded
from lode.workflow.plan import EPOCHS
from lode.workflow.run import execute, resume
from lode.workflow.steps import take
from tests.replicas.outside import DAYS, SYMBOLS, Outside, outside
from tests.workflow.homes import (
    RUN_TABLES,
    Here,
    Home,
    Killed,
    assert_same_rows,
    dying,
    kill,
    request_for,
    table_rows,
    until,
    workers_of,
)

REQUEST = {
    "source": "yahoo",
    "universe": ",".join(SYMBOLS),
    "start": DAYS[0].isoformat(),
    "options": {"min_names": 3, "candidates": 10, "shards": 1},
}
OUTSIDE_TABLES = {
    "bars": ["source", "instrument", "session", "knowledge_time", "row_hash"],
    "instruments": ["instrument", "symbol", "first_session"],
    "facts": ["cik", "concept", "period_end", "accession"],
    "filings": ["cik", "accession"],
    "filing_texts": ["cik", "accession", "model"],
    "articles": ["article", "instrument"],
    "watermarks": ["source", "symbol"],
    "collections": ["source", "subject"],
}
# What another attempt tells otherwise: it finds rows there, answers in the lake, and names to search for.
COUNTED = {
    "articles": ["query"],
    "collections": ["outcome", "first_session", "rows", "requests", "lake_key"],
    "run_steps": ["rows"],
    "watermarks": ["lake_key"],
}
SAMPLE = 4
ORDER = ("validate", "collect", "snapshot", "plan", "mine", "select", "prove", "publish", "notify")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with outside(tmp_path_factory.mktemp("faults")) as opened:
        yield opened


@pytest.fixture(scope="module")
def undisturbed(world: Outside) -> tuple[dict[str, pl.DataFrame], int]:
    """The rows of a run that nothing happened to, and how many writes it took."""
    with world.context() as context, dying(1_000_000) as countdown:
        execute(dict(REQUEST), context, Here(context))
        return _rows(context), 1_000_000 - countdown.left


@pytest.fixture
def broken(world: Outside, tmp_path: Path) -> Iterator[Outside]:
    """The same outside, with an empty home."""
    other = replace(world, home=Home(tmp_path / "broken", world.home.environment))
    yield other
    other.home.stop()


def _rows(context: Context) -> dict[str, pl.DataFrame]:
    rows = table_rows(context.warehouse, OUTSIDE_TABLES | RUN_TABLES)
    return {table: frame.drop(COUNTED.get(table, [])) for table, frame in rows.items()}


def _go_on(context: Context) -> Event:
    """Go on as a user would: by the run's id where there is one, else by the same command."""
    runs = list_runs(context.warehouse)["run"].to_list()
    return resume(runs[0], context, Here(context)) if runs else execute(dict(REQUEST), context, Here(context))


@pytest.mark.parametrize("case", range(SAMPLE))
def test_a_run_that_dies_between_two_writes_of_collecting_or_mining_goes_on(
    broken: Outside, undisturbed: tuple[dict[str, pl.DataFrame], int], case: int, soak_scale: float
) -> None:
    expected, writes = undisturbed
    points = np.arange(1, writes)
    sampled = points[case::SAMPLE] if soak_scale == 1 else [points[(2 * case + 1) * len(points) // (2 * SAMPLE)]]
    for point in sampled:
        home = Home(broken.home.folder.with_name(f"broken-{point}"), broken.home.environment)
        try:
            with replace(broken, home=home).context() as context:
                with dying(int(point)), pytest.raises(Killed):
                    execute(dict(REQUEST), context, Here(context))
                _go_on(context)
                assert_same_rows(_rows(context), expected)
        finally:
            home.stop()


def _take(step: str, event: Event, context: Context) -> Event:
    if step != "mine":
        return take(step, event, context)
    for epoch in range(EPOCHS):
        mine_recorded({"run": event["run"], "epoch": epoch, "shard": 0}, context)
    return event


@pytest.mark.parametrize("seed", [1, 2])
def test_every_event_is_delivered_twice_and_late_ones_change_nothing(
    broken: Outside, undisturbed: tuple[dict[str, pl.DataFrame], int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    event, late = dict(REQUEST), []
    with broken.context() as context:
        for step in ORDER:
            given = json.loads(json.dumps(event))
            event = _take(step, event, context)
            late.append((step, given))
            if rng.random() < 0.5:  # at once, else behind a later step
                again = _take(*late.pop(), context)
                assert _lasting(again) == _lasting(event)
            while late and rng.random() < 0.4:
                _take(*late.pop(rng.integers(len(late))), context)
        while late:
            _take(*late.pop(rng.integers(len(late))), context)
        assert_same_rows(_rows(context), undisturbed[0])


def _lasting(event: Event) -> Event:
    return {name: value for name, value in event.items() if name not in {"records", "rows", "done"}}


def test_a_batch_that_is_collected_twice_at_once_leaves_the_rows_of_one(
    broken: Outside, undisturbed: tuple[dict[str, pl.DataFrame], int]
) -> None:
    with broken.context() as context:
        parts = validate(dict(REQUEST), context)["batches"]
        for name in ("market", "filings", "news"):
            with ThreadPoolExecutor(2) as pool, broken.context() as other:
                twice = [pool.submit(collect_batch, parts[name][0], own) for own in (context, other)]
                assert [outcome.result()["failed"] for outcome in twice] == [0, 0]
        ours = {t: f.drop(COUNTED.get(t, [])) for t, f in table_rows(context.warehouse, OUTSIDE_TABLES).items()}
    assert_same_rows(ours, {table: undisturbed[0][table] for table in OUTSIDE_TABLES})


def test_two_runs_that_collect_the_same_at_once_leave_the_rows_of_one_collection(
    broken: Outside, undisturbed: tuple[dict[str, pl.DataFrame], int]
) -> None:
    def run(seed: int) -> Event:
        with broken.context() as context:
            asked = REQUEST | {"options": {"min_names": 3, "candidates": 10, "shards": 1, "seed": seed}}
            return execute(asked, context, Here(context))

    with broken.context() as context, ThreadPoolExecutor(3) as pool:
        results = list(pool.map(run, (0, 0, 1)))
        ours = {t: f.drop(COUNTED.get(t, [])) for t, f in table_rows(context.warehouse, OUTSIDE_TABLES).items()}
        states = context.warehouse.query("SELECT state FROM runs FINAL")["state"].to_list()
        open_steps = context.warehouse.query("SELECT count() AS n FROM run_steps FINAL WHERE state != 'succeeded'")
    assert results[0]["run"] == results[1]["run"] != results[2]["run"]
    assert states == ["succeeded", "succeeded"]
    assert open_steps["n"][0] == 0
    assert_same_rows(ours, {table: undisturbed[0][table] for table in OUTSIDE_TABLES})


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
        assert_same_rows(_rows(context), undisturbed[0])
    assert len(blows) >= 3


def test_many_shards_with_workers_killed_again_and_again_leave_the_rows_of_a_calm_run(
    tmp_path: Path, market: Path, soak_scale: float
) -> None:
    shards = round(100 * soak_scale)
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
