"""Which nodes did well, wherever they stood: what playouts of a tree search prefer."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp

from lode.language import Call, Expr
from lode.search.derivation import written

_WARINESS = 4.0
_KEENNESS = 3.0


class Gains:
    """Mean reward of the expressions in which a node stands, and stands under an operator, less that of all.

    Move-average sampling (MAST: Finnsson and Björnsson 2008) over a node and over its pair with the operator around it.
    """

    def __init__(self, known: Mapping[str, tuple[int, float]] | None = None) -> None:
        self._known = {key: (count, total) for key, (count, total) in (known or {"": (0, 0.0)}).items()}

    def learn(self, expr: Expr, value: float) -> None:
        """Take in the reward of an expression, 0 to 1."""
        for key in dict.fromkeys(("", *_keys(expr))):  # in order, so that the same searcher has the same state
            count, total = self._known.get(key, (0, 0.0))
            self._known[key] = (count + 1, total + value)

    def weight(self, around: str, step: str) -> float:
        """How many times likelier a playout takes a step than the grammar alone would have it."""
        return exp(_KEENNESS * (self._gain(step) + self._gain(f"{around}>{step}")))

    def _gain(self, key: str) -> float:
        """The mean gain of a key, drawn towards none the less it is known."""
        count, total = self._known.get(key, (0, 0.0))
        every, sum_of_all = self._known[""]
        return (total - count * sum_of_all / every) / (count + _WARINESS) if count else 0.0

    def state(self) -> dict[str, tuple[int, float]]:
        """What is known, as JSON takes it."""
        return dict(self._known)


def _keys(expr: Expr, around: str = "") -> list[str]:
    """The nodes of an expression, and each with the operator around it."""
    step = written(expr)
    keys = [step, f"{around}>{step}"]
    if isinstance(expr, Call):
        keys += [key for arg in expr.args for key in _keys(arg, expr.op)]
    return keys
