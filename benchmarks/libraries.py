"""Alpha158 and Alpha101 beside KunQuant, pyqlib, polars_ta and py-alpha-lib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.bench import SIMD, Bench, Place, distinct, rounds, say, size_text, spent
from benchmarks.processes import BenchmarkError, ours, peer
from benchmarks.rows import Row, beside
from lode.engine import instruction_set

TARGETS: dict[tuple[str, str], float] = {
    ("Alpha158", "KunQuant"): 15,
    ("Alpha158 without quantiles", "KunQuant"): 2,
    ("Alpha158", "pyqlib"): 200,
    ("Alpha101 without industries", "KunQuant"): 15,
    ("Alpha101", "py-alpha-lib"): 10,
}
"""How many times faster, for one thread with AVX-512."""
SETS = {
    "Alpha158": (["--set", "alpha158"], ["--set", "alpha158"]),
    "Alpha158 without quantiles": (
        ["--set", "alpha158", "--without", "qtl"],
        ["--set", "alpha158", "--without-quantiles"],
    ),
    "Alpha101 without industries": (["--set", "alpha101", "--without-groups"], ["--set", "alpha101"]),
    "Alpha101": (["--set", "alpha101"], ["--set", "alpha101"]),
}
"""Options of ours and of the peers' scripts. KunQuant has no industries: 82 of the 101 are what it can."""
OTHERS = {
    "Alpha158": (("pyqlib", "qlib_values"), ("polars_ta", "polars_values")),
    "Alpha101": (("py-alpha-lib", "alpha_lib"),),
}
MISSING = 0.02
LAYOUTS = (("STs", "8"), ("STs", "16"), ("TS", "8"), ("TS", "16"))
"""KunQuant's memory layouts, and names a block: 8 fill an AVX2 register, 16 one of AVX-512."""
SHORT = 500  # sessions on which the layouts are tried


def libraries(bench: Bench, size: tuple[int, int]) -> None:
    """Every set on a panel: each instruction set and number of threads; the slower peers at the first size only."""
    panel, slow = bench.panel(*size), size == bench.plan.first
    for work in SETS:
        if not slow and work == "Alpha101":
            continue  # KunQuant is the peer at the other sizes
        runs = distinct(bench.plan.runs if slow else bench.plan.large_runs)
        mine = _ours(bench, work, panel, runs, bench.plan.rounds if slow else 2)
        for simd, threads in runs if work != "Alpha101" else ():
            place = (size_text(size), simd, threads)
            count = bench.plan.peer_rounds if slow else 1
            bench.add(work, place, "KunQuant", _kunquant, bench, work, panel, place, mine[simd, threads], count)
        for name, script in OTHERS.get(work, ()) if slow else ():
            for threads in bench.plan.slow_threads:
                place = (size_text(size), "native", threads)
                bench.add(work, place, name, _other, bench, work, (name, script), panel, place, mine["native", threads])


def with_missing(bench: Bench) -> None:
    """The same with 2 % of the cells missing, beside none missing."""
    for work in ("Alpha158", "Alpha101"):
        bench.add(f"{work}, 2 % missing", bench.place(), "none missing", _missing, bench, work)


def _missing(bench: Bench, work: str) -> Row:
    plan = bench.plan
    panels = bench.panel(*plan.first, MISSING), bench.panel(*plan.first)
    holes, whole = (ours("library", each, *SETS[work][0], *rounds(plan.rounds)) for each in panels)
    place = bench.place(holes["instructions"])
    return beside(f"{work}, 2 % missing", place, "s", holes["processor"], "none missing", whole["processor"])


def _ours(
    bench: Bench, work: str, panel: Path, runs: Sequence[tuple[str, int]], count: int
) -> dict[tuple[str, int], dict[str, Any]]:
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for simd, threads in runs:
        options = [*SETS[work][0], *rounds(count)]
        try:
            found[simd, threads] = ours("library", panel, *options, threads=threads, simd=SIMD[simd])
        except BenchmarkError as error:
            bench.failures.append(str(error))
            found[simd, threads] = {}
    return found


def _kunquant(bench: Bench, work: str, panel: Path, place: Place, mine: dict[str, Any], count: int) -> Row:
    _, simd, threads = place
    layout, block = best_layout(bench, work, simd)
    options = [*SETS[work][1], "--machine", simd, "--layout", layout, "--block", block, *rounds(count)]
    theirs = peer("kunquant", panel, "-", *options, threads=threads, seconds=bench.plan.seconds)
    note = f"{mine.get('factors')} factors, its {theirs['factors']}; {layout}, blocks of {block}"
    note += f"; compiling takes it {theirs['compile_processor']:.1f} s more"
    return _row(work, place, mine, "KunQuant", theirs, note)


def _other(bench: Bench, work: str, who: tuple[str, str], panel: Path, place: Place, mine: dict[str, Any]) -> Row:
    name, script = who
    theirs = peer(script, panel, "-", *SETS[work][1], threads=place[2], seconds=bench.plan.seconds)
    note = f"{theirs['factors']} factors"
    if "compile" in theirs:
        note += f"; writing its code takes it {theirs.get('compile_processor', theirs['compile']):.1f} s more"
    return _row(work, place, mine, name, theirs, note)


def _row(work: str, place: Place, mine: dict[str, Any], name: str, theirs: dict[str, Any], note: str) -> Row:
    if not mine:
        reason = "ours failed"
        raise BenchmarkError(reason)
    panel, simd, threads = place
    aimed = (simd, threads) == ("native", 1)
    where = (panel, mine["instructions"], threads)
    target = TARGETS.get((work, name)) if aimed else None
    return beside(work, where, "s", spent(mine, threads), name, spent(theirs, threads), target=target, note=note)


def best_layout(bench: Bench, work: str, simd: str) -> tuple[str, str]:
    """KunQuant's layout and block that are the fastest on a short panel of this run; tried once a set."""
    wide = simd == "native" and instruction_set() == "avx512"
    if not bench.plan.try_layouts:
        return "STs", "16" if wide else "8"
    key = f"{work.partition(' ')[0]} {simd}"
    if key not in bench.layouts:
        panel = bench.panel(bench.plan.first[0], min(SHORT, bench.plan.first[1]))
        tried = {}
        for layout, block in LAYOUTS:
            if wide or block == "8":
                options = [*SETS[work][1], "--machine", simd, "--layout", layout, "--block", block, *rounds(2)]
                tried[layout, block] = peer("kunquant", panel, "-", *options)["processor"]
        say(f"KunQuant's layouts for {key}: {tried}")
        bench.layouts[key] = min(tried, key=tried.__getitem__)
    return bench.layouts[key]
