"""Expressions as text that parses back to the same expression.

Arithmetic and comparisons are written infix, with the parentheses that Python's precedence asks for; optional
parameters are written with their name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from lode.language import quoted
from lode.language.expression import Constant, Expr, Field, Numbers
from lode.language.operators import OPERATORS

if TYPE_CHECKING:
    from lode.language.expression import Call
    from lode.language.operators import Operator

_COMPARISON, _SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(6)

INFIX: dict[str, tuple[str, int]] = {
    "add": ("+", _SUM),
    "subtract": ("-", _SUM),
    "multiply": ("*", _PRODUCT),
    "divide": ("/", _PRODUCT),
    "power": ("**", _POWER),
    "less": ("<", _COMPARISON),
    "less_equal": ("<=", _COMPARISON),
    "greater": (">", _COMPARISON),
    "greater_equal": (">=", _COMPARISON),
    "equal": ("==", _COMPARISON),
    "not_equal": ("!=", _COMPARISON),
}
_LARGEST_PLAIN_INTEGER = 1e15

_Part: TypeAlias = "str | Expr"


def to_text(expr: Expr) -> str:
    """The expression's text; `parse(to_text(e)) == e`."""
    written: list[str] = []
    stack: list[_Part] = [expr]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            written.append(part)
        elif isinstance(part, Field):
            written.append(part.name)
        elif isinstance(part, Constant):
            written.append(number_text(part.value))
        elif isinstance(part, Numbers):
            written.append(f'"{quoted.written(part.values)}"')
        else:
            stack.extend(reversed(_parts(part)))
    return "".join(written)


def number_text(value: float) -> str:
    """`20`, `0.5`, `-1`, `1e-12`: the shortest text that reads back as the same number."""
    if value.is_integer() and abs(value) < _LARGEST_PLAIN_INTEGER:
        return str(int(value))
    return repr(value)


def _parts(call: Call) -> list[_Part]:
    if call.op in INFIX and len(call.args) == 2:  # both sides of the sign
        return _infix(call)
    if call.op == "reverse" and len(call.args) == 1 and not isinstance(call.args[0], Constant):
        operand = call.args[0]
        return ["-", *_wrapped(operand, wrap=_strength(operand) < _ATOM)]
    return _call(call)


def _infix(call: Call) -> list[_Part]:
    sign, strength = INFIX[call.op]
    left, right = call.args
    # Powers bind to the right and comparisons chain in Python: an equal strength is wrapped on both sides there.
    loose_left = strength in {_POWER, _COMPARISON}
    wrap_left = _strength(left) <= strength if loose_left else _strength(left) < strength
    wrap_right = _strength(right) <= strength and not (strength == _POWER and _strength(right) == _UNARY)
    return [*_wrapped(left, wrap=wrap_left), f" {sign} ", *_wrapped(right, wrap=wrap_right)]


def _call(call: Call) -> list[_Part]:
    operator = OPERATORS.get(call.op)
    parts: list[_Part] = [call.op, "("]
    for index, arg in enumerate(call.args):
        if operator and _is_silent(operator, index, arg):
            continue
        if index:
            parts.append(", ")
        if isinstance(arg, Numbers):
            spelling, numbers = quoted.spelling_of(arg.values)
            parts.append(f'{spelling}="{numbers}"')
            continue
        if operator and index < len(operator.params) and operator.params[index].default is not None:
            parts.append(f"{operator.params[index].name}=")
        parts.append(_named(operator, index, arg))
    parts.append(")")
    return parts


def _is_silent(operator: Operator, index: int, arg: Expr) -> bool:
    """Whether this is the `false` that an option of two choices has anyway."""
    param = operator.params[index] if index < len(operator.params) else None
    return param is not None and param.choices == ("false", "true") and arg == Constant(0.0)


def _named(operator: Operator | None, index: int, arg: Expr) -> _Part:
    """`gaussian` for the number that stands for it."""
    if operator and index < len(operator.params) and operator.params[index].choices and isinstance(arg, Constant):
        return operator.params[index].shown(arg.value)
    return arg


def _strength(expr: Expr) -> int:
    if isinstance(expr, Constant):
        return _UNARY if expr.value < 0 else _ATOM
    if isinstance(expr, (Field, Numbers)):
        return _ATOM
    if expr.op in INFIX and len(expr.args) == 2:
        return INFIX[expr.op][1]
    if expr.op == "reverse" and not isinstance(expr.args[0], Constant):
        return _UNARY
    return _ATOM


def _wrapped(expr: Expr, *, wrap: bool) -> list[_Part]:
    return ["(", expr, ")"] if wrap else [expr]
