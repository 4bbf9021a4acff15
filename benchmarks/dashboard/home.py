"""A home as years of mining leave it: one real run on a simulated market, and many that are made after it.

Everything goes through the stores' own writers, so that the rows are those that the workflow writes, and every run
says that its data are simulated.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.bench import say
from benchmarks.dashboard import judged, ledger, sources
from benchmarks.dashboard.plan import Size
from lode.lake import Lake, open_lake
from lode.settings import Settings, load_settings
from lode.simulate import simulate, write_market
from lode.warehouse import Warehouse, open_warehouse
from lode.warehouse.stores.ledger import Trial
from lode.warehouse.stores.runs import StepRecord, read_run, read_steps, record_run, record_step
from lode.workflow.search_record import search_record

_PLANT = [("rank(-ts_delta(close, 5))", 0.07)]
_RECORDED = 2_000  # trials that the record of a search is made of
_KEPT = ("plan.json", "finalists.json", "verdict.json", "pool.json", "result.json")
_TABLES = ("trials", "lineage", "factors", "evidence", "factor_series", "factor_values", "bars", "runs", "findings")


@dataclass(frozen=True)
class Home:
    """A filled home, and what may be asked for on its pages: runs, factors with their run, names of instruments."""

    folder: Path
    runs: list[str]
    factors: list[tuple[str, str]]
    names: list[str]
    counts: dict[str, int]

    @property
    def settings(self) -> Settings:
        """Settings of this home alone."""
        return load_settings(home=self.folder, warehouse_url=None, lake_url=None)


def environment(folder: Path) -> dict[str, str]:
    """Environment of a process that knows of this home and of no other setting."""
    left_out = ("LODE_", "STREAMLIT_", "PYTHONDONTWRITEBYTECODE")  # without compiled modules a start takes seconds
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return kept | {"LODE_HOME": str(folder), "LODE_WAREHOUSE_IDLE": "600", "LODE_LOG_LEVEL": "warning"}


def filled(folder: Path, size: Size) -> Home:
    """Fill a home, or read what an earlier benchmark filled there."""
    note = folder / "benchmark.json"
    if not note.exists():
        folder.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps(_fill(folder, size)))
    told = json.loads(note.read_text())
    pairs = [(factor, run) for factor, run in told["factors"]]
    return Home(folder, told["runs"], pairs, told["names"], told["counts"])


def _fill(folder: Path, size: Size) -> dict[str, object]:
    say("a real run on a simulated market")
    real = _real_run(folder, size)
    settings = load_settings(home=folder, warehouse_url=None, lake_url=None)
    with open_warehouse(settings) as warehouse:
        maker = _Maker(warehouse, open_lake(settings), real, size)
        factors = [pair for number in range(1, size.runs) for pair in maker.make(number)]
        sources.fill(warehouse, maker.real.source, findings=size.findings, refused=size.refused)
        names = warehouse.query("SELECT DISTINCT instrument FROM bars ORDER BY instrument")["instrument"].to_list()
        counts = {
            table: int(warehouse.query("SELECT count() AS n FROM {table:Identifier} FINAL", table=table)["n"][0])
            for table in _TABLES
        }
    runs = list(dict.fromkeys(run for _, run in factors))
    return {"runs": [real, *runs], "factors": factors, "names": names, "counts": counts}


def _real_run(folder: Path, size: Size) -> str:
    """Mine a simulated market as a user does; return the run's id."""
    market = folder / "market.parquet"
    write_market(simulate(size.names, size.sessions, plant=_PLANT, seed=3), market)
    command = [sys.executable, "-m", "lode.cli", "run", "--source", str(market), "--json"]
    asked = ["--candidates", str(size.candidates), "--shards", "2"]
    done = subprocess.run(
        [*command, *asked], cwd=folder, env=environment(folder), stdout=subprocess.PIPE, text=True, check=True
    )
    return str(json.loads(done.stdout)["run"])


class _Maker:
    """Makes runs after the real one."""

    def __init__(self, warehouse: Warehouse, lake: Lake, real: str, size: Size) -> None:
        self._warehouse, self._lake, self._random = warehouse, lake, np.random.default_rng(0)
        self.real, self._steps = read_run(warehouse, real), read_steps(warehouse, real)
        self._like = judged.template_of(warehouse, real)
        self._trials, self._factors = size.trials // (size.runs - 1), size.factors // (size.runs - 1)

    def make(self, number: int) -> list[tuple[str, str]]:
        """Write a run, that many days before the real one; return its factors with its id."""
        run = f"{number:016x}"
        say(f"run {number}: {self._trials:,} trials, {self._factors} factors")
        made = ledger.trials_of(number * self._trials, self._trials, self._random)
        trials, finalists = judged.with_finalists(made, self._factors)
        ledger.record(self._warehouse, run, trials)
        proven = judged.record(self._warehouse, run, self.real.snapshot, finalists, self._like, self._random)
        self._keep_objects(run, trials[:_RECORDED], finalists)
        self._record_run(run, number, proven)
        return [(trial.factor, run) for trial in finalists]

    def _keep_objects(self, run: str, trials: Sequence[Trial], finalists: Sequence[Trial]) -> None:
        """Keep the real run's objects under the id of this one, and the record of a search."""
        for name in _KEPT:
            if self._lake.exists(key := f"runs/{self.real.run}/{name}"):
                own = self._lake.get(key).replace(self.real.run.encode(), run.encode())
                self._lake.put(f"runs/{run}/{name}", own)
        record = search_record(trials, {trial.factor for trial in finalists})
        self._lake.put(f"runs/{run}/search.json", json.dumps(record).encode())

    def _record_run(self, run: str, number: int, proven: int) -> None:
        """Write the run with the steps of the real one; those of the same options but for the shards compare."""
        earlier, settings = timedelta(days=number), json.loads(self.real.settings)
        settings["options"]["shards"] = (1, 2, 4, 8)[number % 4]
        own = replace(
            self.real,
            run=run,
            seed=number,
            settings=json.dumps(settings),
            started=self.real.started - earlier,
            ended=(self.real.ended or self.real.started) - earlier,
            trials=self._trials,
            trials_on_vault=self._trials * 20,
            finalists=self._factors,
            proven=proven,
            refused=self._factors - proven,
        )
        record_run(self._warehouse, own)
        for step in self._steps.iter_rows(named=True):
            moved = step | {"started": step["started"] - earlier, "ended": step["ended"] - earlier}
            record_step(self._warehouse, StepRecord(run=run, **moved))
