"""Operators that a dialect has on another scale: what it means here, and how the language's own is written there.

`back(x, d)` is the text's tree that takes the scale back; the reader knows it again and puts the operator in its place,
so that what was printed is read as the same expression, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lode.language.dialects.notation import call
from lode.language.expression import Call, Constant, Expr


@dataclass(frozen=True, slots=True)
class Scale:
    """op: the language's operator. there: the dialect's, made of op(x, d). back: op made of the dialect's."""

    op: str
    there: Callable[[Expr, float], Expr]
    back: Callable[[Expr, float], Expr]
    shortest: int = 1

    def meaning(self, x: Expr, days: float) -> Expr:
        """What the dialect's operator means here."""
        return self.there(call(self.op, x, days), days)

    def __call__(self, expr: Expr) -> Expr | None:
        """op(x, d) where the expression is `back` of the dialect's operator."""
        inner = _innermost(expr, self.op)
        if inner is None or not isinstance(inner.args[1], Constant):
            return None
        days = inner.args[1].value
        return inner if days >= self.shortest and expr == self.back(self.there(inner, days), days) else None


def _innermost(expr: Expr, op: str, reach: int = 10) -> Call | None:
    """The first call of `op` down the tree, through arithmetic with constants alone."""
    for _ in range(reach):
        if not isinstance(expr, Call):
            return None
        if expr.op == op:
            return expr
        others = [arg for arg in expr.args if not isinstance(arg, Constant)]
        if len(others) != 1:
            return None
        expr = others[0]
    return None


def _rising(rank: Expr, days: float) -> Expr:
    return call("divide", call("add", call("multiply", rank, days - 1), 1.0), days)


def _falling(rank: Expr, days: float) -> Expr:
    return call("divide", call("subtract", days, call("multiply", rank, days - 1)), days)


QLIB_RANK = Scale(
    "ts_rank",
    _rising,
    lambda there, days: call("divide", call("subtract", call("multiply", there, days), 1.0), days - 1),
    shortest=2,
)
"""qlib's r / d of the rank r from 1."""

ALPHAGEN_RANK = Scale(
    "ts_rank",
    _falling,
    lambda there, days: call("divide", call("subtract", days, call("multiply", there, days)), days - 1),
    shortest=2,
)
"""AlphaGen's r / d, r counted from the largest."""

QLIB_WMA = Scale(
    "ts_decay_linear",
    lambda mean, days: call("divide", mean, days),
    lambda there, days: call("multiply", there, days),
)
"""qlib's takes the mean of the weighted values, not their sum: a d-th of the weighted mean."""

SCALES = (QLIB_RANK, ALPHAGEN_RANK, QLIB_WMA)
