"""Blocks within a memory budget, and one new session against all of them.

    python benchmarks/blocks.py [--names 7000] [--sessions 7500] [--memory 2] [--threads 1] [--folder /tmp] [--part …]

Prints one JSON object: `budget`, eight fields as memory maps and a set of expressions over them, in a process of its
own, its peak of memory and seconds; `session`, the newest session of 1,000 factors against the whole panel, their bits
compared first. Seconds are the processor's, those of `budget` the wall's too.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engine import market
from benchmarks.population import fresh
from lode.engine import Blocks, Evaluator, instruction_set
from lode.language import Expr, lookback, parse
from lode.library import family

FIELDS = ("open", "high", "low", "close", "volume", "vwap", "returns", "raw_close")
EXPRESSIONS = (
    "rank(ts_corr(rank(close), rank(volume), 20)) - zscore(ts_mean(returns, 60) / ts_std_dev(returns, 60))",
    "ts_rank(vwap, 10) * if_else(high > open, ts_decay_linear(low, 30), winsorize(raw_close, 3))",
    "ts_zscore(close / ts_delay(close, 250), 120)",
)
ROWS_AT_ONCE = 500
ROUNDS = 3


def budget(names: int, sessions: int, memory: int, threads: int, folder: Path) -> dict[str, Any]:
    """Compute over maps of files in another process, and tell its peak."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        write_fields(Path(place), names, sessions)
        command = [sys.executable, "-m", "benchmarks.blocks", "--measure", place]
        command += ["--names", str(names), "--sessions", str(sessions), "--memory", str(memory / (1 << 30))]
        done = subprocess.run([*command, "--threads", str(threads)], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def write_fields(folder: Path, names: int, sessions: int) -> None:
    """Random walks, a part of the sessions at a time."""
    for number, name in enumerate(FIELDS):
        rng, level = np.random.default_rng(number), np.full(names, 4.0, np.float32)
        with (folder / name).open("wb") as file:
            for start in range(0, sessions, ROWS_AT_ONCE):
                moves = 0.02 * rng.standard_normal((min(ROWS_AT_ONCE, sessions - start), names), np.float32)
                walk = level + np.cumsum(moves, axis=0, dtype=np.float32)
                level = walk[-1]
                file.write((moves if name == "returns" else np.exp(walk)).data)


def measure(folder: Path, names: int, sessions: int, memory: int, threads: int) -> dict[str, Any]:
    """Fill maps with the values of every expression."""
    shape = (sessions, names)
    fields = {name: np.memmap(folder / name, np.float32, "r", shape=shape) for name in FIELDS}
    outputs = [np.memmap(folder / f"values{i}", np.float32, "w+", shape=shape) for i in range(len(EXPRESSIONS))]
    wall, cpu = time.perf_counter(), time.process_time()
    blocks = Blocks([parse(text) for text in EXPRESSIONS], fields, memory=memory, threads=threads)
    blocks.fill(outputs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "names": names,
        "sessions": sessions,
        "fields": len(FIELDS),
        "field_bytes": len(FIELDS) * 4 * sessions * names,
        "expressions": len(EXPRESSIONS),
        "lookback": blocks.lookback,
        "threads": threads,
        "memory": memory,
        "height": blocks.height,
        "peak_rss": peak,
        "within": peak <= memory,
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
    }


def session(names: int, sessions: int, exprs: Sequence[Expr], what: str) -> dict[str, Any]:
    """Values of the newest session against those of all."""
    fields = market(sessions, names, seed=1)

    def whole() -> list[np.ndarray]:
        return [values[-1].copy() for values in Evaluator(fields).values(exprs)]

    def newest() -> list[np.ndarray]:
        (block,) = Blocks(exprs, fields, rows=slice(sessions - 1, None))
        return [values[0].copy() for values in block.values]

    same = all(np.array_equal(a.view(np.uint32), b.view(np.uint32)) for a, b in zip(whole(), newest(), strict=True))
    full, one = best(whole, 1), best(newest, ROUNDS)
    longest = sorted(lookback(expr) for expr in exprs)
    return {
        "factors": len(exprs),
        "what": what,
        "names": names,
        "sessions": sessions,
        "same_bits": same,
        "lookback": {"median": longest[len(longest) // 2], "most": longest[-1]},
        "full_seconds": full,
        "session_seconds": one,
        "share": one / full,
        "target": 0.02,
    }


def best(run: Callable[[], object], rounds: int) -> float:
    """Processor seconds of the fastest round."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


def factors(count: int) -> list[Expr]:
    """Fresh random expressions, each once."""
    return list(dict.fromkeys(fresh(2 * count, seed=11)))[:count]


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=7000)
    parser.add_argument("--sessions", type=int, default=7500)
    parser.add_argument("--memory", type=float, default=2.0, help="gigabytes")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--part", choices=("all", "budget", "session"), default="all")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    memory = int(asked.memory * (1 << 30))
    if asked.measure:
        print(json.dumps(measure(asked.measure, asked.names, asked.sessions, memory, asked.threads)))
        return
    told: dict[str, Any] = {"instructions": instruction_set()}
    if asked.part != "session":
        told["budget"] = budget(asked.names, asked.sessions, memory, asked.threads, asked.folder)
    if asked.part != "budget":
        thousand = factors(1000)
        alpha158 = [definition.tree for definition in family("alpha158")]
        told["session"] = [
            session(500, 2520, thousand, "random"),
            session(3000, 2520, thousand, "random"),
            session(500, 2520, alpha158, "alpha158"),
        ]
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
