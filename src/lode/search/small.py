"""Small expressions, gone through evenly: every operator over every kind of field at every length of window.

A template is a shape with slots for operators and fields, `ts(el(F,F))` say. Its cells are the ways to fill the
operator slots and the units of the fields; a visit to a cell draws fields and windows from shuffled decks, so that
visits differ as much as they can. The sequence is one and the same for all shards of a seed; shard i of n takes
every n-th expression, starting with the i-th, so that shards begin with different expressions and together miss none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from random import Random
from typing import Protocol, cast
from zlib import crc32

from lode.errors import ExpressionError
from lode.language import OPERATORS, Call, Constant, Expr, Field, Operator, Param, Unit
from lode.search.grammar import Grammar
from lode.search.prior import novelty, promise, tame
from lode.search.space import SearchSpace

TEMPLATES: dict[str, float] = {
    "F": 1.0,
    "el(F)": 0.5,
    "ts(F)": 8.0,
    "el(F,F)": 4.0,
    "gr(F)": 1.0,
    "ts(F,F)": 4.0,
    "el(ts(F))": 1.0,
    "ts(el(F))": 1.0,
    "ts(cs(F))": 0.7,
    "el(el(F),F)": 0.7,
    "el(el(F,F))": 0.5,
    "el(F,ts(F))": 5.0,
    "ts(el(F,F))": 4.0,
    "ts(ts(F))": 3.0,
    "el(ts(F,F))": 1.0,
    "ts(el(F),F)": 0.7,
    "ts(cs(F),F)": 0.5,
    "gr(ts(F))": 1.5,
    "gr(el(F,F))": 0.3,
    "ts(gr(F))": 0.5,
    "el(cs(F),cs(F))": 0.7,
    "el(el(F,F),F)": 1.0,
    "ts(cs(F),cs(F))": 1.0,
    "el(el(F,F),el(F,F))": 1.0,
    "el(ts(F),ts(F))": 1.5,
}
"""How often each template is visited, relative to the others."""

_KINDS = {"ts": "time series", "el": "elementwise", "cs": "cross-section", "gr": "group"}
_TIERS = ((1, 3), (4, 10), (4, 10), (11, 30), (11, 30), (31, 60), (61, 2520))
"""Lengths of window by turns, in sessions; the usual ones twice."""
_SHORT_TIERS = ((1, 1), (1, 1), (2, 3), (4, 10), (11, 30), (31, 2520))
_SHORT = frozenset({"ts_delay", "ts_delta"})
"""Operators that compare with one session of the past, for which the last one is a case of its own."""
_FEW_CELLS = 500
_IDLE_LOTS = 500
_PARAMETER_UNITS = {"window": Unit.NUMBER, "number": Unit.NUMBER, "group": Unit.GROUP}
_ANY_WINDOW = 5.0
_CELL_TRIES = 6
_NOT_IN_TEMPLATES = frozenset({"power", "signed_power"})


def small_expressions(grammar: Grammar, seed: int, shard: int = 0, shards: int = 1) -> Iterator[Expr]:
    """The shard's part of the small expressions; it ends when all cells have run dry."""
    rng = Random(f"small expressions {seed}")  # noqa: S311  a search, not a secret
    visits = {text: _visits(grammar, slot, (shard, shards), f"{seed} {text}") for text, slot in TEMPLATE_SLOTS.items()}
    while visits:
        text = rng.choices(list(visits), [TEMPLATES[t] for t in visits])[0]
        expr = next(visits[text], None)
        if expr is None:
            del visits[text]
        else:
            yield expr


@dataclass(frozen=True)
class Slot:
    """A place in a template: a field, or an operator of a kind over other places."""

    kind: str
    operands: tuple[Slot, ...] = ()

    def takes(self, operator: Operator) -> bool:
        """Whether an operator may stand at the place."""
        return (
            operator.kind == _KINDS.get(self.kind)
            and operator.name not in _NOT_IN_TEMPLATES
            and sum(param.kind == "series" for param in operator.params) == len(self.operands)
        )

    def places(self) -> Iterator[Slot]:
        """This place and those below it, each before what is below it."""
        yield self
        for operand in self.operands:
            yield from operand.places()

    def filled(self, choice: Choice) -> Expr:
        """The expression that a choice makes of the place."""
        if self.kind == "F":
            return choice.field(self)
        operator = choice.operator(self)
        operands = iter([operand.filled(choice) for operand in self.operands])
        return Call(
            operator.name,
            tuple(next(operands) if p.kind == "series" else choice.parameter(operator, p) for p in operator.params),
        )


class Choice(Protocol):
    """Who decides what stands in a template's slots."""

    def operator(self, slot: Slot) -> Operator: ...

    def field(self, slot: Slot) -> Field: ...

    def parameter(self, operator: Operator, param: Param) -> Expr: ...


_Filling = tuple[str | Operator, ...]
_Choices = Sequence[str | Operator]


class _Cell:
    """One way to fill a template's operators and units, with decks for what is left open."""

    def __init__(self, slot: Slot, filling: _Filling, grammar: Grammar, rng: Random) -> None:
        self.slot, self._filling, self._grammar, self._rng = slot, filling, grammar, rng
        self._decks: dict[str, list[int]] = {}
        self._rest: Iterator[str | Operator] = iter(())
        self.promise = promise([part.name for part in filling if isinstance(part, Operator)])
        self.misses = 0
        self._typed: bool | None = None

    def visit(self) -> Expr:
        """Another expression of the cell."""
        self._rest = iter(self._filling)
        return self.slot.filled(self)

    def typed(self) -> bool:
        """Whether the unit rules take the cell's expressions; they are all of the same units."""
        if self._typed is None:
            try:
                _unit_of(self.slot, iter(self._filling), self._grammar)
                self._typed = True
            except ExpressionError:
                self._typed = False
        return self._typed

    def operator(self, _: Slot) -> Operator:
        """The cell's operator for this place."""
        return cast("Operator", next(self._rest))

    def field(self, _: Slot) -> Field:
        """The next field of the cell's unit for this place."""
        measure = cast("str", next(self._rest))
        names = self._grammar.names[measure]
        return Field(names[self._dealt(measure, len(names))])

    def parameter(self, operator: Operator, param: Param) -> Expr:
        """A window of the next length, or any other parameter."""
        if param.kind != "window":
            return self._grammar.parameter(self._rng, param)
        tiers = _SHORT_TIERS if operator.name in _SHORT else _TIERS
        low, high = tiers[self._dealt(f"window {operator.name}", len(tiers))]
        windows = self._grammar.windows(param)
        return Constant(float(self._rng.choice([w for w in windows if low <= w <= high] or windows)))

    def _dealt(self, name: str, count: int) -> int:
        """The next card of a deck of `count`, shuffled anew when it is used up."""
        deck = self._decks.setdefault(name, [])
        if not deck:
            deck.extend(self._rng.sample(range(count), count))
        return deck.pop()


def _visits(grammar: Grammar, slot: Slot, part: tuple[int, int], seed: str) -> Iterator[Expr]:
    """Visit the template's cells; it ends when visits have long brought nothing new."""
    rng = Random(seed)  # noqa: S311  a search, not a secret
    shard, shards = part
    seen: set[Expr] = set()
    for cell in _cells(grammar, slot, rng):
        expr, lot = cell.visit(), rng.random()
        cell.misses = cell.misses + 1 if expr in seen else 0
        seen.add(expr)
        if not cell.misses and _owner(expr, shards) == shard and _worth(grammar.space, expr, lot):
            yield expr


def _cells(grammar: Grammar, slot: Slot, rng: Random) -> Iterator[_Cell]:
    """Cells in the order of visits, the promising more often; all by turns where they are few, else by lot."""
    choices = _choices(grammar, slot)
    if prod(len(choice) for choice in choices) <= _FEW_CELLS:
        cells = [cell for filling in product(*choices) if (cell := _Cell(slot, filling, grammar, rng)).typed()]
        return _by_turns(cells, rng)
    return _by_lot(choices, lambda filling: _Cell(slot, filling, grammar, rng), rng)


def _by_turns(cells: list[_Cell], rng: Random) -> Iterator[_Cell]:
    while cells:
        rng.shuffle(cells)
        yield from (cell for cell in cells if rng.random() < cell.promise)
        cells = [cell for cell in cells if cell.misses < _CELL_TRIES]


def _by_lot(choices: list[_Choices], make: Callable[[_Filling], _Cell], rng: Random) -> Iterator[_Cell]:
    weights = [[1.0 if isinstance(part, str) else promise([part.name]) for part in choice] for choice in choices]
    cells: dict[_Filling, _Cell] = {}
    idle = 0
    while idle < _IDLE_LOTS:
        filling = tuple(rng.choices(choice, weight)[0] for choice, weight in zip(choices, weights, strict=True))
        cell = cells.get(filling) or cells.setdefault(filling, make(filling))
        idle += 1
        if cell.misses < _CELL_TRIES and cell.typed():
            yield cell
            idle = idle if cell.misses else 0


def _owner(expr: Expr, shards: int) -> int:
    """The shard that asks for an expression; the same for one with its operands exchanged."""
    return crc32("".join(sorted(str(expr))).encode()) % shards


def _worth(space: SearchSpace, expr: Expr, lot: float) -> bool:
    return tame(expr, space.fields) and space.holds(expr) and lot < novelty(expr, space.fields)


def _unit_of(slot: Slot, filling: Iterator[str | Operator], grammar: Grammar) -> Unit:
    """The unit of a filled template, without building it; UnitError where the rules refuse it, as they mostly do."""
    chosen = next(filling)
    if isinstance(chosen, str):
        return grammar.space.fields[grammar.names[chosen][0]]
    operands = iter([_unit_of(operand, filling, grammar) for operand in slot.operands])
    units = [next(operands) if param.kind == "series" else _PARAMETER_UNITS[param.kind] for param in chosen.params]
    return chosen.unit_rule(units, [_ANY_WINDOW if param.kind == "window" else None for param in chosen.params])


def _choices(grammar: Grammar, slot: Slot) -> list[_Choices]:
    """What may stand at each place of a template: units for fields, operators otherwise."""
    operators = [OPERATORS[name] for name in grammar.space.operators]
    return [
        grammar.units if place.kind == "F" else [operator for operator in operators if place.takes(operator)]
        for place in slot.places()
    ]


def _parsed(text: str) -> Slot:
    """A template as a tree of slots."""
    tokens = iter(re.findall(r"\w+|[(),]", text))
    return _read(next(tokens), tokens)[0]


def _read(name: str, tokens: Iterator[str]) -> tuple[Slot, str]:
    after = next(tokens, "")
    if after != "(":
        return Slot(name), after
    operands = []
    while after in {"(", ","}:
        operand, after = _read(next(tokens), tokens)
        operands.append(operand)
    return Slot(name, tuple(operands)), next(tokens, "")


TEMPLATE_SLOTS = {text: _parsed(text) for text in TEMPLATES}
