"""The expression tree: fields, constants, lists of numbers and calls of operators.

Trees are immutable and may share branches. Whatever walks a tree here does so without recursion, so that depth costs
neither the interpreter's stack nor, where branches are shared, more than one visit per node.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from lode.errors import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Node:
    """What every kind of node has in common."""

    __slots__ = ()

    @property
    def fields(self: Expr) -> frozenset[str]:  # type: ignore[misc]  # the mix-in serves exactly the three kinds
        """Names of all fields in the tree, group fields included."""
        return frozenset(node.name for node in postorder(self) if isinstance(node, Field))

    def __str__(self: Expr) -> str:  # type: ignore[misc]
        from lode.language.printer import to_text  # noqa: PLC0415  # the printer imports the tree

        return to_text(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __reduce__(self: Expr) -> tuple[object, ...]:  # type: ignore[misc]
        return _assemble, (_flatten(self),)


class _Leaf(_Node):
    """A node without arguments."""

    __slots__ = ()

    @property
    def children(self) -> tuple[Expr, ...]:
        return ()

    @property
    def size(self) -> int:
        return 1

    @property
    def depth(self) -> int:
        return 1


@dataclass(frozen=True, slots=True, repr=False)
class Field(_Leaf):
    """A column of the panel: a series such as `close`, or a group such as `sector`."""

    name: str


@dataclass(frozen=True, slots=True, repr=False)
class Constant(_Leaf):
    """A finite number; -0 is kept as 0. ExpressionError for NaN and the infinities."""

    value: float

    def __post_init__(self) -> None:
        value = float(self.value) + 0.0
        if not math.isfinite(value):
            reason = f"a constant must be a finite number, not {value}"
            raise ExpressionError(reason)
        object.__setattr__(self, "value", value)


@dataclass(frozen=True, slots=True, repr=False)
class Numbers(_Leaf):
    """A list of finite numbers that is one parameter, written in quotes: the edges of `bucket`."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(Constant(value).value for value in self.values))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Call(_Node):
    """An operator with its arguments, all of them positional, optional ones filled in.

    `size` counts nodes, constants included; `depth` is 1 for a leaf. Both, and the hash, are computed once. The
    arguments are not checked here (a search builds millions): `parse` and `check` do that.
    """

    op: str
    args: tuple[Expr, ...]
    size: int = field(init=False)
    depth: int = field(init=False)
    _hash: int = field(init=False)

    def __post_init__(self) -> None:
        put, args = object.__setattr__, self.args
        put(self, "size", 1 + sum([arg.size for arg in args]))
        put(self, "depth", 1 + max([arg.depth for arg in args], default=0))
        put(self, "_hash", hash((self.op, args)))

    @property
    def children(self) -> tuple[Expr, ...]:
        return self.args

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Call):
            return NotImplemented
        return self._hash == other._hash and _same(self, other)


Expr: TypeAlias = Field | Constant | Numbers | Call
"""A formula as a tree: hashable, compared by its content, printed by `str`."""


def postorder(expr: Expr) -> Iterator[Expr]:
    """Every node of the tree once, by identity, children before their parents."""
    seen: set[int] = set()
    stack: list[tuple[Expr, bool]] = [(expr, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node.children))


def _same(left: Call, right: Call) -> bool:
    stack: list[tuple[Expr, Expr]] = [(left, right)]
    seen: set[tuple[int, int]] = set()
    while stack:
        a, b = stack.pop()
        if a is b or (id(a), id(b)) in seen:
            continue
        if not isinstance(a, Call) or not isinstance(b, Call):
            if a != b:
                return False
            continue
        if hash(a) != hash(b) or a.op != b.op or len(a.args) != len(b.args):
            return False
        seen.add((id(a), id(b)))
        stack.extend(zip(a.args, b.args, strict=True))
    return True


_Step: TypeAlias = str | float | list[float] | tuple[str, tuple[int, ...]]


def _flatten(expr: Expr) -> tuple[_Step, ...]:
    """Write the tree as a list of steps: a field's name, a number, or an operator with the steps it takes."""
    place: dict[int, int] = {}
    steps: list[_Step] = []
    for node in postorder(expr):
        if isinstance(node, Field):
            steps.append(node.name)
        elif isinstance(node, Constant):
            steps.append(node.value)
        elif isinstance(node, Numbers):
            steps.append(list(node.values))
        else:
            steps.append((node.op, tuple(place[id(arg)] for arg in node.args)))
        place[id(node)] = len(steps) - 1
    return tuple(steps)


def _assemble(steps: tuple[_Step, ...]) -> Expr:
    nodes: list[Expr] = []
    for step in steps:
        if isinstance(step, str):
            nodes.append(Field(step))
        elif isinstance(step, float):
            nodes.append(Constant(step))
        elif isinstance(step, list):
            nodes.append(Numbers(tuple(step)))
        else:
            nodes.append(Call(step[0], tuple(nodes[at] for at in step[1])))
    return nodes[-1]
