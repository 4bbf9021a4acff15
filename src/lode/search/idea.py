"""When two expressions are one idea.

Factors are judged by rank IC and take their direction from train, so whatever only changes the sign, or keeps or turns
the order of the names within every session, is the same idea: `x`, `-x`, `rank(x)`, `log(x)` of a positive `x`, and
`a / b` beside `b / a` of positive operands.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from lode.language import Call, Constant, Expr, Field, Unit, canonical
from lode.search.tree import operands_of

NOTHING = "constant"
_DIGITS = 16
_POSITIVE_UNITS = frozenset({Unit.PRICE, Unit.SHARES, Unit.MONEY})
MONOTONE = frozenset({"normalize", "rank", "reverse", "scale", "zscore"})
_MONOTONE_IF_POSITIVE = frozenset({"abs", "inverse", "log", "power", "signed_power", "sqrt"})
_SUMS = frozenset({"add", "subtract"})
_ARITHMETIC = _SUMS | {"divide", "multiply"}
_KEEPS_POSITIVE = frozenset(
    {
        *("divide", "inverse", "max", "min", "multiply", "power", "signed_power", "sqrt", "add"),
        *("ts_backfill", "ts_decay_linear", "ts_delay", "ts_max", "ts_mean", "ts_min", "ts_product", "ts_sum"),
        *("group_mean", "winsorize"),
    }
)
_NEVER_NEGATIVE = frozenset({"abs", "rank", "ts_rank", "ts_scale", "ts_std_dev"})
_ODD = frozenset(
    {
        *("ts_av_diff", "ts_backfill", "ts_corr", "ts_covariance", "ts_decay_linear", "ts_delay"),
        *(
            "ts_delta",
            "ts_mean",
            "ts_sum",
            "ts_rank",
            "ts_zscore",
            "multiply",
            "divide",
            "sign",
            "signed_power",
            "winsorize",
        ),
        *("group_mean", "group_neutralize", "group_rank", "group_zscore"),
    }
)


def positive(expr: Expr, units: Mapping[str, Unit]) -> bool:
    """Whether every known value of `expr` is surely positive or, at isolated points, zero."""
    if isinstance(expr, Field):
        return units.get(expr.name) in _POSITIVE_UNITS
    if isinstance(expr, Constant):
        return expr.value > 0
    if not isinstance(expr, Call):
        return False
    if expr.op in _NEVER_NEGATIVE:
        return True
    return expr.op in _KEEPS_POSITIVE and all(positive(arg, units) for arg in operands_of(expr))


def idea(expr: Expr, units: Mapping[str, Unit]) -> str:
    """16 hex digits, the same for expressions that are one idea as far as the formula tells; NOTHING for a constant.

    Expressions of one canonical form are one idea.
    """
    core = _core(canonical(expr), units)
    if not core.fields:
        return NOTHING
    text = str(core)
    if isinstance(core, Call) and core.op in _SUMS:
        text = min(text, str(canonical(Call("reverse", (core,)))))
    return sha256(text.encode()).hexdigest()[:_DIGITS]


def skeleton(expr: Expr, units: Mapping[str, Unit]) -> str:
    """The shape of an idea: operators and units of its fields, without windows, numbers and names of fields."""
    if isinstance(expr, Field):
        unit = units.get(expr.name)
        return "?" if unit is None else unit.name
    if not isinstance(expr, Call):
        return "#"
    return f"{expr.op}({','.join(skeleton(arg, units) for arg in operands_of(expr))})"


def _core(expr: Expr, units: Mapping[str, Unit]) -> Expr:
    """`expr` without what only turns or keeps the order of the names."""
    while isinstance(expr, Call):
        inner = _peeled(expr, units)
        if inner is None:
            return _ordered(expr, units)
        expr = inner
    return expr


def _peeled(call: Call, units: Mapping[str, Unit]) -> Expr | None:
    """One layer less; None where every layer matters."""
    operands = operands_of(call)
    if call.op in MONOTONE or (call.op in _MONOTONE_IF_POSITIVE and positive(operands[0], units)):
        return operands[0]
    if call.op in _ARITHMETIC:
        moving = [arg for arg in operands if not isinstance(arg, Constant)]
        if len(moving) == 1 and (call.op != "divide" or moving[0] is operands[0]):
            return moving[0]
    if call.op in _ODD:
        for index, arg in enumerate(operands):
            if isinstance(arg, Call) and arg.op == "reverse":
                return Call(call.op, (*call.args[:index], arg.args[0], *call.args[index + 1 :]))
    return None


def _ordered(call: Call, units: Mapping[str, Unit]) -> Expr:
    """A ratio of positive operands with its operands in a fixed order."""
    turnable = call.op == "divide" and all(positive(arg, units) for arg in call.args)
    return Call(call.op, tuple(sorted(call.args, key=str))) if turnable else call
