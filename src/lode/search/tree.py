"""Walking and rebuilding expression trees."""

from __future__ import annotations

from collections.abc import Iterator

from lode.language import OPERATORS, Call, Expr, Param

Path = tuple[int, ...]
"""Argument indices from the root down; () is the root."""


def signature(call: Call) -> tuple[Param, ...]:
    """The parameters that the arguments of `call` fill, one each."""
    return OPERATORS[call.op].params


def operands_of(call: Call) -> list[Expr]:
    """The arguments that are series, in order; operators take them before windows, numbers and groups."""
    return [arg for param, arg in zip(signature(call), call.args, strict=True) if param.kind == "series"]


def series_nodes(expr: Expr, path: Path = ()) -> Iterator[tuple[Path, Expr]]:
    """Every node that is a series (fields, calls, constants among the operands), the root first."""
    yield path, expr
    if isinstance(expr, Call):
        for index, (param, arg) in enumerate(zip(signature(expr), expr.args, strict=True)):
            if param.kind == "series":
                yield from series_nodes(arg, (*path, index))


def parameters(expr: Expr, kind: str, path: Path = ()) -> Iterator[tuple[Path, Param, Expr]]:
    """Every argument of a kind other than series (`window`, `number`, `group`), with what it fills."""
    if isinstance(expr, Call):
        for index, (param, arg) in enumerate(zip(signature(expr), expr.args, strict=True)):
            if param.kind == kind:
                yield (*path, index), param, arg
            elif param.kind == "series":
                yield from parameters(arg, kind, (*path, index))


def at(expr: Expr, path: Path) -> Expr:
    """The node at `path`."""
    for index in path:
        if not isinstance(expr, Call):
            raise IndexError(path)
        expr = expr.args[index]
    return expr


def replace(expr: Expr, path: Path, new: Expr) -> Expr:
    """`expr` with the node at `path` exchanged for `new`."""
    if not path:
        return new
    if not isinstance(expr, Call):
        raise IndexError(path)
    head, *tail = path
    args = list(expr.args)
    args[head] = replace(args[head], tuple(tail), new)
    return Call(expr.op, tuple(args))
