"""Expressions scored by daily rank IC with KunQuant: in batches, each compiled, run and correlated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import bottleneck as bn
import exchange
import numpy as np
from kunquant import compiled, executor
from KunQuant.Op import Builder, ConstantOp, Input, OpBase, Output, Rank, Scale
from KunQuant.ops import (
    Abs,
    BackRef,
    DecayLinear,
    Log,
    Max,
    Min,
    Sign,
    Sqrt,
    TsArgMax,
    TsArgMin,
    TsRank,
    WindowedAvg,
    WindowedCorrelation,
    WindowedCovariance,
    WindowedMax,
    WindowedMin,
    WindowedStddev,
    WindowedSum,
)
from KunQuant.runner import KunRunner
from KunQuant.Stage import Function

LAYOUT = "TS"  # names need no filling up to a block, whose missing values its correlation would not pass over

OPERATORS: Mapping[str, Callable[..., OpBase]] = {
    "abs": Abs,
    "sign": Sign,
    "log": Log,
    "sqrt": Sqrt,
    "reverse": lambda x: 0 - x,
    "inverse": lambda x: 1 / x,
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "max": Max,
    "min": Min,
    "ts_mean": WindowedAvg,
    "ts_sum": WindowedSum,
    "ts_min": WindowedMin,
    "ts_max": WindowedMax,
    "ts_arg_max": lambda x, d: d - TsArgMax(x, d),
    "ts_arg_min": lambda x, d: d - TsArgMin(x, d),
    "ts_std_dev": WindowedStddev,
    "ts_delay": BackRef,
    "ts_delta": lambda x, d: x - BackRef(x, d),
    "ts_av_diff": lambda x, d: x - WindowedAvg(x, d),
    "ts_zscore": lambda x, d: (x - WindowedAvg(x, d)) / WindowedStddev(x, d),
    "ts_scale": lambda x, d: (x - WindowedMin(x, d)) / (WindowedMax(x, d) - WindowedMin(x, d)),
    "ts_rank": lambda x, d: (TsRank(x, d) - 1) / (d - 1),
    "ts_covariance": lambda x, y, d: WindowedCovariance(x, d, y),
    "ts_corr": lambda x, y, d: WindowedCorrelation(x, d, y),
    "ts_decay_linear": DecayLinear,
    "rank": Rank,
    "scale": Scale,
}


def build(nested: Any, inputs: Mapping[str, OpBase], known: dict[str, OpBase]) -> Any:  # noqa: ANN401  an op or a number
    """The expression as its operators, equal parts once."""
    if isinstance(nested, str):
        return inputs[nested]
    if not isinstance(nested, list):
        return int(nested) if float(nested).is_integer() else ConstantOp(nested)
    key = repr(nested)
    if key not in known:
        arguments = [build(each, inputs, known) for each in nested[1:]]
        arguments = [
            ConstantOp(a) if isinstance(a, int) and _is_series(nested[0], i) else a for i, a in enumerate(arguments)
        ]
        known[key] = OPERATORS[nested[0]](*arguments)
    return known[key]


def _is_series(operator: str, position: int) -> bool:
    return not operator.startswith("ts_") or position == 0


def graph(population: list[Any], fields: list[str]) -> Function:
    """A batch as one function."""
    builder = Builder()
    with builder:
        inputs = {name: Input(name) for name in fields}
        known: dict[str, OpBase] = {}
        for row, nested in enumerate(population):
            Output(build(nested, inputs, known), f"e{row}")
    return Function(builder.ops)


def leaves(nested: Any) -> set[str]:  # noqa: ANN401
    """Fields of an expression."""
    if isinstance(nested, list):
        return set().union(*(leaves(each) for each in nested[1:]))
    return {nested} if isinstance(nested, str) else set()


def score(population: list[Any], fields: exchange.Fields, forward: np.ndarray, asked: Any) -> list[np.ndarray]:  # noqa: ANN401
    """Daily rank ICs of each expression of one batch."""
    used = sorted(set().union(*(leaves(each) for each in population)))
    module, _library = compiled(graph(population, used), LAYOUT, asked.block, asked.machine)
    runner, sessions = executor(asked.threads), len(forward)
    given = {name: fields[name] for name in used}
    values = KunRunner.runGraph(runner, module, given, 0, sessions)
    panels = [values[f"e{row}"] for row in range(len(population))]
    daily = [np.empty(sessions, np.float32) for _ in panels]
    KunRunner.corrWith(runner, panels, forward, daily, layout=LAYOUT, rank_inputs=True)
    return daily


def main() -> None:
    """Score the population batch by batch; the values' file takes the daily rank ICs."""
    parser = exchange.parser()
    parser.add_argument("--population", type=Path, required=True)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--batch", type=int, default=400)
    parser.add_argument("--block", type=int, default=8)
    parser.add_argument("--machine", choices=("native", "avx2"), default="native")
    asked = parser.parse_args()
    _, _, fields = exchange.read_panel(asked.panel)
    population = exchange.read_population(asked.population, asked.limit)
    # It ranks the values only; the returns' own ranks make its correlation a rank IC where no value is missing.
    forward = bn.nanrankdata(exchange.forward_returns(fields), axis=1).astype(np.float32)
    scores: list[np.ndarray] = []

    def run() -> None:
        scores.clear()
        for start in range(0, len(population), asked.batch):
            scores.extend(score(population[start : start + asked.batch], fields, forward, asked))

    times = exchange.timed(run, asked.rounds)
    exchange.report(asked.values, {"rank_ic": np.array(scores)}, expressions=len(population), **times)


if __name__ == "__main__":
    main()
