"""The benchmark beside the peers: `make bench`, which writes benchmarks/README.md and results.json.

    make bench                       everything: 500 × 2,520 and 3,000 × 2,520
    make bench ARGS=short            every row at 500 × 2,520, fewer rounds; 3,000 names with one thread only
    make bench ARGS=quick            every row at 500 × 500, for development
    make bench ARGS="--seed 7"       other prices, other populations
    make bench ARGS=warehouse        a benchmark beside the table: warehouse, workflow, queue_simulation, scale

A row that fails stays in the table with the reason, and fails the command; one that falls short of its target only says
so.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import extras, machine, page
from benchmarks.bench import Bench, Plan
from benchmarks.candidates import candidates, two_threads
from benchmarks.growth import grow
from benchmarks.libraries import libraries, with_missing
from benchmarks.sheets import sheets

FOLDER = Path(__file__).parent
ALONE = (("native", 1),)
BRIEF = (("native", 1), ("native", 2), ("avx2", 1))
SHORT = Plan(
    runs=BRIEF,
    large_runs=ALONE,
    slow_threads=(1,),
    try_layouts=False,
    rounds=5,
    peer_rounds=1,
    compiled=200,
    peer_candidates=60,
    raced=4000,
)
PLANS = {
    "full": Plan(),
    "short": SHORT,
    "quick": replace(
        SHORT, sizes=((500, 500),), rounds=3, candidates=100, compiled=100, peer_candidates=24, raced=1000
    ),
}
OTHERS = ("warehouse", "workflow", "queue_simulation", "scale")


def measure(plan: Plan, mode: str) -> int:
    """Run everything, write the page after every part; 1 where something failed."""
    began = time.monotonic()
    where = machine.describe() | {"mode": mode, "seed": plan.seed}
    found: dict[str, Any] = {"values": [], "kernels": [], "growth": []}
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(plan, Path(temporary))
        parts: list[Callable[[], object]] = [
            lambda: found.update(values=extras.values(bench)),
            *(partial(libraries, bench, size) for size in plan.sizes[:1]),
            *(partial(part, bench) for part in (candidates, two_threads, with_missing, extras.racing)),
            partial(extras.one_session, bench),
            *(partial(sheets, bench, size) for size in plan.sizes),
            lambda: found.update(kernels=extras.kernels(bench)),
            lambda: found.update(growth=grow(bench)),
            *(partial(libraries, bench, size) for size in plan.sizes[1:]),
        ]
        for done, part in enumerate(parts, start=1):
            try:
                part()
            except Exception as error:  # noqa: BLE001  the other parts are still worth measuring
                traceback.print_exc()
                bench.failures.append(f"{type(error).__name__}: {error}")
            where["took"] = f"{(time.monotonic() - began) / 60:.1f} minutes, {done} of {len(parts)} parts"
            where["load after"] = machine.load()
            write(where, bench, found)
    return end(bench)


def write(where: dict[str, Any], bench: Bench, found: dict[str, Any]) -> None:
    """Write results.json and README.md."""
    results = {
        "machine": where,
        "rows": [row.as_json() for row in bench.rows],
        "values": found["values"],
        "kernels": found["kernels"],
        "growth": [asdict(each) for each in found["growth"]],
        "failures": bench.failures,
    }
    (FOLDER / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    text = page.write(where, bench.rows, found["values"], found["kernels"], found["growth"])
    (FOLDER / "README.md").write_text(text)


def end(bench: Bench) -> int:
    """Say what was reached and what failed."""
    failed = [*bench.failures, *(row.work for row in bench.rows if row.note.startswith("FAILED"))]
    print(page.summary(bench.rows))
    print(f"failed: {'; '.join(failed)}" if failed else f"written: {FOLDER / 'README.md'}")
    return bool(failed)


def main() -> int:
    """Measure the table, or run one of the other benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="full", choices=[*PLANS, *OTHERS])
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.what in OTHERS:
        return subprocess.run([sys.executable, "-m", f"benchmarks.{asked.what}"], check=False).returncode
    return measure(replace(PLANS[asked.what], seed=asked.seed), asked.what)


if __name__ == "__main__":
    sys.exit(main())
