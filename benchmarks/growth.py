"""How time and memory grow: against names, sessions, window, expression size and population, with fitted exponents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.bench import Bench, say
from benchmarks.candidates import write_population
from benchmarks.processes import BenchmarkError, ours

WINDOWS = (5, 20, 80, 320)
SIZES = (2, 8, 32, 128)
WINDOWED = ("ts_mean", "ts_std_dev", "ts_max", "ts_rank", "ts_median", "ts_decay_linear")
"""Operators whose windows are tried; the table says which grow with it."""


@dataclass(frozen=True)
class Growth:
    """What was measured at each value, and the exponent of the fitted power: 1 is in proportion, 0 not at all."""

    what: str
    against: str
    values: tuple[int, ...]
    seconds: tuple[float, ...]
    megabytes: tuple[float, ...]

    @property
    def time_exponent(self) -> float:
        """Of the processor seconds."""
        return exponent(self.values, self.seconds)

    @property
    def memory_exponent(self) -> float:
        """Of the peak memory beyond what the smallest took less its share: the slope of the process's peak."""
        return exponent(self.values, self.megabytes)


def exponent(values: Sequence[float], measured: Sequence[float]) -> float:
    """Slope of the least-squares line through the logarithms; NaN where a figure is not positive or all are one."""
    x, y = np.asarray(values, float), np.asarray(measured, float)
    if len(x) < 2 or (x <= 0).any() or (y <= 0).any() or np.ptp(x) == 0:
        return float("nan")
    x, y = np.log(x), np.log(y)
    return float(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())


def grow(bench: Bench) -> list[Growth]:
    """Every table; one that fails is said and left out."""
    names, sessions = bench.plan.first
    halves = (8, 4, 2, 1)
    jobs = [
        ("Alpha158", "names", tuple(names // h for h in halves), lambda v: _library(bench, v, sessions)),
        ("Alpha158", "sessions", tuple(sessions // h for h in halves), lambda v: _library(bench, names, v)),
        *((f"{op}(close, window)", "window", _windows(sessions), _windowed(bench, op)) for op in WINDOWED),
        ("a chain of ts_mean over close", "expression size", SIZES, lambda v: _compute(bench, chain(v))),
        (
            "scoring a fresh population",
            "population",
            tuple(bench.plan.candidates // h for h in halves),
            lambda v: _population(bench, v),
        ),
    ]
    grown = []
    for what, against, values, run in jobs:
        try:
            found = [run(value) for value in values]
        except BenchmarkError as error:
            say(f"growth of {what}: {error}")
            continue
        times, peaks = tuple(f["processor"] for f in found), tuple(float(f["grown_mb"]) for f in found)
        grown.append(Growth(what, against, values, times, peaks))
    return grown


def _windows(sessions: int) -> tuple[int, ...]:
    return tuple(w for w in WINDOWS if w < sessions)


def chain(size: int) -> str:
    """An expression of `size` operators, one around the other, none of which is another's equal."""
    text = "close"
    for depth in range(size):
        text = f"ts_mean({text}, {2 + depth % 3})" if depth % 2 else f"ts_delta({text}, {1 + depth % 2})"
    return text


def _windowed(bench: Bench, operator: str) -> Any:  # noqa: ANN401
    return lambda window: _compute(bench, f"{operator}(close, {window})")


def _library(bench: Bench, names: int, sessions: int) -> dict[str, Any]:
    return ours("library", bench.panel(names, sessions), "--set", "alpha158", "--rounds", "3")


def _compute(bench: Bench, expression: str) -> dict[str, Any]:
    return ours("compute", bench.panel(*bench.plan.first), "--expression", expression, "--rounds", "5")


def _population(bench: Bench, count: int) -> dict[str, Any]:
    path = write_population(bench, "fresh", None)
    return ours("score", bench.panel(*bench.plan.first), "--population", path, "--limit", str(count), "--rounds", "1")
