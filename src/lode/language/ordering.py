"""The order of canonical arguments."""

from __future__ import annotations

from lode.language.expression import Call, Expr, Field


def order(expr: Expr) -> tuple[int, str, _Text]:
    """Sorting key of canonical arguments: short before long, then by name, then by text."""
    name = expr.op if isinstance(expr, Call) else expr.name if isinstance(expr, Field) else ""
    return expr.size, name, _Text(expr)


class _Text:
    """Compares by text, which is written only when it decides."""

    __slots__ = ("expr",)

    def __init__(self, expr: Expr) -> None:
        self.expr = expr

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Text) and self.expr == other.expr

    def __lt__(self, other: _Text) -> bool:
        return str(self.expr) < str(other.expr)

    __hash__ = None  # type: ignore[assignment]  # a sorting key, never a member of a set
