"""Arithmetic on constants, by the language's own rules: no result where the language would give NaN."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeGuard

from lode.language.expression import Constant, Expr

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_LARGEST = 1e15
"""Constants beyond this, or below its inverse, could overflow float32 in one spelling and not in another."""


class OutOfRangeError(ArithmeticError):
    """A weight or a power that is too large or too small to be moved around safely."""


def in_range(value: float) -> bool:
    """Whether a constant may be moved around and folded with others."""
    return value == 0 or 1 / _LARGEST <= abs(value) <= _LARGEST


def is_weight(expr: Expr) -> TypeGuard[Constant]:
    """Whether this is a constant that counts as a weight of what it multiplies."""
    return isinstance(expr, Constant) and in_range(expr.value)


def _signed_power(x: float, y: float) -> float:
    power = abs(x) ** y
    return math.copysign(power, x) if x else 0.0 * power


FOLDS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "sign": lambda x: math.copysign(1.0, x) if x else 0.0,
    "log": math.log,
    "sqrt": math.sqrt,
    "power": math.pow,
    "signed_power": _signed_power,
    "min": min,
    "max": max,
    "less": lambda x, y: float(x < y),
    "less_equal": lambda x, y: float(x <= y),
    "greater": lambda x, y: float(x > y),
    "greater_equal": lambda x, y: float(x >= y),
    "equal": lambda x, y: float(x == y),
    "not_equal": lambda x, y: float(x != y),
    "is_nan": lambda x: 0.0,  # noqa: ARG005  # a constant is never missing
}


def fold(op: str, values: Sequence[float]) -> float | None:
    """The value of an elementwise operator on constants, or None where that is no finite real number."""
    if op not in FOLDS:
        return None
    try:
        value = FOLDS[op](*values)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return float(value) if math.isfinite(value) else None
