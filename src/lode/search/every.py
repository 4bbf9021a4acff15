"""Every well-typed expression of a space, in order of size."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import combinations, islice, pairwise, product
from random import Random
from typing import TypeVar
from zlib import crc32

from lode.errors import ExpressionError
from lode.language import OPERATORS, Call, Constant, Expr, Field, Operator, Unit, constant_unit, lookback
from lode.search.grammar import EXPONENTS, POWERS, Grammar

_Typed = tuple[Expr, Unit]
_Thing = TypeVar("_Thing")
_KEPT_SIZE = 3
"""Parts up to this size are made once and kept: they stand in all that is larger, and are a few thousand."""


def every_expression(grammar: Grammar, seed: int, largest: int) -> Iterator[Expr]:
    """Each expression that the space holds up to `largest` nodes, once as it is written, the smaller first.

    Windows and numbers are those of the grid. Within a size, shapes (an operator and the sizes of its operands) take
    turns in an order that the seed shuffles, so that a stop at any time leaves none out. Memory does not grow with
    what was gone through.
    """
    trees = _Trees(grammar, seed)
    for size in range(1, largest + 1):
        yield from (expr for expr, measure in trees.by_turns(size) if measure != Unit.GROUP)


class _Trees:
    """Makes typed trees, each with its unit."""

    def __init__(self, grammar: Grammar, seed: int) -> None:
        self._grammar, self._space, self._seed = grammar, grammar.space, seed
        self._operators = [OPERATORS[name] for name in self._space.operators]
        self._fields: list[_Typed] = [(Field(name), self._space.fields[name]) for name in self._space.series]
        self._kept: dict[int, list[_Typed]] = {}

    def by_turns(self, size: int) -> Iterator[_Typed]:
        """Trees of a size, one of each shape at a time."""
        if size == 1:
            yield from self._shuffled(self._fields, "fields")
        waiting = deque(self._shapes(self._operators, size, "all"))
        while waiting:
            stream = waiting.popleft()
            if (tree := next(stream, None)) is not None:
                yield tree
                waiting.append(stream)

    def _of(self, size: int, asker: str) -> Iterator[_Typed]:
        """Trees of a size, in an order that differs between those who ask."""
        if size > _KEPT_SIZE:
            for stream in self._shapes(self._operators, size, asker):
                yield from stream
            return
        if size not in self._kept:
            self._kept[size] = self._shuffled(list(self.by_turns(size)), str(size))
        trees = self._kept[size]
        start = crc32(asker.encode()) % max(len(trees), 1)
        yield from islice(trees, start, None)
        yield from islice(trees, start)

    def _shapes(self, operators: Sequence[Operator], size: int, asker: str) -> list[Iterator[_Typed]]:
        """What makes the trees of each shape of a size."""
        shapes = []
        for operator in operators:
            count = sum(param.kind == "series" for param in operator.params)
            shapes += [(operator, sizes) for sizes in _parts(size - 1 - len(operator.params) + count, count)]
        return [self._calls(*shape) for shape in self._shuffled(shapes, f"{asker} {size} shapes")]

    def _calls(self, operator: Operator, sizes: tuple[int, ...]) -> Iterator[_Typed]:
        """Calls of an operator over operands of the sizes that stand: each setting of its parameters in turn."""
        settings = [self._grammar.settings(param) for param in operator.params if param.kind != "series"]
        for setting in self._shuffled(list(product(*settings)), operator.name):
            for operands in self._operands(operator, sizes):
                if (tree := self._call(operator, operands, setting)) is not None:
                    yield tree

    def _operands(self, operator: Operator, sizes: tuple[int, ...]) -> Iterator[tuple[_Typed, ...]]:
        """Every way to fill the operands."""
        if not sizes:
            yield ()
            return
        *before, last = sizes
        for known in self._operands(operator, tuple(before)):
            yield from ((*known, tree) for tree in self._operand(operator, len(before), last))

    def _operand(self, operator: Operator, place: int, size: int) -> Iterator[_Typed]:
        """What may stand at a place: numbers for an exponent, zero beside a comparison, a comparison as a condition."""
        if operator.name in POWERS and place == 1:
            yield from ((Constant(number), constant_unit(number)) for number in EXPONENTS if size == 1)
            return
        if operator.name == "if_else" and place == 0:
            for stream in self._shapes([OPERATORS["greater"]], size, "if_else"):
                yield from stream
            return
        if operator.name == "greater" and place == 1 and size == 1:
            yield Constant(0.0), constant_unit(0.0)
        yield from self._of(size, operator.name)

    def _call(self, operator: Operator, operands: Sequence[_Typed], setting: tuple[Expr, ...]) -> _Typed | None:
        """A call where its operands fit; None where a rule refuses it."""
        arguments, rest = iter(operands), iter(setting)
        typed = [
            next(arguments) if param.kind == "series" else self._typed_parameter(next(rest))
            for param in operator.params
        ]
        args = tuple(expr for expr, _ in typed)
        values = [arg.value if isinstance(arg, Constant) else None for arg in args]
        try:
            measure = operator.unit_rule([known for _, known in typed], values)
            call = Call(operator.name, args)
            stands = self._space.sensible(call) and lookback(call) <= self._space.max_lookback
        except ExpressionError:
            return None
        return (call, measure) if stands else None

    def _typed_parameter(self, arg: Expr) -> _Typed:
        return arg, constant_unit(arg.value) if isinstance(arg, Constant) else Unit.GROUP

    def _shuffled(self, things: Sequence[_Thing], what: str) -> list[_Thing]:
        rng = Random(f"every expression {self._seed} {what}")  # noqa: S311  a search, not a secret
        return rng.sample(things, len(things))


def _parts(total: int, count: int) -> Iterator[tuple[int, ...]]:
    """Every way to deal `total` nodes to `count` places, one at least to each."""
    if count and total >= count:
        for cuts in combinations(range(1, total), count - 1):
            yield tuple(high - low for low, high in pairwise((0, *cuts, total)))
