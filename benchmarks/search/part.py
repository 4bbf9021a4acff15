"""The part `search` of the benchmark: every method on every panel, several seeds, at two kinds of equal budget."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench import say
from benchmarks.processes import BenchmarkError
from benchmarks.search.judging import Arena, Found, Outcome, judge
from benchmarks.search.lode_searches import Limit, formulas, searched
from benchmarks.search.panels import Searched, panels
from benchmarks.search.peer_searches import BASES, PEERS, peer_searched, write_panel
from benchmarks.search.plan import SearchPlan
from lode.errors import LodeError
from lode.search import SEARCHERS
from lode.workflow.options import MiningOptions

LODE = f"Lode ({MiningOptions().searcher})"
FORMULAS = "101 formulas"
ABSENT = ("is left out", "ModuleNotFoundError")
"""What the message says of a peer that is not installed."""


@dataclass(frozen=True)
class Line:
    """A method on a panel at one kind of budget.

    figures: mean and standard deviation over the seeds by figure of `Outcome`; empty where nothing was measured, whose
    cause `note` gives. failed: the cause is a failure, not something that is not installed.
    """

    panel: str
    basis: str
    method: str
    seeds: int = 0
    figures: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    note: str = ""
    failed: bool = False


def measure(plan: SearchPlan, seed: int) -> Iterator[list[Line]]:
    """Lines of one panel after the other. seed: of the simulated markets, and the first of the searches."""
    for each in panels(plan, seed):
        if not each.stretches:
            yield [Line(each.name, basis, "all", note=f"left out: {each.left_out}") for basis in BASES]
            continue
        with tempfile.TemporaryDirectory() as folder:
            yield list(_on_panel(each, plan, seed, Path(folder)))


@dataclass(frozen=True)
class _Stretch:
    """A panel that is searched, and the file from which peers read it."""

    arena: Arena
    file: Path


Search = Callable[[_Stretch, int], Mapping[str, Found]]


def _on_panel(each: Searched, plan: SearchPlan, seed: int, folder: Path) -> Iterator[Line]:
    arenas = [Arena(panel, each.plants) for panel in each.stretches]
    stretches = [_Stretch(a, write_panel(a, folder / f"panel{place}.npz")) for place, a in enumerate(arenas)]
    seeds = range(seed, seed + plan.seeds)
    methods: dict[str, tuple[Sequence[int], Search]] = {
        f"Lode ({name})": (seeds, lambda on, own, name=name: _by_lode(on.arena, name, own, plan))
        for name in ordered_searchers()
    }
    methods[FORMULAS] = (seeds[:1], lambda on, _: dict.fromkeys(BASES, formulas(on.arena)))
    for name in PEERS:
        methods[name] = (seeds, lambda on, own, name=name: peer_searched(on.arena, name, own, plan, on.file))
    for name, (own, search) in methods.items():
        lines = _measured(each.title, name, stretches, own, search)
        for line in lines:
            say(f"{line.panel}, {line.method}, {line.basis}: {line.figures.get('pool_validation')} {line.note}")
        yield from lines


def ordered_searchers() -> list[str]:
    """The searchers that are registered and need no model of somebody's, the default one first."""
    return sorted(set(SEARCHERS) - {"language_model"}, key=lambda name: (f"Lode ({name})" != LODE, name))


def _by_lode(arena: Arena, searcher: str, seed: int, plan: SearchPlan) -> dict[str, Found]:
    limits = Limit(candidates=plan.candidates), Limit(seconds=plan.seconds)
    return {basis: searched(arena, searcher, seed, limit) for basis, limit in zip(BASES, limits, strict=True)}


def _measured(
    panel: str, method: str, stretches: Sequence[_Stretch], seeds: Sequence[int], search: Search
) -> list[Line]:
    """Lines of a method, one a basis; where it fails, lines that say why."""
    outcomes: dict[str, list[Outcome]] = {basis: [] for basis in BASES}
    try:
        for seed in seeds:
            by_stretch = [
                {basis: judge(on.arena, found) for basis, found in search(on, seed).items()} for on in stretches
            ]
            for basis in BASES:
                outcomes[basis].append(mean_outcome([each[basis] for each in by_stretch]))
    except (BenchmarkError, LodeError) as error:
        absent = any(said in str(error) for said in ABSENT)
        note = f"{'not installed' if absent else 'FAILED'}: {error}"
        return [Line(panel, basis, method, note=note, failed=not absent) for basis in BASES]
    return [Line(panel, basis, method, len(seeds), summary(outcomes[basis])) for basis in BASES]


def mean_outcome(outcomes: Sequence[Outcome]) -> Outcome:
    """Mean of each figure over the stretches that have it; NaN where none has."""
    return Outcome(**{name: mean for name, (mean, _) in summary(outcomes).items()})


def summary(outcomes: Sequence[Outcome]) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation (of a sample; 0 for a single one) of each figure."""
    found = {}
    for each in fields(Outcome):
        values = np.array([getattr(outcome, each.name) for outcome in outcomes], float)
        known = values[np.isfinite(values)]
        deviation = float(known.std(ddof=1)) if len(known) > 1 else 0.0
        found[each.name] = (float(known.mean()) if len(known) else float("nan"), deviation)
    return found


def as_json(plan: SearchPlan, mode: str, where: Mapping[str, str], lines: Sequence[Line]) -> dict[str, Any]:
    """For results.json: figures that are not defined are null. where: when and on what it was measured."""
    rows = [asdict(line) | {"figures": _replaced(line.figures, nan_by=None)} for line in lines]
    return {"mode": mode, **where, "plan": asdict(plan), "lines": rows}


def lines_of(stored: Mapping[str, Any]) -> list[Line]:
    """Lines that results.json has."""
    return [Line(**{**row, "figures": _replaced(row["figures"])}) for row in stored.get("lines", [])]


def _replaced(figures: Mapping[str, Sequence[float | None]], nan_by: float | None = float("nan")) -> dict[str, Any]:
    return {
        name: tuple(nan_by if value is None or np.isnan(value) else value for value in pair)
        for name, pair in figures.items()
    }
