"""The figures of alphalens' tear sheet, compared number by number, then in seconds beside alphalens-reloaded."""

from __future__ import annotations

import numpy as np

from benchmarks.bench import Bench, Place, rounds, size_text
from benchmarks.figures import apart
from benchmarks.processes import BenchmarkError, ours, peer
from benchmarks.rows import Row, beside

WORK, PEER = "tear sheet", "alphalens-reloaded"
TARGETS = {500: 100.0, 3000: 40.0}
"""How many times faster, by the number of names."""
CLOSE_ENOUGH = 5e-5
"""Of returns in float32 some more are equal than of its float64 ones: their ranks are tied here."""


def sheets(bench: Bench, size: tuple[int, int]) -> None:
    """A row on a panel of this size, for one thread."""
    place = (size_text(size), "native", 1)
    bench.add(WORK, place, PEER, _sheet, bench, size, place, target=TARGETS.get(size[0]))


def _sheet(bench: Bench, size: tuple[int, int], place: Place) -> Row:
    files = bench.folder / f"figures-{size[0]}.npz", bench.folder / f"alphalens-{size[0]}.npz"
    mine = ours("sheet", bench.panel(*size), "--figures", files[0], *rounds(bench.plan.rounds))
    theirs = peer("alphalens_sheet", bench.panel(*size), files[1], seconds=bench.plan.seconds)
    with np.load(files[0]) as one, np.load(files[1]) as other:
        note = compared(apart(dict(one), dict(other)))
    where = (place[0], mine["instructions"], place[2])
    times = mine["processor"], theirs["processor"]
    return beside(WORK, where, "s", times[0], PEER, times[1], target=TARGETS.get(size[0]), note=note)


def compared(differences: dict[str, float]) -> str:
    """The largest differences, for a note; BenchmarkError where one is too large to be rounding."""
    said = ", ".join(f"{name} {most:.1g}" for name, most in differences.items())
    if any(not most <= CLOSE_ENOUGH for most in differences.values()):
        raise BenchmarkError(f"the figures are not its: {said}")
    return f"periods and lags 1, 5, 10; largest differences: {said}"
