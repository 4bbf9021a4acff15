"""A run of the benchmark: how much it does, its panels, and the rows that it has so far."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from benchmarks.processes import BenchmarkError
from benchmarks.rows import Row
from benchmarks.values import fields_of, simulated
from lode.engine import instruction_set

Place: TypeAlias = tuple[str, str, int]
"""Panel, instruction set (`native` or `avx2` until it has run), threads."""
RUNS: tuple[tuple[str, int], ...] = (("native", 1), ("native", 2), ("avx2", 1), ("avx2", 2))
SIMD = {"native": "", "avx2": "avx2"}
"""What LODE_SIMD is for each."""


@dataclass(frozen=True)
class Plan:
    """How much a run does.

    sizes: (names, sessions); the first has everything, the others the libraries beside KunQuant only.
    runs, large_runs: instruction sets and threads at the first size, and at the others; slow_threads: numbers of
        threads for the peers that take long.
    try_layouts: whether KunQuant's memory layouts are tried; else it has the usual best.
    rounds, peer_rounds: repetitions of ours and of KunQuant, at the first size; other peers run once.
    candidates, compiled, peer_candidates: expressions scored by us, by KunQuant, and by the slower peers.
    raced: candidates of the race, whose top hundredth is compared with the exact one.
    seconds: the most that one process may take.
    """

    sizes: tuple[tuple[int, int], ...] = ((500, 2520), (3000, 2520))
    runs: tuple[tuple[str, int], ...] = RUNS
    large_runs: tuple[tuple[str, int], ...] = RUNS
    slow_threads: tuple[int, ...] = (1, 2)
    try_layouts: bool = True
    rounds: int = 7
    peer_rounds: int = 3
    candidates: int = 400
    compiled: int = 400
    peer_candidates: int = 100
    raced: int = 10_000
    seed: int = 0
    seconds: float = 900

    @property
    def first(self) -> tuple[int, int]:
        """The size that everything is measured at."""
        return self.sizes[0]


@dataclass
class Bench:
    """A run: its plan, its folder, the rows so far, and what failed beside them."""

    plan: Plan
    folder: Path
    rows: list[Row] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    layouts: dict[str, tuple[str, str]] = field(default_factory=dict)

    def panel(self, names: int, sessions: int, missing: float = 0.0) -> Path:
        """A simulated market's fields as a file; `missing`: share of the cells without any value."""
        path = self.folder / f"{names}-{sessions}-{missing}.npz"
        if not path.exists():
            np.savez(path, **market(names, sessions, self.plan.seed, missing))
        return path

    def place(self, instructions: str = "native", threads: int = 1) -> Place:
        """The first panel's."""
        return size_text(self.plan.first), instructions, threads

    def add(self, work: str, place: Place, peer: str, make: Callable[..., Row], *arguments: Any, **rest: Any) -> None:  # noqa: ANN401
        """Add the row that `make` gives of the arguments; where it fails a row that says why, of `rest`."""
        try:
            row = make(*arguments)
        except BenchmarkError as error:
            row = Row(work, *place, "", None, peer, note=f"FAILED: {error}", **rest)
        self.rows.append(row)
        say(f"{work}, {place}: {row.ours} beside {peer or 'nobody'} {row.theirs}: {row.judged} {row.note}")


def distinct(runs: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """The runs without those that another one is: where the processor has no more than AVX2, `native` is that."""
    native = instruction_set()
    return [(simd, threads) for simd, threads in runs if simd == "native" or simd != native]


def say(text: str) -> None:
    """Tell what goes on."""
    print(text, file=sys.stderr, flush=True)


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


def rounds(count: int) -> list[str]:
    """The option of every script."""
    return ["--rounds", str(count)]


def spent(found: dict[str, Any], threads: int) -> float:
    """Processor seconds of one thread; wall seconds of more."""
    return float(found["processor" if threads == 1 else "wall"])
