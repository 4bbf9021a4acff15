"""An expression as a dialect's text, without recursion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from lode.errors import ExpressionError
from lode.language.expression import Call, Constant, Expr, Field, Numbers, postorder
from lode.language.printer import number_text

Pattern: TypeAlias = Callable[[Call, Sequence[str]], str | None]
"""From a call and its arguments' texts to its own; None where the dialect has no such call."""


def write(expr: Expr, patterns: Mapping[str, Pattern], dialect: str) -> str:
    """The text; ExpressionError names the part that the dialect cannot say."""
    known: dict[int, str] = {}
    for node in postorder(expr):
        if isinstance(node, Field):
            known[id(node)] = f"${node.name}"
        elif isinstance(node, Constant):
            known[id(node)] = plain_number(node.value)
        elif isinstance(node, Numbers):
            known[id(node)] = str(node)
        else:
            known[id(node)] = _call(node, [known[id(arg)] for arg in node.args], patterns, dialect)
    return known[id(expr)]


def _call(node: Call, texts: Sequence[str], patterns: Mapping[str, Pattern], dialect: str) -> str:
    written = patterns[node.op](node, texts) if node.op in patterns else None
    if written is None:
        part = str(node)
        shown = part if len(part) <= _SHOWN else f"{part[:_SHOWN]}…"
        raise ExpressionError(f"{dialect} has no way to say `{shown}`; it knows {', '.join(sorted(patterns))}")
    return written


_SHOWN = 80


def plain_number(value: float) -> str:
    """Digits without an exponent, which AlphaGen does not read."""
    text = number_text(value)
    return format(Decimal(text), "f") if "e" in text else text


def named(name: str, days: str = "", comma: str = ", ") -> Pattern:
    """`Name(x, y)`; where `days` is given, the last argument is a window with that unit."""

    def pattern(node: Call, texts: Sequence[str]) -> str:  # noqa: ARG001
        last = f"{texts[-1]}{days}"
        return f"{name}({comma.join([*texts[:-1], last])})"

    return pattern


def root_as(power: str, comma: str = ", ") -> Pattern:
    """The root as a power of a half; never of a number."""
    return lambda node, texts: f"{power}({texts[0]}{comma}0.5)" if node.fields else None


def window_of(node: Call) -> float:
    """The window of a call whose second argument it is; 0 where that is no number."""
    return node.args[1].value if isinstance(node.args[1], Constant) else 0.0
