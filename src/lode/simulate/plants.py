"""Planted factors: an expression's value at t pushes the return from the close of t+1 to that of t+2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from lode.engine import Evaluator
from lode.errors import UsageError
from lode.language import Expr, lookback, parse
from lode.simulate.dynamics import History, Shock, draw_x
from lode.simulate.structure import Structure, Vector

FIELDS = ("open", "high", "low", "close", "volume", "vwap", "returns", "raw_close", "dollar_volume", "sector")
_DELAY_AND_HORIZON = 2
_LARGEST_IC = 0.3
_FEWEST_NAMES = 10
_FIRST_PAIRS, _PAIRS = 64, 4  # antithetic draws that estimate the gain, on the first session and on each later one
_MEMORY = 60  # sessions over which the gain is averaged


@dataclass(frozen=True)
class Plant:
    """An expression and the mean daily rank IC that it shall have."""

    expression: Expr
    rank_ic: float


@dataclass(frozen=True)
class Signal:
    """Values of one session as the names that have one, their centred ranks and their normal scores."""

    names: NDArray[np.int64]
    ranks: Vector
    scores: Vector


def read_plants(plant: Sequence[tuple[str, float]]) -> list[Plant]:
    """Parse the planted expressions; UsageError for a rank IC out of bounds, ExpressionError for a bad expression."""
    for text, ic in plant:
        if not abs(ic) <= _LARGEST_IC:
            raise UsageError(f"planted rank IC {ic} of {text}: allowed are -{_LARGEST_IC} to {_LARGEST_IC}")
    return [Plant(parse(text, FIELDS), ic) for text, ic in plant]


class Planting:
    """Evaluates the planted expressions as sessions come, and pushes the returns that they foretell."""

    def __init__(self, plants: Sequence[Plant], structure: Structure, rng: np.random.Generator) -> None:
        self._seeds = [_Seed(plant, structure, rng) for plant in plants]

    def observe(self, t: int, history: History) -> None:
        """Take in the expressions' values at the close of session t."""
        for seed in self._seeds:
            seed.signals[t] = seed.signal(t, history)

    def push(self, t: int, shock: Shock, factor_scale: Vector) -> Vector | float:
        """(N,) addition to the x of session t, from the values two sessions before."""
        return sum((seed.push(t, shock, factor_scale) for seed in self._seeds), start=0.0)


class _Seed:
    """One plant: amplitude · own scale · normal score of the rank.

    The amplitude is set so that the expected rank IC, over the shocks that could have come that session, is the one
    asked for. Each session a few such shocks are drawn, each with its negative, which cancels their own rank IC.
    """

    def __init__(self, plant: Plant, structure: Structure, rng: np.random.Generator) -> None:
        self.plant, self._structure, self._rng = plant, structure, rng
        self._lookback = lookback(plant.expression)
        self._gain, self._count = 0.0, 0
        self.signals: dict[int, Signal | None] = {}

    def signal(self, t: int, history: History) -> Signal | None:
        """Signal of session t; None with too few values, or all the same."""
        value = _last_value(self.plant.expression, history, slice(max(t - self._lookback, 0), t + 1))
        names = np.flatnonzero(np.isfinite(value))
        if len(names) < _FEWEST_NAMES:
            return None
        rank = rankdata(value[names])
        if rank[0] == rank.mean() and np.ptp(rank) == 0:
            return None
        centred = rank - rank.mean()
        return Signal(names, centred / np.linalg.norm(centred), ndtri((rank - 0.5) / len(names)))

    def push(self, t: int, shock: Shock, factor_scale: Vector) -> Vector | float:
        """(N,) addition to the x of session t."""
        signal = self.signals.pop(t - _DELAY_AND_HORIZON, None)
        if signal is None or self.plant.rank_ic == 0:
            return 0.0
        self._learn(signal, shock, factor_scale)
        push = np.zeros(len(shock.x))
        push[signal.names] = self.plant.rank_ic / self._gain * shock.scale[signal.names] * signal.scores
        return push

    def _learn(self, signal: Signal, shock: Shock, factor_scale: Vector) -> None:
        """Average the rank IC per unit of amplitude over the last sessions."""
        pairs = _PAIRS if self._count else _FIRST_PAIRS
        amplitude = abs(self.plant.rank_ic) / (self._gain or 1.0)
        x = draw_x(self._structure, factor_scale, shock.scale, pairs, self._rng)[:, signal.names]
        pushed = amplitude * shock.scale[signal.names] * signal.scores
        ranks = np.concatenate([pushed + x, pushed - x]).argsort(axis=1).argsort(axis=1)
        spread = np.linalg.norm(np.arange(len(signal.names)) - (len(signal.names) - 1) / 2)
        gain = float((ranks @ signal.ranks).mean() / spread / amplitude)
        self._count = min(self._count + 1, _MEMORY)
        self._gain += (gain - self._gain) / self._count


def _last_value(expression: Expr, history: History, rows: slice) -> NDArray[np.float32]:
    """Value of an expression on the last of `rows`, which cover its lookback."""
    fields = {name: history.fields[name][rows] for name in history.fields if name in expression.fields}
    groups = {"sector": history.sector[rows]} if "sector" in expression.fields else {}
    mask = np.isfinite(history.fields["close"][rows])
    evaluator = Evaluator(fields or {"close": history.fields["close"][rows]}, groups, mask=mask)
    return np.asarray(evaluator.value(expression)[-1])
