"""`kill -9` at random moments, then the same again: the same rows, none twice, none missing.

A killed run goes on with `--resume`, or by the same command when it died before it had an id; an import goes on by the
same command. Which process dies, and when, is drawn from a seed; the moments are shares of the time that a run takes.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import psutil
import pytest

from lode.warehouse.owner.launcher import find_owner
from lode.warehouse.stores.runs import list_runs
from tests.workflow.homes import (
    IMPORT_TABLES,
    RUN_TABLES,
    Home,
    Outcome,
    assert_same_rows,
    ended,
    kill,
    table_rows,
    until,
    workers_of,
)

KILLS = 20
VICTIMS = ("starter", "worker", "interrupted starter", "owner", "starter")
RUN = ("--candidates", "24", "--shards", "2", "--json")


@dataclass(frozen=True)
class Whole:
    """A command that nobody killed: how long it took after its first write, and the rows that it left."""

    seconds: float
    rows: dict[str, pl.DataFrame]
    outcome: Outcome


def _await_first_write(process: subprocess.Popen[str], home: Home, folder: str) -> None:
    until(lambda: (home.folder / "lake" / folder).exists() or process.poll() is not None)


def _whole(home: Home, tables: dict[str, list[str]], folder: str, *command: object) -> Whole:
    process = home.spawn(*command)
    _await_first_write(process, home, folder)
    began = time.monotonic()
    outcome = ended(process)
    seconds = time.monotonic() - began
    assert outcome.code == 0, outcome.err
    with home.context() as context:
        rows = table_rows(context.warehouse, tables)
    home.stop()
    return Whole(seconds, rows, outcome)


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory, market: Path) -> Whole:
    home = Home(tmp_path_factory.mktemp("whole") / "home")
    return _whole(home, IMPORT_TABLES | RUN_TABLES, "requests", "run", "--source", market, *RUN)


@pytest.fixture(scope="module")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file whose import takes several inserts, some of its rows to be refused."""
    days = pl.date_range(pl.date(2010, 1, 4), pl.date(2019, 12, 31), "1d", eager=True).alias("date")
    days = days.filter(days.dt.weekday() <= 5)
    rng, names = np.random.default_rng(5), [f"N{number:03d}" for number in range(120)]
    frame = pl.DataFrame({"symbol": names}).join(days.to_frame(), how="cross")
    close = pl.Series("close", np.round(np.exp(rng.normal(4, 0.3, frame.height)), 2))
    path = tmp_path_factory.mktemp("file") / "large.parquet"
    frame.with_columns(close, low=close * 0.99, high=close * 1.01, volume=1000.0).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def whole_import(tmp_path_factory: pytest.TempPathFactory, large_file: Path) -> Whole:
    home = Home(tmp_path_factory.mktemp("whole") / "home")
    return _whole(home, IMPORT_TABLES, "raw", "import", "bars", large_file, "--json")


@pytest.fixture
def new_home(tmp_path: Path) -> Iterator[Callable[[int], Home]]:
    """Make homes by number; their warehouses end with the test, however it ends."""
    made: list[Home] = []

    def make(number: int) -> Home:
        made.append(Home(tmp_path / f"home-{number}"))
        return made[-1]

    yield make
    for home in made:
        home.stop()


def _lasting(outcome: Outcome) -> dict[str, object]:
    """What a run reports, without its rate, and without its id, which follows the code that others may be editing."""
    return {name: value for name, value in outcome.json.items() if name not in {"run", "trials_per_second"}}


def _cases(soak_scale: float) -> range:
    return range(round(KILLS * soak_scale))


def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_rows(
    new_home: Callable[[int], Home], market: Path, whole_run: Whole, soak_scale: float
) -> None:
    for case in _cases(soak_scale):
        rng = np.random.default_rng([11, case])
        broken = new_home(case)
        victim = VICTIMS[case % len(VICTIMS)]
        moment = rng.random() * whole_run.seconds
        process = broken.spawn("run", "--source", market, *RUN)
        _await_first_write(process, broken, "requests")
        time.sleep(moment)
        _kill(victim, process, broken)
        outcome = ended(process)
        with broken.context() as context:
            known = list_runs(context.warehouse)["run"].to_list()
        assert victim != "interrupted starter" or outcome.code in {
            0,
            130,
            -signal.SIGINT,
        }  # the last: Python itself was ending
        if outcome.code != 0:
            going_on = ["--resume", known[0]] if known else ["--source", market, *RUN[:-1]]
            outcome = broken.lode("run", *going_on, "--json")
        case_told = f"case {case}: {victim} at {moment:.2f} s of {whole_run.seconds:.2f} s"
        assert outcome.code == 0, f"{case_told}\n{outcome.err}"
        with broken.context() as context:
            rows = table_rows(context.warehouse, IMPORT_TABLES | RUN_TABLES)
        broken.stop()
        print(case_told)
        assert_same_rows(rows, whole_run.rows)
        assert _lasting(outcome) == _lasting(whole_run.outcome)


def _kill(victim: str, process: subprocess.Popen[str], home: Home) -> None:
    """Kill a process of the command; where it has none of the kind (any more), its starter."""
    workers = workers_of(process)
    owner = find_owner(home.settings.warehouse_folder)
    if victim == "worker" and workers:
        kill(workers[0].pid)
    elif victim == "owner" and owner:
        kill(owner.pid)
    else:
        kill(process.pid, signal.SIGINT if victim.startswith("interrupted") else signal.SIGKILL)
        _, alive = psutil.wait_procs(workers, timeout=30)
        assert not alive, "workers outlive their starter"


def test_an_import_that_was_killed_goes_on_and_ends_with_the_same_rows(
    new_home: Callable[[int], Home], large_file: Path, whole_import: Whole, soak_scale: float
) -> None:
    for case in _cases(soak_scale):
        rng = np.random.default_rng([12, case])
        broken = new_home(case)
        victim = ("starter", "owner")[case % 2]
        moment = rng.random() * whole_import.seconds
        process = broken.spawn("import", "bars", large_file, "--json")
        _await_first_write(process, broken, "raw")
        time.sleep(moment)
        _kill(victim, process, broken)
        if ended(process).code != 0:
            assert broken.lode("import", "bars", large_file).code == 0
        with broken.context() as context:
            rows = table_rows(context.warehouse, IMPORT_TABLES)
        broken.stop()
        print(f"case {case}: {victim} at {moment:.2f} s of {whole_import.seconds:.2f} s")
        assert_same_rows(rows, whole_import.rows)
