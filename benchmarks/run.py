"""The benchmark beside the peers: `make bench`, which writes benchmarks/README.md, search.md and results.json.

    make bench                       everything: 500 × 2,520 and 3,000 × 2,520
    make bench ARGS=short            every row at 500 × 2,520, fewer rounds; 3,000 names with one thread only
    make bench ARGS=quick            every row at 500 × 500, for development
    make bench ARGS="--seed 7"       other prices, other populations
    make bench ARGS="short --only threads racing"  some parts anew, the other rows of results.json kept
    make bench ARGS="--only search"  the search beside its peers: 40 minutes (short: 6, quick: 1)
    make bench ARGS=warehouse        a benchmark beside the table: warehouse, workflow, queue_simulation, scale
    make bench ARGS=dashboard        the dashboard's pages at a million trials: 15 minutes, benchmarks/dashboard.md

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
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import extras, machine, page
from benchmarks.bench import Bench, Plan
from benchmarks.candidates import candidates, two_threads
from benchmarks.growth import Growth, grow
from benchmarks.libraries import libraries, with_missing
from benchmarks.rows import Row
from benchmarks.search import part as search_part
from benchmarks.search import text as search_text
from benchmarks.search.plan import SEARCH_PLANS
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
OTHERS = ("warehouse", "workflow", "queue_simulation", "scale", "dashboard")


def parts_of(bench: Bench, found: dict[str, Any], mode: str) -> dict[str, Callable[[], object]]:
    """What is measured, by name, in order."""
    first, *others = bench.plan.sizes
    return {
        "values": lambda: found.update(values=extras.values(bench)),
        "libraries": partial(libraries, bench, first),
        "candidates": partial(candidates, bench),
        "threads": partial(two_threads, bench),
        "missing": partial(with_missing, bench),
        "sheets": partial(_each, sheets, bench, bench.plan.sizes),
        "racing": partial(extras.racing, bench),
        "session": partial(extras.one_session, bench),
        "kernels": lambda: found.update(kernels=extras.kernels(bench)),
        "growth": lambda: found.update(growth=grow(bench)),
        "search": partial(_search, bench, found, mode),
        "large": partial(_each, libraries, bench, others),
    }


def _search(bench: Bench, found: dict[str, Any], mode: str) -> None:
    """Measure the searches; the tables are kept once every panel has been searched."""
    plan, lines = SEARCH_PLANS[mode], []
    for of_panel in search_part.measure(plan, bench.plan.seed):
        lines += of_panel
    bench.failures += [f"search: {line.method} on {line.panel}: {line.note}" for line in lines if line.failed]
    found["search"] = search_part.as_json(plan, mode, machine.of_searches(), lines)


def _each(part: Callable[[Bench, tuple[int, int]], None], bench: Bench, sizes: Sequence[tuple[int, int]]) -> None:
    for size in sizes:
        part(bench, size)


def measure(plan: Plan, mode: str, only: Sequence[str] = ()) -> int:
    """Run everything, or some parts anew, and write the page after every part; 1 where something failed."""
    began = time.monotonic()
    where = machine.describe() | {"mode": mode, "seed": plan.seed}
    rows, found = earlier() if only else ([], {"values": [], "kernels": [], "growth": [], "search": {}})
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(plan, Path(temporary))
        parts = parts_of(bench, found, mode)
        chosen = {name: part for name, part in parts.items() if not only or name in only}
        for done, (name, part) in enumerate(chosen.items(), start=1):
            try:
                part()
            except Exception as error:  # noqa: BLE001  the other parts are still worth measuring
                traceback.print_exc()
                bench.failures.append(f"{name}: {type(error).__name__}: {error}")
            where["took"] = f"{(time.monotonic() - began) / 60:.1f} minutes, {done} of {len(parts)} parts"
            where["load after"] = machine.load()
            if only:
                where["measured anew"] = ", ".join(chosen)
            write(where, replace(bench, rows=merged(rows, bench.rows)), found)
    return end(bench)


def earlier() -> tuple[list[Row], dict[str, Any]]:
    """Rows and tables of the run before."""
    results = json.loads((FOLDER / "results.json").read_text())
    names = {each.name for each in fields(Row)}
    rows = [Row(**{name: value for name, value in row.items() if name in names}) for row in results["rows"]]
    growth = [Growth(**each) for each in results["growth"]]
    tables = {"values": results["values"], "kernels": results["kernels"], "search": results.get("search", {})}
    return rows, tables | {"growth": growth}


def merged(before: Sequence[Row], after: Sequence[Row]) -> list[Row]:
    """The rows before, those that were measured anew in their place, and new ones behind."""
    anew = {_key(row): row for row in after}
    known = {_key(row) for row in before}
    return [anew.get(_key(row), row) for row in before] + [row for row in after if _key(row) not in known]


def _key(row: Row) -> tuple[object, ...]:
    fitness = row.note.rpartition("; ")[2] if row.peer == "gplearn" else ""
    return row.work, row.panel, row.instructions, row.threads, row.peer, fitness


def write(where: dict[str, Any], bench: Bench, found: dict[str, Any]) -> None:
    """Write results.json, README.md and, where searches were measured, search.md."""
    results = {
        "machine": where,
        "rows": [row.as_json() for row in bench.rows],
        "values": found["values"],
        "kernels": found["kernels"],
        "growth": [asdict(each) for each in found["growth"]],
        "search": found["search"],
        "failures": bench.failures,
    }
    (FOLDER / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    if found["search"]:
        (FOLDER / "search.md").write_text(search_text.page(found["search"]))
    searched = search_text.section(found["search"])
    text = page.write(where, bench.rows, found["values"], found["kernels"], found["growth"], searched)
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
    parser.add_argument("--only", nargs="+", default=(), metavar="PART", help="measure these parts anew")
    asked = parser.parse_args()
    if asked.what in OTHERS:
        options = ["--full"] if asked.what == "dashboard" else []
        return subprocess.run([sys.executable, "-m", f"benchmarks.{asked.what}", *options], check=False).returncode
    return measure(replace(PLANS[asked.what], seed=asked.seed), asked.what, asked.only)


if __name__ == "__main__":
    sys.exit(main())
