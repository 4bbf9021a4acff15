"""gplearn's candidates a second, on its own terms: programs of its own over the cells, which know no sessions.

`spearman`: its own fitness, one rank correlation over all cells. `daily`: a fitness of daily rank ICs, as the search of
a cross-sectional factor needs. It scores each program it makes; the programs of all generations count.
"""

from __future__ import annotations

import warnings
from typing import Any

import bottleneck as bn
import exchange
import numpy as np
from gplearn.fitness import make_fitness
from gplearn.genetic import SymbolicRegressor

FUNCTIONS = ("add", "sub", "mul", "div", "sqrt", "log", "abs", "neg", "inv", "max", "min")


def daily(shape: tuple[int, int]) -> Any:  # noqa: ANN401  its fitness
    """Mean daily rank IC of cells that run session by session; the returns are ranked once."""
    ranked: dict[str, np.ndarray] = {}

    def score(y: np.ndarray, predicted: np.ndarray, _weight: np.ndarray) -> float:
        if len(predicted) != shape[0] * shape[1]:  # its own check of a fitness, with two cells
            return 0.0
        if "returns" not in ranked:
            ranks = bn.rankdata(y.reshape(shape), axis=1)
            ranked["returns"] = ranks - ranks.mean(axis=1, keepdims=True)
        x = bn.rankdata(predicted.reshape(shape), axis=1)
        x -= x.mean(axis=1, keepdims=True)
        of = ranked["returns"]
        spread = np.sqrt((x * x).sum(axis=1) * (of * of).sum(axis=1))
        return float(np.mean(np.divide((x * of).sum(axis=1), spread, out=np.zeros(shape[0]), where=spread > 0)))

    return make_fitness(function=score, greater_is_better=True)


def main() -> None:
    """Evolve a population for some generations and count what was scored."""
    parser = exchange.parser(("daily", "spearman"))
    parser.add_argument("--population", type=int, default=60)
    parser.add_argument("--generations", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    _, _, fields = exchange.read_panel(asked.panel)
    forward = exchange.forward_returns(fields)
    known = slice(1, len(forward) - 2)
    cells = np.stack([fields[name][known].ravel().astype(float) for name in fields], axis=1)
    wanted, shape = forward[known].ravel().astype(float), forward[known].shape
    grown: list[Any] = []

    def run() -> None:
        search = SymbolicRegressor(
            population_size=asked.population,
            generations=asked.generations,
            function_set=FUNCTIONS,
            metric=daily(shape) if asked.set == "daily" else "spearman",
            stopping_criteria=1.0,
            n_jobs=asked.threads,
            random_state=asked.seed,
        )
        grown.append(search.fit(np.nan_to_num(cells), np.nan_to_num(wanted)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        times = exchange.timed(run, asked.rounds)
    programs = [each for generation in grown[-1]._programs for each in generation if each is not None]  # noqa: SLF001
    nodes = float(np.mean([each.length_ for each in programs]))
    exchange.report(asked.values, {}, expressions=asked.population * asked.generations, nodes=nodes, **times)


if __name__ == "__main__":
    main()
