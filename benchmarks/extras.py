"""What other scripts of this folder measure, as rows and tables: values, kernels, racing, blocks."""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.bench import Bench, size_text
from benchmarks.ceilings import judged, memory_copy
from benchmarks.processes import ROOT, BenchmarkError, objects, ours, output
from benchmarks.rows import Row

RACED, KEPT, SHARE = 500.0, 0.95, 0.02
"""Candidates a second, share of the top, and share of recomputing."""
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
        printed = run_script(
            "values", "--seed", str(bench.plan.seed), "--sets", "alpha158", "alpha101", seconds=bench.plan.seconds
        )
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
    found: list[dict[str, Any]] = judged(json.loads(path.read_text())["kernels"], memory_copy())
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


def racing(bench: Bench) -> None:
    """Candidates a second with racing, and how many of the exact top are kept."""
    plan, rate, kept = bench.plan, "candidates with racing", "top kept by racing"
    place = bench.place()
    names, sessions = plan.first
    options = [f"--names={names}", f"--sessions={sessions}", f"--seed={plan.seed}", f"--candidates={plan.raced}"]
    try:
        found = objects(run_script("racing", *options, f"--top={plan.raced // 100}", seconds=plan.seconds))[-1]
    except (BenchmarkError, IndexError) as error:
        bench.rows += [Row(work, *place, "", None, target=1.0, note=f"FAILED: {error}") for work in (rate, kept)]
        return
    where = bench.place(found["instruction_set"])
    each_second, share = float(found["race_per_second"]), found["held"] / found["top"]
    note = f"{found['candidates']:,} of a genetic search, of {found['nodes']:.1f} nodes"
    note += f"; {found['scored_exactly']:.0%} scored exactly"
    bench.rows.append(Row(rate, *where, "a second", each_second, judged=each_second, target=RACED, note=note))
    note = f"{found['held']} of the exact top {found['top']} of {found['candidates']:,}"
    bench.rows.append(Row(kept, *where, "of the top", share, judged=share, target=KEPT, note=note))


def one_session(bench: Bench) -> None:
    """The newest session of 1,000 factors as a share of computing all sessions."""
    work = "one new session for 1,000 factors"
    bench.add(work, bench.place(), "", _one_session, bench, work, target=SHARE, at_most=True)


def _one_session(bench: Bench, work: str) -> Row:
    found = ours("session", bench.panel(*bench.plan.first), seconds=bench.plan.seconds)
    if not found["same_bits"]:
        reason = "the session's bits are not those of the whole"
        raise BenchmarkError(reason)
    said = f"{found['session_seconds']:.2f} s of {found['full_seconds']:.1f} s; same bits; lookback {found['lookback']}"
    share, place = float(found["share"]), bench.place(found["instructions"])
    return Row(work, *place, "of recomputing", share, judged=share, target=SHARE, at_most=True, note=said)
