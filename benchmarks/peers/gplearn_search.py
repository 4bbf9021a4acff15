"""gplearn's search for factors: over the cells of a panel, as it comes or with rolling functions added.

`flat`: its own functions, which know no sessions, and its own fitness, one rank correlation over all cells of train.
`rolling`: rolling functions beside them, made with make_function, which shape the flat vector to (sessions, names) and
back; the fitness is the |mean daily rank IC| of train. Its settings are its defaults but for the size of a population
and, with `rolling`, a tenth of the charge for length, which is made for fitnesses near one.
SymbolicRegressor breeds as SymbolicTransformer does; the latter's choice of ten programs is left out, since the same
choice of finalists is made for every method afterwards, from the best programs of all generations.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import bottleneck as bn
import exchange
import numpy as np
import searched
from gplearn.fitness import make_fitness
from gplearn.functions import make_function
from gplearn.genetic import SymbolicRegressor

FUNCTIONS = ("add", "sub", "mul", "div", "sqrt", "log", "abs", "neg", "inv", "max", "min")
WINDOWS = (5, 10, 20, 60)
GENERATIONS = 10
"""A budget of candidates is spent in so many generations; its population has a tenth of them."""


def daily(known: np.ndarray, forward: np.ndarray) -> Any:  # noqa: ANN401  its fitness
    """|mean daily rank IC| over the cells that are known and labelled; the returns are ranked once."""
    there = known[: len(forward)] & np.isfinite(forward)
    of = _centred(np.where(there, forward, np.nan))
    size = (of * of).sum(axis=1)

    def score(_y: np.ndarray, predicted: np.ndarray, _weight: np.ndarray) -> float:
        if predicted.size != forward.size:  # its own check of a fitness, with two cells
            return 0.0
        x = _centred(np.where(there, predicted.reshape(forward.shape), np.nan))
        spread = np.sqrt((x * x).sum(axis=1) * size)
        ics = np.divide((x * of).sum(axis=1), spread, out=np.zeros(len(spread)), where=spread > 0)
        return float(abs(ics.mean()))

    return make_fitness(function=score, greater_is_better=True, wrap=False)


def _centred(values: np.ndarray) -> np.ndarray:
    """Ranks within each session less their mean, 0 where missing."""
    ranks = bn.nanrankdata(values, axis=1)
    middle = (np.isfinite(ranks).sum(axis=1, keepdims=True) + 1) / 2
    return np.nan_to_num(ranks - middle)


def rolling(names: int) -> list[Any]:
    """Functions over the sessions of each name, and the rank over the names of each session."""
    made = [_function("rank", 1, names, lambda x: bn.rankdata(x, axis=1) / names)]
    for days in WINDOWS:
        made += [
            _function(f"mean_{days}", 1, names, lambda x, d=days: bn.move_mean(x, d, min_count=1, axis=0)),
            _function(f"std_{days}", 1, names, lambda x, d=days: bn.move_std(x, d, min_count=1, axis=0)),
            _function(f"min_{days}", 1, names, lambda x, d=days: bn.move_min(x, d, min_count=1, axis=0)),
            _function(f"max_{days}", 1, names, lambda x, d=days: bn.move_max(x, d, min_count=1, axis=0)),
            _function(f"rank_{days}", 1, names, lambda x, d=days: bn.move_rank(x, d, min_count=1, axis=0)),
            _function(f"delta_{days}", 1, names, lambda x, d=days: x - delayed(x, d)),
            _function(f"delay_{days}", 1, names, lambda x, d=days: delayed(x, d)),
            _function(f"corr_{days}", 2, names, lambda x, y, d=days: correlation(x, y, d)),
        ]
    return made


def delayed(x: np.ndarray, days: int) -> np.ndarray:
    """Values of so many sessions before; the first session's before there is one."""
    rows = np.maximum(np.arange(len(x)) - days, 0)
    return x[rows]


def correlation(x: np.ndarray, y: np.ndarray, days: int) -> np.ndarray:
    """Rolling Pearson correlation of each name; 0 where either is constant."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)

    def mean(values: np.ndarray) -> np.ndarray:
        return bn.move_mean(values, days, min_count=1, axis=0)

    along_x, along_y = mean(x), mean(y)
    spread = np.sqrt(np.maximum(mean(x * x) - along_x**2, 0) * np.maximum(mean(y * y) - along_y**2, 0))
    found = np.divide(mean(x * y) - along_x * along_y, spread, out=np.zeros_like(x), where=spread > 1e-12)
    return np.clip(found, -1, 1)


def _function(name: str, arity: int, names: int, over: Callable[..., np.ndarray]) -> Any:  # noqa: ANN401  its function
    def flat(*columns: np.ndarray) -> np.ndarray:
        if columns[0].size % names:  # its own check of a function, with ten cells
            return np.zeros_like(columns[0])
        shaped = [np.ascontiguousarray(column, float).reshape(-1, names) for column in columns]
        return np.nan_to_num(over(*shaped), posinf=0.0, neginf=0.0).ravel()

    return make_function(function=_of_one(flat) if arity == 1 else _of_two(flat), name=name, arity=arity, wrap=False)


def _of_one(flat: Callable[..., np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """The same with one named argument, which it counts."""

    def of_one(x: np.ndarray) -> np.ndarray:
        return flat(x)

    return of_one


def _of_two(flat: Callable[..., np.ndarray]) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """The same with two named arguments, which it counts."""

    def of_two(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return flat(x, y)

    return of_two


def _found(cells: searched.Cells, program: Any) -> searched.Found:  # noqa: ANN401  its program
    return searched.Found(cells.panel(program.execute(cells.every)), int(program.length_), str(program))


def main() -> None:
    """Breed generation after generation until both budgets are spent; note what was best when each was."""
    asked = searched.arguments(("flat", "rolling"))
    cells = searched.cells(asked)
    wanted = np.nan_to_num(cells.forward).ravel()
    own = asked.set == "flat"
    search = SymbolicRegressor(
        population_size=max(asked.candidates // GENERATIONS, 1),
        generations=0,
        tournament_size=min(20, max(asked.candidates // GENERATIONS, 1)),
        function_set=FUNCTIONS if own else (*FUNCTIONS, *rolling(cells.known.shape[1])),
        metric="spearman" if own else daily(cells.known, cells.forward),
        parsimony_coefficient=0.001 if own else 0.0001,
        stopping_criteria=np.inf,
        warm_start=True,
        random_state=asked.seed,
        feature_names=list(cells.fields),
    )
    handover, spent, scored, best = searched.Handover({}, {}), 0.0, 0, {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        while len(handover.figures) < 2:
            before = exchange.processor_seconds()
            search.set_params(generations=search.generations + 1)
            search.fit(cells.train, wanted)
            spent += exchange.processor_seconds() - before
            scored += search.population_size
            bred = search._programs[-1]  # noqa: SLF001  it keeps no other record
            best |= {each.raw_fitness_: each for each in bred if np.isfinite(each.raw_fitness_)}
            chosen = sorted(best.values(), key=lambda each: -each.raw_fitness_)[: asked.kept]
            best = {each.raw_fitness_: each for each in chosen}  # of equal fitness: the same ranks
            for basis, over in (("candidates", scored >= asked.candidates), ("seconds", spent >= asked.seconds)):
                if over and basis not in handover.figures:
                    handover.add(basis, [_found(cells, each) for each in chosen], scored=scored, processor=spent)
    searched.end(asked, handover)


if __name__ == "__main__":
    main()
