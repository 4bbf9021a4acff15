"""The benchmark beside the peers: `make bench`, which writes benchmarks/README.md and results.json.

    make bench                       everything: 500 × 2,520 and 3,000 × 2,520
    make bench ARGS=short            every row at 500 × 2,520; 3,000 names for the libraries beside KunQuant only
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
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks import extras, machine, page
from benchmarks.bench import Bench, Plan
from benchmarks.candidates import candidates, two_threads
from benchmarks.growth import grow
from benchmarks.libraries import libraries, with_missing

FOLDER = Path(__file__).parent
PLANS = {
    "full": Plan(),
    "short": Plan(rounds=5, peer_rounds=1, peer_candidates=60, raced=4000),
    "quick": Plan(sizes=((500, 500),), rounds=3, peer_rounds=1, candidates=100, peer_candidates=24, raced=1000),
}
OTHERS = ("warehouse", "workflow", "queue_simulation", "scale")


def measure(plan: Plan, mode: str) -> int:
    """Run everything and write the page; 1 where something failed."""
    began = time.monotonic()
    where = machine.describe() | {"mode": mode, "seed": plan.seed}
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(plan, Path(temporary))
        values = extras.values(bench)
        for size in plan.sizes:
            libraries(bench, size)
        candidates(bench)
        two_threads(bench)
        with_missing(bench)
        kernels = extras.kernels(bench)
        extras.racing(bench)
        extras.one_session(bench)
        growth = grow(bench)
    where |= {"took": f"{(time.monotonic() - began) / 60:.0f} minutes", "load after": machine.load()}
    results = {
        "machine": where,
        "rows": [row.as_json() for row in bench.rows],
        "values": values,
        "kernels": kernels,
        "growth": [asdict(each) for each in growth],
    }
    (FOLDER / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (FOLDER / "README.md").write_text(page.write(where, bench.rows, values, kernels, growth))
    failed = bench.failures + [row.work for row in bench.rows if row.note.startswith("FAILED")]
    print(f"failed: {', '.join(failed)}" if failed else f"written: {FOLDER / 'README.md'}")
    print(page.summary(bench.rows))
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
