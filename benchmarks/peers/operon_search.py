"""Operon's symbolic regression (pyoperon) over the cells of a panel: no windows, and no fitness but its own.

It regresses the standardised daily ranks of the returns, which is as near to a daily rank IC as its R² comes. Its last
population is what it has to offer. How many evaluations its seconds suffice for is measured on the first budget.
"""

from __future__ import annotations

import warnings

import exchange
import numpy as np
import searched
from pyoperon.sklearn import SymbolicRegressor

SYMBOLS = "add,sub,mul,aq,fmin,fmax,abs,sqrtabs,logabs,square,tanh,constant,variable"
GENERATIONS = 10


def ranked(forward: np.ndarray) -> np.ndarray:
    """Ranks within each session, centred, with variance 1; NaN where missing. Ties in the order of the names."""
    ranks = np.where(np.isfinite(forward), forward.argsort(axis=1).argsort(axis=1).astype(float), np.nan)
    spread = np.nanstd(ranks, axis=1, keepdims=True)
    return (ranks - np.nanmean(ranks, axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)


def fitted(x: np.ndarray, y: np.ndarray, evaluations: int, seed: int) -> SymbolicRegressor:
    """Spend as many evaluations in ten generations, with one thread."""
    population = max(evaluations // GENERATIONS, 2)
    search = SymbolicRegressor(
        allowed_symbols=SYMBOLS,
        population_size=population,
        generations=100 * GENERATIONS,  # its evaluations end it
        max_evaluations=evaluations,
        max_length=20,
        optimizer_iterations=0,
        n_threads=1,
        random_state=seed,
    )
    return search.fit(x, y)


def distinct(search: SymbolicRegressor, cells: searched.Cells, kept: int) -> list[searched.Found]:
    """The best individuals of the last population, each once."""
    ordered = sorted(search.individuals_, key=lambda each: each.GetFitness(0))
    seen: dict[bytes, searched.Found] = {}
    for each in ordered:
        values = cells.panel(search.evaluate_model(each.Genotype, cells.every))
        found = searched.Found(values, int(each.Genotype.Length), search.get_model_string(each.Genotype))
        seen.setdefault(values[-1].tobytes(), found)
        if len(seen) >= kept:
            break
    return list(seen.values())


def main() -> None:
    """Search once for each budget."""
    asked = searched.arguments()
    cells = searched.cells(asked)
    wanted = ranked(cells.forward).ravel()
    there = np.isfinite(wanted)
    x, y = cells.train[there], wanted[there]
    handover, evaluations = searched.Handover({}, {}), asked.candidates
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for basis in ("candidates", "seconds"):
            before = exchange.processor_seconds()
            search = fitted(x, y, evaluations, asked.seed)
            spent = exchange.processor_seconds() - before
            scored = int(search.stats_["evaluation_count"])
            best = distinct(search, cells, asked.kept)
            handover.add(basis, best, scored=scored, processor=spent)
            evaluations = max(int(scored * asked.seconds / max(spent, 1e-6)), GENERATIONS)
    searched.end(asked, handover)


if __name__ == "__main__":
    main()
