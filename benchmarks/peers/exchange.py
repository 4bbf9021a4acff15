"""What every peer's script shares: reading the panel, writing the values, measuring the time."""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

Fields = Mapping[str, np.ndarray]


def arguments(sets: tuple[str, ...]) -> argparse.Namespace:
    """The command line of a peer: panel, file for the values, factor set, threads, timed repetitions."""
    parser = argparse.ArgumentParser()
    parser.add_argument("panel", type=Path, help="parquet: session, symbol, one column per field")
    parser.add_argument("values", type=Path, help="file for the values: factor to (sessions, names) float32")
    parser.add_argument("--set", choices=sets, default=sets[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    return parser.parse_args()


def read_panel(path: Path) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Sessions, symbols, and each field as float32 of (sessions, names), rows contiguous."""
    table = pq.read_table(path)
    sessions = np.unique(table["session"].to_numpy())
    symbols = np.unique(table["symbol"].to_numpy(zero_copy_only=False).astype(str))
    shape = len(sessions), len(symbols)
    names = [name for name in table.column_names if name not in {"session", "symbol"}]
    return sessions, symbols, {n: np.ascontiguousarray(table[n].to_numpy().reshape(shape), np.float32) for n in names}


def report(path: Path, values: Fields, **figures: float) -> None:
    """Write the values and print the figures as one JSON line."""
    np.savez(path, **{name: np.asarray(found, np.float32) for name, found in values.items()})
    print(json.dumps({"factors": len(values), **{name: round(figure, 4) for name, figure in figures.items()}}))


def timed(run: Callable[[], object], rounds: int) -> dict[str, float]:
    """Wall and processor seconds, children's included, of the fastest of some rounds."""
    best = {"wall": float("inf"), "processor": float("inf")}
    for _ in range(rounds):
        wall, processor = time.perf_counter(), _processor_seconds()
        run()
        best["wall"] = min(best["wall"], time.perf_counter() - wall)
        best["processor"] = min(best["processor"], _processor_seconds() - processor)
    return best


def _processor_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
