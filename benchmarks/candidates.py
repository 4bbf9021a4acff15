"""Candidates computed and exactly scored a processor second, fresh and evolved, beside the peers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from benchmarks import population
from benchmarks.bench import SIMD, Bench, Place, distinct, market, rounds, spent
from benchmarks.ours import to_lists
from benchmarks.processes import BenchmarkError, ours, peer
from benchmarks.rows import Row, beside
from lode.engine import instruction_set

RATES = {"fresh": 150.0, "evolved": 200.0}
TARGETS = {"KunQuant": 20.0, "gplearn": 10.0, "numpy + bottleneck": 7.0}
PEERS = (("KunQuant", "kunquant_score"), ("numpy + bottleneck", "bottleneck_score"))
FITNESSES = {"daily": "daily rank IC added", "spearman": "its own pooled Spearman"}
THREADS = 1.8
TWO = "scoring with two threads"
BRED_ON = (100, 500)  # names, sessions


def candidates(bench: Bench) -> None:
    """Ours on populations of all operators; beside peers on ones of the operators that all of them have."""
    panel = bench.panel(*bench.plan.first)
    for kind in ("fresh", "evolved"):
        work = f"candidates, {kind}"
        everything = write_population(bench, kind, None)
        for simd, threads in distinct(bench.plan.runs):
            place = bench.place(simd, threads)
            bench.add(work, place, "", _rate, kind, panel, everything, place)
        shared = write_population(bench, kind, population.SHARED)
        for name, script in PEERS:
            bench.add(work, bench.place(), name, _scored, bench, kind, (name, script), panel, shared)
        for fitness in FITNESSES:
            bench.add(work, bench.place(), "gplearn", _gplearn, bench, kind, fitness, panel)


def write_population(bench: Bench, kind: str, operators: frozenset[str] | None) -> Path:
    """A population as a file that peers read."""
    path = bench.folder / f"{kind}-{'shared' if operators else 'all'}.json"
    if not path.exists():
        count, seed = bench.plan.candidates, bench.plan.seed
        if kind == "fresh":
            made = population.fresh(count, seed, operators)
        else:
            made = population.evolved(count, seed, market(*BRED_ON, seed + 2), operators)
        path.write_text(json.dumps([to_lists(each) for each in made]))
    return path


def per_second(found: dict, threads: int = 1) -> float:
    """Expressions a processor second, of two threads a second."""
    return float(found["expressions"] / spent(found, threads))


def _rate(kind: str, panel: Path, path: Path, place: Place) -> Row:
    _, simd, threads = place
    found = ours("score", panel, "--population", path, *rounds(3), threads=threads, simd=SIMD[simd])
    rate = per_second(found, threads)
    target = RATES[kind] if (simd, threads) == ("native", 1) else None
    where = (place[0], found["instructions"], threads)
    note = f"{found['expressions']} of {found['nodes']:.1f} nodes, all operators that are searched"
    return Row(f"candidates, {kind}", *where, "a second", rate, judged=rate, target=target, note=note)


def _scored(bench: Bench, kind: str, who: tuple[str, str], panel: Path, path: Path) -> Row:
    name, script = who
    limit = ["--limit", str(bench.plan.compiled if name == "KunQuant" else bench.plan.peer_candidates)]
    files = bench.folder / "ours.npy", bench.folder / "theirs.npz"
    mine = ours("score", panel, "--population", path, *limit, "--scores", files[0], *rounds(3))
    theirs = peer(script, panel, files[1], "--population", path, *limit, seconds=bench.plan.seconds)
    with np.load(files[1]) as found:
        agree = agreement(np.load(files[0]), found["rank_ic"])
    note = f"{theirs['expressions']} of {mine['nodes']:.1f} nodes; the daily rank ICs of {agree} agree"
    if name == "KunQuant":
        note += "; batches of 400, compiling included"
    place = bench.place(mine["instructions"])
    rates = per_second(mine), per_second(theirs)
    return beside(f"candidates, {kind}", place, "a second", rates[0], name, rates[1], target=TARGETS[name], note=note)


def agreement(one: np.ndarray, other: np.ndarray, apart: float = 2e-3, most: float = 0.95) -> int:
    """Expressions (rows) whose rank ICs are within `apart` in `most` of the sessions that both scored, or have none."""
    both = np.isfinite(one) & np.isfinite(other)
    near = np.zeros(both.shape, bool)
    near[both] = np.abs(one[both] - other[both]) <= apart
    counted = both.sum(axis=1)
    neither = ~np.isfinite(one).any(axis=1) & ~np.isfinite(other).any(axis=1)
    return int((neither | ((counted > 0) & (near.sum(axis=1) >= most * counted))).sum())


def _gplearn(bench: Bench, kind: str, fitness: str, panel: Path) -> Row:
    plan, place = bench.plan, bench.place(instruction_set())
    work = f"candidates, {kind}"
    alone = [row.ours for row in bench.rows if (row.work, row.peer) == (work, "") and row.instructions == place[1]]
    if not alone or not alone[0]:
        reason = "ours failed"
        raise BenchmarkError(reason)
    generations = 1 if kind == "fresh" else 4
    options = ["--set", fitness, "--population", str(plan.peer_candidates // 4), "--generations", str(generations)]
    theirs = peer("gplearn_score", panel, "-", *options, "--seed", str(plan.seed), seconds=plan.seconds)
    note = f"its own programs, of {theirs['nodes']:.1f} nodes without windows; {FITNESSES[fitness]}"
    target = TARGETS["gplearn"]
    return beside(work, place, "a second", alone[0], "gplearn", per_second(theirs), target=target, note=note)


def two_threads(bench: Bench) -> None:
    """Wall seconds of scoring with one thread over those with two, each the best of alternating rounds."""
    place = bench.place(threads=2)
    bench.add(TWO, place, "one thread", _two_threads, bench, target=THREADS)


def _two_threads(bench: Bench) -> Row:
    panel, path = bench.panel(*bench.plan.first), write_population(bench, "fresh", None)
    found = [ours("score", panel, "--population", path, *rounds(3), threads=n) for n in (1, 2, 1, 2)]
    one, two = (min(found[i]["walls"] + found[i + 2]["walls"]) for i in (0, 1))
    place = bench.place(found[0]["instructions"], 2)
    return beside(TWO, place, "s", two, "one thread", one, target=THREADS, note="wall seconds, best of 6 rounds")
