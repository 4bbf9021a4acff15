"""What every peer's script shares: reading the panel, writing the values, measuring the time."""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Fields = Mapping[str, np.ndarray]
NOWHERE = Path("-")


def arguments(sets: tuple[str, ...] = ()) -> argparse.Namespace:
    """The command line of a peer's factor set."""
    return parser(sets).parse_args()


def parser(sets: tuple[str, ...] = ()) -> argparse.ArgumentParser:
    """Panel, file for the values, factor set, threads, timed repetitions."""
    asked = argparse.ArgumentParser()
    asked.add_argument("panel", type=Path, help="parquet: session, symbol, one column per field; or .npz of the fields")
    asked.add_argument("values", type=Path, help="file for the values: factor to (sessions, names) float32; - for none")
    if sets:
        asked.add_argument("--set", choices=sets, default=sets[0])
    asked.add_argument("--threads", type=int, default=1)
    asked.add_argument("--rounds", type=int, default=1)
    return asked


def read_panel(path: Path) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Sessions, symbols, and each field as float32 of (sessions, names), rows contiguous."""
    if path.suffix == ".npz":
        with np.load(path) as found:
            fields = dict(found)
        shape = fields["close"].shape
        days = np.datetime64("2010-01-01") + np.arange(shape[0])
        return days, np.array([f"N{i:05}" for i in range(shape[1])]), fields
    import pyarrow.parquet as pq  # noqa: PLC0415  not every peer's environment has it

    table = pq.read_table(path)
    sessions = np.unique(table["session"].to_numpy())
    symbols = np.unique(table["symbol"].to_numpy(zero_copy_only=False).astype(str))
    shape = len(sessions), len(symbols)
    names = [name for name in table.column_names if name not in {"session", "symbol"}]
    return sessions, symbols, {n: np.ascontiguousarray(table[n].to_numpy().reshape(shape), np.float32) for n in names}


def report(path: Path, values: Fields, **figures: Any) -> None:  # noqa: ANN401  what JSON takes
    """Write the values, unless nowhere, and print the figures as one JSON line."""
    if path != NOWHERE:
        np.savez(path, **{name: np.asarray(found, np.float32) for name, found in values.items()})
    print(json.dumps({"factors": len(values)} | figures))


def timed(run: Callable[[], object], rounds: int) -> dict[str, Any]:
    """Wall and processor seconds, children's included: the median of some rounds, and each of them."""
    _set_back()
    walls, processors, before = [], [], _peak()
    for _ in range(rounds):
        wall, processor = time.perf_counter(), processor_seconds()
        run()
        walls.append(round(time.perf_counter() - wall, 4))
        processors.append(round(processor_seconds() - processor, 4))
    return {
        "wall": statistics.median(walls),
        "processor": statistics.median(processors),
        "walls": walls,
        "processors": processors,
        "peak_mb": round(_peak()),
        "grown_mb": round(_peak() - before, 1),
    }


def _peak() -> float:
    """The most memory that this process has had, in MB, since it was last set back."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024


def _set_back() -> None:
    """Let the most memory so far be what it is now, where Linux allows."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def processor_seconds() -> float:
    """What this process and those it waited for have used."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


# Scoring of expressions ---------------------------------------------------------------------------------------------


def forward_returns(fields: Fields) -> np.ndarray:
    """(sessions, names): the return of the session after next, NaN for the last two; as `benchmarks/ours.py` has it."""
    forward = np.full_like(fields["returns"], np.nan)
    forward[:-2] = fields["returns"][2:]
    return forward


def read_population(path: Path, limit: int) -> list[Any]:
    """Expressions as nested lists: a number, a field's name, or [operator, argument, …]."""
    return json.loads(path.read_text())[:limit]
