"""How far back an expression looks."""

from __future__ import annotations

from lode.errors import ExpressionError
from lode.language.expression import Call, Constant, Expr, postorder
from lode.language.operators import OPERATORS


def lookback(expr: Expr) -> int:
    """Sessions before t that the value at t needs.

    0 for `close`, 5 for `ts_delta(close, 5)`, d - 1 for a window of d. Operators stack:
    `ts_mean(ts_delta(close, 5), 20)` needs 24. ExpressionError for an operator that does not exist.
    """
    reach: dict[int, int] = {}
    for node in postorder(expr):
        reach[id(node)] = own_lookback(node) + max((reach[id(arg)] for arg in node.children), default=0)
    return reach[id(expr)]


def own_lookback(node: Expr) -> int:
    """Sessions before t that the node itself reaches back in its arguments; 0 for a field or a number.

    Raises ExpressionError where arguments are missing.
    """
    if not isinstance(node, Call):
        return 0
    operator = OPERATORS.get(node.op)
    if operator is None:
        reason = f"unknown operator `{node.op}`"
        raise ExpressionError(reason)
    return operator.lookback([arg.value if isinstance(arg, Constant) else None for arg in node.args])
