"""Operators on the values of one name on one day."""

from __future__ import annotations

from lode.language.operators.declaration import Operator, Param, X, Y, today
from lode.language.operators.unit_rules import (
    choice,
    common,
    comparison,
    over,
    reciprocal,
    returns,
    same_as_x,
    square_root,
    times,
    to_the_power,
)
from lode.language.units import Unit

_EITHER = "NaN where x or y is"
_ITSELF = "NaN where x is"

# fmt: off
ELEMENTWISE: tuple[Operator, ...] = (
    Operator("add", "elementwise", (X, Y), common, today,
             "x + y", _EITHER, "close + open", commutative=True),
    Operator("subtract", "elementwise", (X, Y), common, today,
             "x - y", _EITHER, "close - open"),
    Operator("multiply", "elementwise", (X, Y), times, today,
             "x * y", _EITHER, "close * volume", commutative=True),
    Operator("divide", "elementwise", (X, Y), over, today,
             "x / y", f"{_EITHER}, and where y is 0", "close / open"),
    Operator("reverse", "elementwise", (X,), same_as_x, today,
             "-x", _ITSELF, "-returns"),
    Operator("abs", "elementwise", (X,), same_as_x, today,
             "|x|", _ITSELF, "abs(returns)"),
    Operator("sign", "elementwise", (X,), returns(Unit.NUMBER), today,
             "1 where x > 0, -1 where x < 0, 0 where x = 0", _ITSELF, "sign(returns)"),
    Operator("log", "elementwise", (X,), returns(Unit.RATIO), today,
             "natural logarithm of x", f"{_ITSELF}, and where x <= 0", "log(volume)"),
    Operator("sqrt", "elementwise", (X,), square_root, today,
             "square root of x", f"{_ITSELF}, and where x < 0", "sqrt(volume)"),
    Operator("power", "elementwise", (X, Y), to_the_power, today,
             "x ** y", f"{_EITHER}, and where the power is not a finite real number", "returns ** 2"),
    Operator("signed_power", "elementwise", (X, Y), to_the_power, today,
             "sign(x) * |x| ** y", f"{_EITHER}, and where the power is not finite", "signed_power(returns, 0.5)"),
    Operator("inverse", "elementwise", (X,), reciprocal, today,
             "1 / x", f"{_ITSELF}, and where x is 0", "inverse(close)"),
    Operator("min", "elementwise", (X, Y), common, today,
             "the smaller of x and y", _EITHER, "min(open, close)", commutative=True),
    Operator("max", "elementwise", (X, Y), common, today,
             "the larger of x and y", _EITHER, "max(open, close)", commutative=True),
    Operator("less", "elementwise", (X, Y), comparison, today,
             "1 where x < y, else 0", _EITHER, "close < open"),
    Operator("less_equal", "elementwise", (X, Y), comparison, today,
             "1 where x <= y, else 0", _EITHER, "close <= open"),
    Operator("greater", "elementwise", (X, Y), comparison, today,
             "1 where x > y, else 0", _EITHER, "close > open"),
    Operator("greater_equal", "elementwise", (X, Y), comparison, today,
             "1 where x >= y, else 0", _EITHER, "close >= open"),
    Operator("equal", "elementwise", (X, Y), comparison, today,
             "1 where x = y, else 0", _EITHER, "close == high", commutative=True),
    Operator("not_equal", "elementwise", (X, Y), comparison, today,
             "1 where x differs from y, else 0", _EITHER, "close != high", commutative=True),
    Operator("if_else", "elementwise", (Param("condition", "series"), X, Y), choice, today,
             "x where the condition is not 0, y where it is 0",
             "NaN where the condition is, and where the chosen one is",
             "if_else(close > open, volume, -volume)"),
    Operator("is_nan", "elementwise", (X,), returns(Unit.COUNT), today,
             "1 where x is missing, else 0", "never NaN", "is_nan(volume)"),
)
