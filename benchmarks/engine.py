"""The engine's speed: nanoseconds a cell per kernel, and expressions scored a second.

    python -m benchmarks.engine [--names 500] [--sessions 2520] [--expressions 400] [--only REGEX] [--json FILE]

Prints one JSON object a line: the machine, each kernel, each population. Times are processor seconds of one thread,
the best of some rounds; kernels find their panels where the last round left them, mostly in the cache. `copy` is a
panel copied from memory to memory, `of_copy` a kernel's time over that. `trial_ns` is what a prototype took on a Zen 5,
and `trial_of_copy` that over its copy; a Zen 4 computes half as many lanes a cycle. `2% NaN`: so much is missing.
`pandas` is how many times as long pandas takes in float64, its values compared first; qlib, KunQuant and others come
with the libraries.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from benchmarks.ceilings import TRIAL, TRIAL_COPY
from lode.engine import Evaluator, Scorer, core, instruction_set
from lode.engine.arrays import Floats
from lode.language import FIELD_UNITS
from lode.search import make_searcher

Run: TypeAlias = Callable[[], object]
Row: TypeAlias = dict[str, float | str]

WINDOW, LONG, GROUPS = 20, 60, 11
MISSING = 0.02
FAR = 96 << 20  # bytes: more than a last-level cache keeps


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


def seconds(run: Run, rounds: int = 9, budget: float = 1.0) -> float:
    """Processor seconds of the fastest round; no new round once the budget is spent."""
    best, spent = float("inf"), 0.0
    for _ in range(rounds):
        start = time.process_time()
        run()
        took = time.process_time() - start
        best, spent = min(best, took), spent + took
        if spent > budget:
            break
    return best


def cellwise(x: Floats, y: Floats, out: Floats) -> Iterator[tuple[str, Run]]:
    """Elementwise kernels; y is positive."""
    for name in ("add", "subtract", "multiply", "divide", "min", "max", "less"):
        yield name, partial(getattr(core, name), x, y, out)
    for name in ("log", "sqrt", "inverse", "s_log_1p"):
        yield name, partial(getattr(core, name), y, out)
    for name in ("abs", "sign", "exp", "sigmoid", "tanh"):
        yield name, partial(getattr(core, name), x, out)
    yield "power 2", partial(core.power, x, 2.0, out)
    yield "power 3.1", partial(core.power, y, 3.1, out)
    yield "signed_power 0.7", partial(core.signed_power, x, 0.7, out)
    yield "power of panels", partial(core.power, y, x, out)
    yield "if_else", partial(core.if_else, x, y, x, out)


def over_time(x: Floats, y: Floats, out: Floats) -> Iterator[tuple[str, Run]]:
    """Time series kernels."""
    other = np.empty_like(out)
    for name in ("ts_delay", "ts_delta", "ts_backfill"):
        yield f"{name} 5", partial(getattr(core, name), x, out, 5)
    for name in (
        *("mean", "sum", "std_dev", "zscore", "min", "max", "arg_min", "arg_max", "scale", "decay_linear", "product"),
        *("av_diff", "rank", "skewness", "kurtosis"),
    ):
        yield f"ts_{name} {WINDOW}", partial(getattr(core, f"ts_{name}"), x, out, WINDOW, 0)
    for name in ("slope", "resi", "rsquare"):
        yield f"{name} {WINDOW}", partial(getattr(core, name), x, out, WINDOW, 0)
    for name in ("ts_corr", "ts_covariance"):
        yield f"{name} {WINDOW}", partial(getattr(core, name), x, y, out, WINDOW, 0)
    yield f"ts_regression {WINDOW}", partial(core.ts_regression, x, y, out, WINDOW, 0, 0, 0)
    yield f"ts_rank {LONG}", partial(core.ts_rank, x, out, LONG, 0)
    yield f"ts_median {WINDOW}", partial(core.ts_percentiles, x, [0.5], [out], WINDOW)
    yield f"ts_percentile {LONG}", partial(core.ts_percentiles, x, [0.2, 0.8], [out, other], LONG)  # two at once


def over_names(x: Floats, y: Floats, out: Floats) -> Iterator[tuple[str, Run]]:
    """Cross-sectional and group kernels, and a day's rank IC."""
    labels = np.broadcast_to(np.arange(x.shape[1], dtype=np.int32) % GROUPS, x.shape).copy()
    yield "rank", partial(core.rank, x, out)
    yield "group_rank", partial(core.group_rank, x, labels, out, GROUPS)
    for name in ("zscore", "normalize", "scale"):
        yield name, partial(getattr(core, name), x, out)
    for name in ("neutralize", "mean", "sum", "std_dev", "zscore", "scale"):
        yield f"group_{name}", partial(getattr(core, f"group_{name}"), x, labels, out, GROUPS)
    yield "group_median", partial(core.group_percentage, x, labels, out, GROUPS, 0.5)
    yield "rank_ic", partial(scorer(y, ahead=0).rank_ic, x)


def runs(x: Floats, y: Floats, out: Floats) -> Iterator[tuple[str, Run]]:
    """Every kernel, and those of the trial once more with missing values."""
    yield from (*cellwise(x, y, out), *over_time(x, y, out), *over_names(x, y, out))
    x, y = with_gaps(x), with_gaps(y, 1)
    for name, run in (*cellwise(x, y, out), *over_time(x, y, out), *over_names(x, y, out)):
        if name in TRIAL:
            yield f"{name}, 2% NaN", run


def scorer(returns: Floats, ahead: int = 2) -> Scorer:
    """Scores against the returns `ahead` sessions on."""
    forward = np.full_like(returns, np.nan)
    forward[: len(returns) - ahead] = returns[ahead:]
    return Scorer(forward, rows=slice(0, len(returns)))


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


def memory_copy(panel: Floats) -> float:
    """Seconds to copy the panel between places that no cache holds."""
    pairs = [(panel.copy(), panel.copy()) for _ in range(max(1, FAR // (2 * panel.nbytes)))]

    def run() -> None:
        for source, target in pairs:
            np.copyto(target, source)

    return seconds(run) / len(pairs)


def with_gaps(panel: Floats, seed: int = 0) -> Floats:
    """The panel with a share of its cells missing."""
    return np.where(np.random.default_rng(seed).random(panel.shape) < MISSING, np.float32(np.nan), panel)


def kernel_rows(fields: Mapping[str, Floats], only: str = "", *, with_pandas: bool = False) -> Iterator[Row]:
    """One row a kernel: ns a cell, ratio to the memory copy, the trial's figures where there are any."""
    x, y = fields["returns"], fields["volume"]
    out = np.empty_like(x)
    copy = memory_copy(x) / x.size * 1e9
    near = seconds(partial(np.copyto, out, x), 20) / x.size * 1e9
    slow = peers(pd.DataFrame(x, dtype=float), pd.DataFrame(y, dtype=float)) if with_pandas else {}
    yield {"kernel": "copy", "ns": copy, "of_copy": 1.0}
    yield {"kernel": "copy in the cache", "ns": near, "of_copy": near / copy}
    for name, run in runs(x, y, out):
        plain = name.removesuffix(", 2% NaN")
        if not re.search(only, name):
            continue
        ns = seconds(run) / x.size * 1e9
        row: Row = {"kernel": name, "ns": ns, "of_copy": ns / copy}
        if plain in TRIAL:
            row |= {"trial_ns": TRIAL[plain], "trial_of_copy": TRIAL[plain] / TRIAL_COPY}
        if name in slow:
            run()
            np.testing.assert_allclose(out, slow[name]().to_numpy(), rtol=1e-4, atol=1e-4)
            row["pandas"] = seconds(slow[name], 1) / x.size * 1e9 / ns
        yield row


def scoring(fields: Mapping[str, Floats], count: int, seed: int) -> dict[str, float]:
    """Expressions of a fresh random population, computed and exactly scored by daily rank IC, a processor second."""
    returns = fields["returns"]
    judge = scorer(returns)
    evaluator = Evaluator(fields)
    units = {name: FIELD_UNITS[name] for name in fields}
    population = make_searcher("random", fields=units, seed=seed).ask(count)
    start, wall = time.process_time(), time.perf_counter()
    for values in evaluator.values(population):
        judge.rank_ic(values)
    spent, wall = time.process_time() - start, time.perf_counter() - wall
    return {
        "expressions": count,
        "nodes": sum(expr.size for expr in population) / count,
        "per_cpu_second": count / spent,
        "per_second": count / wall,
        "rank_ic_ns": seconds(lambda: judge.rank_ic(returns), 3) / returns.size * 1e9,
    }


def rows(options: argparse.Namespace) -> Iterator[Mapping[str, float | str]]:
    """Where it runs, the kernels, and a population unless some kernels alone are asked for."""
    fields = market(options.sessions, options.names, options.seed)
    yield {
        "machine": platform.machine(),
        "instruction_set": instruction_set(),
        "names": options.names,
        "sessions": options.sessions,
    }
    yield from kernel_rows(fields, options.only, with_pandas=options.pandas)
    if not options.only:
        yield scoring(fields, options.expressions, options.seed)


def main() -> None:
    """Print the rows; with --json, write them too, as {where, kernels, scoring}."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option, default in (("names", 500), ("sessions", 2520), ("expressions", 400), ("seed", 0)):
        parser.add_argument(f"--{option}", type=int, default=default)
    parser.add_argument("--only", default="", help="kernels whose name matches this pattern")
    parser.add_argument("--pandas", action="store_true", help="compare with pandas too")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = []
    for row in rows(options):
        found.append(row)
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()
    if options.json:
        kernels = [row for row in found if "kernel" in row]
        populations = [row for row in found if "expressions" in row]
        report = {"where": found[0], "kernels": kernels, "scoring": populations[0] if populations else {}}
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
