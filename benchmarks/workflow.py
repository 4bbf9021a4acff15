"""What the workflow costs beside the work, and what more shards do to a run.

    python benchmarks/workflow.py [--names 100] [--sessions 1000] [--candidates 800] [--home FOLDER]

Overhead: a run on a market so small that its work takes next to nothing, from the start of the process to its end: in
a new home, where the warehouse is made and started, and in a used one, where it runs. It is an upper bound, held
against 5 s. Shards: the same snapshot mined with 1, 2, 4 and 8 shards; run time and the processor time of all its
processes, the warehouse's aside, as the system counts them, and both as the steps' records tell them. FOLDER keeps the
runs: `LODE_HOME=FOLDER lode app` draws them on the page of a run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from lode.settings import Settings, load_settings
from lode.simulate import simulate, write_market
from lode.warehouse import open_warehouse, stop
from lode.warehouse.stores.runs import read_run, read_steps
from lode.warehouse.stores.scaling import read_scaling

SHARDS = (1, 2, 4, 8)
MOST_OVERHEAD_SECONDS = 5.0
TINY = ("--candidates", "2", "--shards", "1")
ROUNDS = 3
_RECORDED = ("seconds", "mine_seconds", "cpu_seconds", "mine_cpu_seconds")


@dataclass(frozen=True)
class Taken:
    """What a command printed, how long it took and how much processor time its processes took."""

    result: dict[str, Any]
    seconds: float
    cpu_seconds: float


def lode(home: Path, *words: object) -> Taken:
    """Run a command in a home of its own, with nothing else set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LODE_")}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "lode.cli", *map(str, words), "--json"],
        env=kept | {"LODE_HOME": str(home), "LODE_LOG_LEVEL": "warning"},
        cwd=home.parent,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(json.loads(done.stdout), seconds, cpu)


def market(folder: Path, names: int, sessions: int) -> Path:
    """Write a market with a factor planted in it."""
    path = folder / f"market{names}x{sessions}.parquet"
    write_market(simulate(names, sessions, plant=[("-returns", 0.1)], seed=3), path)
    return path


def report(what: str, **figures: object) -> None:
    """Print one figure as JSON, numbers to three digits behind the point."""
    print(json.dumps({"what": what} | {k: round(v, 3) if isinstance(v, float) else v for k, v in figures.items()}))


def measure_overhead(folder: Path) -> bool:
    """Time runs with next to nothing to do; tell whether the best in a used home is within the limit."""
    prices = market(folder, 12, 260)
    home = folder / "tiny"
    first = lode(home, "run", "--source", prices, *TINY)
    used = [lode(home, "run", "--source", prices, *TINY, "--seed", seed) for seed in range(1, ROUNDS + 1)]
    best = min(used, key=lambda taken: taken.seconds)
    report("overhead, new home", seconds=first.seconds, cpu_seconds=first.cpu_seconds)
    within = best.seconds < MOST_OVERHEAD_SECONDS
    report(
        "overhead, used home",
        seconds=best.seconds,
        cpu_seconds=best.cpu_seconds,
        limit=MOST_OVERHEAD_SECONDS,
        within=within,
    )
    settings = load_settings(home=home, warehouse_url=None, lake_url=None)
    _report_steps(settings, best)
    stop(settings)
    return within


def _report_steps(settings: Settings, taken: Taken) -> None:
    """Print what each step of a run took, and what passed outside of the steps: start, imports, end."""
    with open_warehouse(settings, access="read") as warehouse:
        steps = read_steps(warehouse, taken.result["run"])
    spans = [
        ((end - begin).total_seconds(), step) for step, begin, end in steps["step", "started", "ended"].iter_rows()
    ]
    inside = {step: round(sum(seconds for seconds, name in spans if name == step), 3) for _, step in spans}
    report("overhead, of it outside of the steps", seconds=taken.seconds - sum(inside.values()))
    report("overhead, of it by step", **inside)


def measure_shards(folder: Path, home: Path, asked: argparse.Namespace) -> None:
    """Mine one snapshot with more and more shards."""
    prices = market(folder, asked.names, asked.sessions)
    lode(home, "import", "bars", prices)
    snapshot = lode(home, "snapshot", "--source", prices.stem).result["snapshot"]
    taken = {}
    for shards in SHARDS:
        words = ("mine", "--snapshot", snapshot, "--candidates", asked.candidates, "--shards", shards)
        taken[shards] = lode(home, *words)
    settings = load_settings(home=home, warehouse_url=None, lake_url=None)
    with open_warehouse(settings, access="read") as warehouse:
        for shards, run in taken.items():
            recorded = read_scaling(warehouse, read_run(warehouse, run.result["run"]))
            row = recorded.row(by_predicate=pl.col("run") == run.result["run"], named=True)
            report(
                f"{shards} shards",
                trials=run.result["trials"],
                run_seconds=run.seconds,
                total_cpu_seconds=run.cpu_seconds,
                **{f"recorded_{name}": row[name] for name in _RECORDED},
            )
    stop(settings)


def main() -> int:
    """Measure both; return 1 where the overhead is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--names", type=int, default=100)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--candidates", type=int, default=800)
    parser.add_argument("--home", type=Path, help="keeps the runs with more and more shards")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        within = measure_overhead(folder)
        measure_shards(folder, (asked.home or folder / "home").absolute(), asked)
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
