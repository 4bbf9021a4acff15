"""What an expression is made of, as numbers that a linear model takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from math import log
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from lode.language import Call, Constant, Expr, Field, Unit
from lode.search.idea import skeleton
from lode.search.tree import signature

WIDTH = 256
_LONGEST = log(250.0)
_SIGN = 1 << 16


def features(expr: Expr, units: Mapping[str, Unit]) -> NDArray[np.float64]:
    """The features of an expression, (256,): named counts and sizes, hashed to places and signs.

    Counted are operators, fields, pairs of an operator and what stands under it, windows of each operator by their
    logarithm, pairs of fields, the shape without fields' names, and nodes. Two features that meet at one place do so
    with random signs, so that their products are right on average (feature hashing: Weinberger et al. 2009).
    """
    row = np.zeros(WIDTH)
    for name, value in _named(expr, units):
        code = crc32(name.encode())
        row[code % WIDTH] += value if code & _SIGN else -value
    return row


def _named(expr: Expr, units: Mapping[str, Unit]) -> Iterator[tuple[str, float]]:
    yield "any", 1.0
    yield "nodes", expr.size / 10
    yield f"shape {skeleton(expr, units)}", 1.0
    yield from ((f"{one} & {other}", 1.0) for one, other in combinations(sorted(expr.fields), 2))
    yield from _of_node(expr, "", units)


def _of_node(node: Expr, around: str, units: Mapping[str, Unit]) -> Iterator[tuple[str, float]]:
    if isinstance(node, Field):
        yield node.name, 1.0
        yield f"{around} > {node.name}", 1.0
        yield f"{around} > {units[node.name].name if node.name in units else '?'}", 1.0
    elif isinstance(node, Call):
        yield node.op, 1.0
        yield f"{around} > {node.op}", 1.0
        for param, arg in zip(signature(node), node.args, strict=True):
            if param.kind == "window" and isinstance(arg, Constant):
                yield from _of_window(node.op, arg.value)
            else:
                yield from _of_node(arg, node.op, units)


def _of_window(operator: str, window: float) -> Iterator[tuple[str, float]]:
    """Its length on a logarithmic scale, of itself and of its operator, and the octave that it is in."""
    length = log(max(window, 1.0)) / _LONGEST
    yield "window", length
    yield f"window {operator}", length
    yield f"octave {round(length * 8)}", 1.0
    yield f"octave {operator} {round(length * 8)}", 1.0
