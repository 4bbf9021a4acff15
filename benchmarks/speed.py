"""Issue by issue what the table has: libraries, candidates, threads, beside the peers; a list of rows."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import population
from benchmarks.ours import to_lists
from benchmarks.processes import BenchmarkError, ours, peer
from benchmarks.rows import Row, beside
from benchmarks.values import fields_of, simulated

SETS = {"native": "", "avx2": "avx2"}


@dataclass(frozen=True)
class Plan:
    """How much a run does. sizes: (names, sessions), the first with everything, the others with the libraries only."""

    sizes: tuple[tuple[int, int], ...] = ((500, 2520), (3000, 2520))
    rounds: int = 5
    peer_rounds: int = 3
    candidates: int = 400
    peer_candidates: int = 100
    seed: int = 0
    slow_peers: bool = True
    seconds: float = 900

    @property
    def first(self) -> tuple[int, int]:
        """The size that everything is measured at."""
        return self.sizes[0]


@dataclass
class Bench:
    """A run: its plan, folder and the rows so far."""

    plan: Plan
    folder: Path
    rows: list[Row] = field(default_factory=list)
    best: dict[str, list[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def panel(self, names: int, sessions: int, missing: float = 0.0) -> Path:
        """A simulated market's fields as a file; `missing`: share of the cells without any value."""
        path = self.folder / f"{names}-{sessions}-{missing}.npz"
        if not path.exists():
            np.savez(path, **market(names, sessions, self.plan.seed, missing))
        return path

    def say(self, text: str) -> None:
        """Tell what goes on."""
        print(text, file=sys.stderr, flush=True)

    def try_row(
        self, work: str, place: tuple[str, str, int], peer_name: str, make: Callable[[], Row], **rest: Any
    ) -> None:  # noqa: ANN401
        """Add the row that `make` gives; one that says why where it fails."""
        try:
            row = make()
        except BenchmarkError as error:
            row = Row(work, *place, "s", None, peer_name, note=f"FAILED: {error}", **rest)
        self.rows.append(row)
        self.say(
            f"{row.work} {row.panel} {row.instructions} {row.threads}: {row.ours} {row.peer} {row.theirs} → {row.judged}"
        )


def market(names: int, sessions: int, seed: int, missing: float = 0.0) -> dict[str, np.ndarray]:
    """Fields of a simulated market; in a share of the cells every field is missing, as for a name not traded."""
    fields = fields_of(simulated(names, sessions, seed))
    if missing:
        gone = np.random.default_rng(seed + 1).random((sessions, names)) < missing
        for values in fields.values():
            values[gone] = np.nan
    return fields


def size_text(size: tuple[int, int]) -> str:
    """`500 × 2,520`."""
    return f"{size[0]:,} × {size[1]:,}"


# Libraries ----------------------------------------------------------------------------------------------------------

TARGETS: dict[tuple[str, str], float] = {
    ("Alpha158", "KunQuant"): 15,
    ("Alpha158 without quantiles", "KunQuant"): 2,
    ("Alpha158", "pyqlib"): 200,
    ("Alpha101", "KunQuant"): 15,
    ("Alpha101", "py-alpha-lib"): 10,
    ("candidates, fresh", "KunQuant"): 20,
    ("candidates, evolved", "KunQuant"): 20,
    ("candidates, fresh", "gplearn"): 10,
    ("candidates, evolved", "gplearn"): 10,
    ("candidates, fresh", "numpy + bottleneck"): 7,
    ("candidates, evolved", "numpy + bottleneck"): 7,
}
ABSOLUTE = {"fresh": 150.0, "evolved": 200.0}
LIBRARIES = {
    "Alpha158": (["--set", "alpha158"], ["--set", "alpha158"]),
    "Alpha158 without quantiles": (
        ["--set", "alpha158", "--without", "qtl"],
        ["--set", "alpha158", "--without-quantiles"],
    ),
    "Alpha101": (["--set", "alpha101"], ["--set", "alpha101"]),
}
OTHERS = {
    "Alpha158": (("pyqlib", "qlib_values"), ("polars_ta", "polars_values")),
    "Alpha101": (("py-alpha-lib", "alpha_lib"),),
}


def libraries(bench: Bench, size: tuple[int, int]) -> None:
    """Alpha158, whole and without quantiles, and Alpha101: every instruction set, threads and peer."""
    panel = bench.panel(*size)
    for work in LIBRARIES:
        mine: dict[tuple[str, int], dict[str, Any]] = {}
        for simd, threads in runs():
            place = (size_text(size), simd, threads)
            mine[simd, threads] = ours(
                "library", panel, *LIBRARIES[work][0], *_rounds(bench.plan.rounds), threads=threads, simd=SETS[simd]
            )
            bench.try_row(work, place, "KunQuant", lambda: _kunquant(bench, work, panel, place, mine[place[1:]]))
        if size == bench.plan.first and bench.plan.slow_peers:
            for name, script in OTHERS.get(work, ()):
                for threads in (1, 2):
                    place = (size_text(size), "native", threads)
                    bench.try_row(
                        work,
                        place,
                        name,
                        lambda: _other(bench, work, (name, script), panel, place, mine["native", threads]),
                    )


def runs() -> Iterator[tuple[str, int]]:
    """Instruction set and threads."""
    yield from (("native", 1), ("native", 2), ("avx2", 1), ("avx2", 2))


def _rounds(rounds: int) -> list[str]:
    return ["--rounds", str(rounds)]


def _time(found: dict[str, Any], threads: int) -> float:
    """Processor seconds of one thread; wall seconds of more."""
    return float(found["processor" if threads == 1 else "wall"])


def _kunquant(bench: Bench, work: str, panel: Path, place: tuple[str, str, int], mine: dict[str, Any]) -> Row:
    _, simd, threads = place
    options = [*LIBRARIES[work][1], "--machine", simd, *best_layout(bench, work)]
    options[options.index("--block") + 1] = "8" if simd == "avx2" else options[options.index("--block") + 1]
    theirs = peer(
        "kunquant", panel, "-", *options, *_rounds(bench.plan.peer_rounds), threads=threads, seconds=bench.plan.seconds
    )
    note = f"{' '.join(best_layout(bench, work)[1::2])}; compiling takes it {theirs['compile_processor']:.1f} s more"
    if work == "Alpha101":
        note += f"; its {theirs['factors']} alphas, all {mine['factors']} of ours"
    return _row(work, place, mine, "KunQuant", theirs, note)


def _row(
    work: str, place: tuple[str, str, int], mine: dict[str, Any], name: str, theirs: dict[str, Any], note: str
) -> Row:
    aimed = place[1:] == ("native", 1)
    target = TARGETS.get((work, name)) if aimed else None
    threads = place[2]
    place = (place[0], mine["instructions"], threads)
    return beside(work, place, "s", _time(mine, threads), name, _time(theirs, threads), target=target, note=note)


def _other(
    bench: Bench, work: str, who: tuple[str, str], panel: Path, place: tuple[str, str, int], mine: dict[str, Any]
) -> Row:
    name, script = who
    theirs = peer(script, panel, "-", *LIBRARIES[work][1][:2], threads=place[2], seconds=bench.plan.seconds)
    note = f"{theirs['factors']} factors"
    if "compile" in theirs:
        note += f"; code and compiling take it {theirs.get('compile_processor', theirs['compile']):.1f} s more"
    return _row(work, place, mine, name, theirs, note)


def best_layout(bench: Bench, work: str) -> list[str]:
    """KunQuant's layout and block that are fastest on a short panel of this run; measured once a set."""
    key = work.partition(" ")[0]
    if key not in bench.best:
        panel = bench.panel(bench.plan.first[0], min(500, bench.plan.first[1]))
        tried = {}
        for layout, block in (("STs", "8"), ("STs", "16"), ("TS", "8"), ("TS", "16")):
            options = ["--layout", layout, "--block", block]
            tried[layout, block] = peer("kunquant", panel, "-", *LIBRARIES[work][1], *options, "--rounds", "2")[
                "processor"
            ]
        layout, block = min(tried, key=lambda each: tried[each])
        bench.best[key] = ["--layout", layout, "--block", block]
        bench.say(f"KunQuant's {work}: {tried}")
    return bench.best[key]


# Candidates ---------------------------------------------------------------------------------------------------------


def candidates(bench: Bench) -> None:
    """Expressions computed and exactly scored a processor second: ours on all operators, then the shared ones."""
    plan = bench.plan
    panel = bench.panel(*plan.first)
    for kind in ("fresh", "evolved"):
        everything = write_population(bench, kind, None)
        for simd, threads in runs():
            place = (size_text(plan.first), simd, threads)
            bench.try_row(f"candidates, {kind}", place, "", lambda: _rate(plan, kind, panel, everything, place))
        shared = write_population(bench, kind, population.SHARED)
        place = (size_text(plan.first), "native", 1)
        for name, script in (("KunQuant", "kunquant_score"), ("numpy + bottleneck", "bottleneck_score")):
            bench.try_row(
                f"candidates, {kind}", place, name, lambda: _scored(bench, kind, (name, script), panel, shared)
            )
        for fitness in ("daily", "spearman"):
            bench.try_row(
                f"candidates, {kind}", place, "gplearn", lambda: _gplearn(bench, kind, fitness, panel, everything)
            )


def write_population(bench: Bench, kind: str, operators: frozenset[str] | None) -> Path:
    """A population as a file that peers read."""
    path = bench.folder / f"{kind}-{'shared' if operators else 'all'}.json"
    if not path.exists():
        count, seed = bench.plan.candidates, bench.plan.seed
        small = market(100, 500, seed + 2)
        made = (
            population.fresh(count, seed, operators)
            if kind == "fresh"
            else population.evolved(count, seed, small, operators)
        )
        path.write_text(json.dumps([to_lists(each) for each in made]))
    return path


def _per_second(found: dict[str, Any], threads: int = 1) -> float:
    return float(found["expressions"] / _time(found, threads))


def _rate(plan: Plan, kind: str, panel: Path, path: Path, place: tuple[str, str, int]) -> Row:
    found = ours("score", panel, "--population", path, *_rounds(3), threads=place[2], simd=SETS[place[1]])
    rate = _per_second(found, place[2])
    target = ABSOLUTE[kind] if place[1:] == ("native", 1) else None
    return Row(
        f"candidates, {kind}", place[0], found["instructions"], place[2], "a second", rate, judged=rate, target=target,
        note=f"{found['nodes']:.1f} nodes, all operators",
    )  # fmt: skip


def _scored(bench: Bench, kind: str, who: tuple[str, str], panel: Path, path: Path) -> Row:
    name, script = who
    plan = bench.plan
    limit = ["--limit", str(plan.candidates if name == "KunQuant" else plan.peer_candidates)]
    ours_file, theirs_file = bench.folder / "ours.npy", bench.folder / "theirs.npz"
    mine = ours("score", panel, "--population", path, *limit, "--scores", ours_file, *_rounds(3))
    theirs = peer(script, panel, theirs_file, "--population", path, *limit, seconds=plan.seconds)
    with np.load(theirs_file) as found:
        agree = agreement(np.load(ours_file), found["rank_ic"])
    note = f"{theirs['expressions']} expressions of {mine['nodes']:.1f} nodes; daily rank ICs of {agree} of them agree"
    place = (size_text(plan.first), mine["instructions"], 1)
    work = f"candidates, {kind}"
    return beside(
        work, place, "a second", _per_second(mine), name, _per_second(theirs), target=TARGETS[work, name], note=note
    )


def agreement(one: np.ndarray, other: np.ndarray, apart: float = 2e-3, most: float = 0.95) -> int:
    """Expressions (rows) whose daily rank ICs are within `apart` on at least `most` of the sessions that both scored."""
    both = np.isfinite(one) & np.isfinite(other)
    near = both & (np.abs(one - np.where(both, other, 0)) <= apart)
    counted = both.sum(axis=1)
    empty = ~np.isfinite(one).any(axis=1) & ~np.isfinite(other).any(axis=1)
    return int(((near.sum(axis=1) >= most * counted) & (counted > 0) | empty).sum())


def _gplearn(bench: Bench, kind: str, fitness: str, panel: Path, path: Path) -> Row:
    plan = bench.plan
    mine = ours("score", panel, "--population", path, *_rounds(3))
    generations = "1" if kind == "fresh" else "4"
    options = ["--set", fitness, "--population", str(plan.peer_candidates // 4), "--generations", generations]
    theirs = peer("gplearn_score", panel, "-", *options, "--seed", str(plan.seed), seconds=plan.seconds)
    work = f"candidates, {kind}"
    said = {"daily": "daily rank IC added", "spearman": "its own pooled Spearman"}[fitness]
    note = f"its own programs of {theirs['nodes']:.1f} nodes, no windows; {said}"
    place = (size_text(plan.first), mine["instructions"], 1)
    target = TARGETS[work, "gplearn"]
    return beside(work, place, "a second", _per_second(mine), "gplearn", _per_second(theirs), target=target, note=note)


def two_threads(bench: Bench) -> None:
    """Wall time of scoring with one thread over that with two."""
    plan = bench.plan
    panel, path = bench.panel(*plan.first), write_population(bench, "fresh", None)
    place = (size_text(plan.first), "native", 2)

    def measured() -> Row:
        one = [ours("score", panel, "--population", path, *_rounds(3), threads=n) for n in (1, 2, 1, 2)]
        walls = [min(one[0]["walls"] + one[2]["walls"]), min(one[1]["walls"] + one[3]["walls"])]
        row_place = (place[0], one[0]["instructions"], 2)
        return beside(
            "scoring with two threads",
            row_place,
            "s",
            walls[1],
            "one thread",
            walls[0],
            target=1.8,
            note="wall seconds, best of 6",
        )

    bench.try_row("scoring with two threads", place, "one thread", measured, target=1.8)


def with_missing(bench: Bench) -> None:
    """The same work with 2 % of the cells missing, beside none missing."""
    plan = bench.plan
    whole, holes = bench.panel(*plan.first), bench.panel(*plan.first, 0.02)
    for work in ("Alpha158", "Alpha101"):
        place = (size_text(plan.first), "native", 1)

        def measured(work: str = work) -> Row:
            times = [ours("library", each, *LIBRARIES[work][0], *_rounds(plan.rounds)) for each in (holes, whole)]
            row_place = (place[0], times[0]["instructions"], 1)
            return beside(
                f"{work}, 2 % missing", row_place, "s", times[0]["processor"], "none missing", times[1]["processor"]
            )

        bench.try_row(f"{work}, 2 % missing", place, "none missing", measured)
