"""The engine's speed: nanoseconds a cell per kernel, and expressions scored a second.

    python benchmarks/engine.py [--names 500] [--sessions 2520] [--expressions 400] [--json FILE]

Times are processor seconds of one thread, the best of some rounds. `x copy` is a kernel's time over that of copying
a panel in the same run. The peer is a plain NumPy and pandas implementation of the same operators, on the same panel,
its values compared first; qlib, KunQuant and others come with the libraries.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from lode.engine import Evaluator, Scorer, core, instruction_set
from lode.engine.arrays import Floats
from lode.engine.ranking import SortBench, rank
from lode.language import FIELD_UNITS
from lode.search import make_searcher

WINDOW = 20


def market(sessions: int, names: int, seed: int) -> dict[str, Floats]:
    """Fields of a random market without missing values."""
    rng = np.random.default_rng(seed)
    shape = (sessions, names)
    returns = rng.standard_t(5, shape) * 0.01
    close = 50 * np.exp(np.cumsum(returns, axis=0))
    opening = close * np.exp(rng.normal(0, 0.004, shape))
    high, low = np.maximum(opening, close) * 1.003, np.minimum(opening, close) * 0.997
    volume = rng.lognormal(12, 1, shape)
    fields = {"open": opening, "high": high, "low": low, "close": close, "volume": volume, "returns": returns}
    fields["vwap"] = (high + low + close) / 3
    return {name: np.ascontiguousarray(field, np.float32) for name, field in fields.items()}


def seconds(run: Callable[[], object], rounds: int = 7) -> float:
    """Processor seconds of the fastest round."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return best


def kernels(x: Floats, y: Floats, out: Floats) -> dict[str, Callable[[], None]]:
    """Name of a kernel -> a run of it over the whole panel."""
    bench = SortBench(x.shape[1])
    labels = np.broadcast_to(np.arange(x.shape[1], dtype=np.int32) % 11, x.shape).copy()
    runs: dict[str, Callable[[], None]] = {
        "add": lambda: core.add(x, y, out),
        "divide": lambda: core.divide(x, y, out),
        "log": lambda: core.log(y, out),
        "power 2": lambda: core.power(x, 2.0, out),
        "rank": lambda: rank(x, out, bench),
        "zscore": lambda: core.zscore(x, out),
        "group_neutralize": lambda: core.group_neutralize(x, labels, out, 11),
        f"ts_corr {WINDOW}": lambda: core.ts_corr(x, y, out, WINDOW),
        f"ts_covariance {WINDOW}": lambda: core.ts_covariance(x, y, out, WINDOW),
    }
    for name in (
        "mean", "std_dev", "zscore", "min", "max", "arg_max", "scale", "decay_linear", "product", "av_diff", "rank",
    ):  # fmt: skip
        runs[f"ts_{name} {WINDOW}"] = partial(getattr(core, f"ts_{name}"), x, out, WINDOW)
    return runs


def peers(x: pd.DataFrame, y: pd.DataFrame) -> dict[str, Callable[[], pd.DataFrame]]:
    """The same work in pandas (float64; nothing to fill, no missing values)."""
    windows = x.rolling(WINDOW)
    return {
        "rank": lambda: (x.rank(axis=1) - 1) / (x.shape[1] - 1),
        "zscore": lambda: x.sub(x.mean(axis=1), axis=0).div(x.std(axis=1), axis=0),
        "log": lambda: y.apply(np.log),
        f"ts_mean {WINDOW}": windows.mean,
        f"ts_std_dev {WINDOW}": windows.std,
        f"ts_max {WINDOW}": windows.max,
        f"ts_corr {WINDOW}": lambda: windows.corr(y),
        f"ts_rank {WINDOW}": lambda: (windows.rank() - 1) / (WINDOW - 1),
    }


def kernel_rows(fields: Mapping[str, Floats]) -> list[dict[str, float | str]]:
    """One row a kernel: ns a cell, ratio to the memory copy, ratio of the peer's time where there is a peer."""
    x, y = fields["returns"], fields["volume"]
    out = np.empty_like(x)
    copy = seconds(lambda: np.copyto(out, x), 20) / x.size * 1e9
    rows: list[dict[str, float | str]] = [{"kernel": "copy", "ns": copy, "of_copy": 1.0}]
    slow = peers(pd.DataFrame(x, dtype=float), pd.DataFrame(y, dtype=float))
    for name, run in kernels(x, y, out).items():
        row: dict[str, float | str] = {"kernel": name, "ns": seconds(run) / x.size * 1e9}
        row["of_copy"] = float(row["ns"]) / copy
        if name in slow:
            run()
            np.testing.assert_allclose(out, slow[name]().to_numpy(), rtol=1e-4, atol=1e-4)
            row["pandas"] = seconds(slow[name], 1) / x.size * 1e9 / float(row["ns"])
        rows.append(row)
    return rows


def scoring(fields: Mapping[str, Floats], count: int, seed: int) -> dict[str, float]:
    """Expressions of a fresh random population, computed and exactly scored by daily rank IC, a processor second."""
    returns = fields["returns"]
    forward = np.full_like(returns, np.nan)
    forward[:-2] = returns[2:]
    scorer = Scorer(forward, rows=slice(0, len(returns)))
    evaluator = Evaluator(fields)
    units = {name: FIELD_UNITS[name] for name in fields}
    population = make_searcher("random", fields=units, seed=seed).ask(count)
    start, wall = time.process_time(), time.perf_counter()
    for values in evaluator.values(population):
        scorer.rank_ic(values)
    spent, wall = time.process_time() - start, time.perf_counter() - wall
    score = seconds(lambda: scorer.rank_ic(returns), 3)
    return {
        "expressions": count,
        "nodes": sum(expr.size for expr in population) / count,
        "per_cpu_second": count / spent,
        "per_second": count / wall,
        "rank_ic_ns": score / returns.size * 1e9,
    }


def main() -> None:
    """Print the table; with --json, write it too."""
    parser = argparse.ArgumentParser(description=__doc__)
    for option, default in (("names", 500), ("sessions", 2520), ("expressions", 400), ("seed", 0)):
        parser.add_argument(f"--{option}", type=int, default=default)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    fields = market(options.sessions, options.names, options.seed)
    rows = kernel_rows(fields)
    population = scoring(fields, options.expressions, options.seed)
    place = f"{platform.machine()}, {instruction_set()}, {options.names} names x {options.sessions} sessions, float32"
    lines = [place, f"{'kernel':<18}{'ns a cell':>10}{'x copy':>8}{'pandas takes':>14}"]
    for row in rows:
        peer = f"{row['pandas']:.0f} x" if "pandas" in row else ""
        lines.append(f"{row['kernel']:<18}{row['ns']:>10.2f}{row['of_copy']:>8.1f}{peer:>14}")
    lines.append(
        f"{population['per_cpu_second']:.0f} expressions ({population['nodes']:.1f} nodes) computed and exactly scored "
        f"a processor second, {population['per_second']:.0f} a second; rank IC {population['rank_ic_ns']:.2f} ns a cell"
    )
    sys.stdout.write("\n".join(lines) + "\n")
    if options.json:
        options.json.write_text(json.dumps({"where": place, "kernels": rows, "scoring": population}, indent=1) + "\n")


if __name__ == "__main__":
    main()
