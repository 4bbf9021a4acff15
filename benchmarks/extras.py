"""What other scripts of this folder measure, as rows and tables: values, kernels, racing, blocks."""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.bench import Bench, size_text
from benchmarks.ceilings import judged
from benchmarks.processes import ROOT, BenchmarkError, objects, output
from benchmarks.rows import Row

NAMES = {
    "qlib_values": "pyqlib",
    "kunquant": "KunQuant",
    "alpha_lib": "py-alpha-lib",
    "polars_values": "polars_ta",
}


def run_script(name: str, *options: str, seconds: float) -> str:
    """What a script beside this one prints; BenchmarkError where it is not there or fails."""
    if not (ROOT / "benchmarks" / f"{name}.py").exists():
        raise BenchmarkError(f"benchmarks/{name}.py is not there")
    return output([sys.executable, "-m", f"benchmarks.{name}", *options], threads=1, seconds=seconds)


def values(bench: Bench) -> list[dict[str, Any]]:
    """How many factors agree with each peer, on a small panel of this run's seed."""
    try:
        printed = run_script("values", "--seed", str(bench.plan.seed), seconds=bench.plan.seconds)
    except BenchmarkError as error:
        bench.failures.append(f"values: {error}")
        return []
    counts = ("set", "compared", "agrees", "mostly", "disagrees")
    return [{"peer": NAMES[each["peer"]]} | {name: each[name] for name in counts} for each in objects(printed)]


def kernels(bench: Bench) -> list[dict[str, Any]]:
    """ns a cell of each kernel beside its ceiling; a row each for what exceeds it."""
    names, sessions = bench.plan.first
    path = bench.folder / "kernels.json"
    options = ("--names", str(names), "--sessions", str(sessions), "--seed", str(bench.plan.seed), "--json", str(path))
    try:
        run_script("engine", *options, seconds=bench.plan.seconds)
    except BenchmarkError as error:
        bench.failures.append(f"kernels: {error}")
        return []
    found: list[dict[str, Any]] = judged(json.loads(path.read_text())["kernels"])
    over = [each["kernel"] for each in found if each["within"] == "FAILED"]
    note = f"over: {', '.join(over)}" if over else ""
    known = [each for each in found if each["ceiling"] != ""]
    bench.rows.append(
        Row(
            "kernels over their ceiling",
            size_text(bench.plan.first),
            "native",
            1,
            "kernels",
            float(len(over)),
            judged=float(len(over)),
            target=0,
            at_most=True,
            note=f"of {len(known)}; {note}",
        )
    )
    return found


def others(bench: Bench) -> None:
    """Racing, and one new session: rows of the benchmarks beside this one."""
    place = (size_text(bench.plan.first), "native", 1)
    for work, script, target, at_most in (
        ("racing, candidates a second", "racing", 500.0, False),
        ("one new session for 1,000 factors, share of recomputing", "blocks", 0.02, True),
    ):
        try:
            run_script(script, seconds=bench.plan.seconds)
        except BenchmarkError as error:
            bench.rows.append(Row(work, *place, "", None, target=target, at_most=at_most, note=f"FAILED: {error}"))
