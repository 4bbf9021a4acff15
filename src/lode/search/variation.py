"""How a new expression is made from those that did well.

Each move takes the grammar, a generator and the parents, and gives a tree that may break a rule of the space (the
caller asks `space.holds`), or None where the move does not apply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from lode.language import OPERATORS, Call, Constant, Expr, Field, Operator, Param
from lode.search.grammar import Grammar
from lode.search.prior import promise
from lode.search.protocol import Origin
from lode.search.small import TEMPLATE_SLOTS, TEMPLATES, Slot
from lode.search.tree import parameters, replace, series_nodes

Move = Callable[[Grammar, Random, Expr, Expr], Expr | None]

_GRID_STEPS = (-2, -1, -1, 1, 1, 2)
_SCALES = (-1.0, 0.5, 0.8, 1.25, 2.0)
_FROM_ZERO = (-1.0, -0.5, 0.5, 1.0)
_OWN_UNIT = 0.7
_SAME_TYPE = 0.6
_TWICE = 0.25
_GRAFTS = {"el(F,F)": 3.0, "ts(F)": 3.0, "el(F,ts(F))": 1.5, "ts(F,F)": 1.0, "el(F)": 1.0, "F": 0.5}
_FAITHFUL = 0.7


def shift_window(grammar: Grammar, rng: Random, parent: Expr, _: Expr) -> Expr | None:
    """Move one window: a step or two along the grid, or anywhere between half and twice its length."""
    places = list(parameters(parent, "window"))
    if not places:
        return None
    path, param, old = rng.choice(places)
    length = old.value if isinstance(old, Constant) else 1.0
    new = _along_grid(grammar, rng, param, length) if rng.random() < 0.6 else round(length * 2 ** rng.uniform(-1, 1))
    return replace(parent, path, Constant(float(new)))


def _along_grid(grammar: Grammar, rng: Random, param: Param, length: float) -> int:
    windows = grammar.windows(param)
    nearest = min(range(len(windows)), key=lambda i: abs(windows[i] - length))
    return windows[min(max(nearest + rng.choice(_GRID_STEPS), 0), len(windows) - 1)]


def change_number(grammar: Grammar, rng: Random, parent: Expr, _: Expr) -> Expr | None:
    """Draw one number parameter or one group anew, or scale a number that stands among the operands."""
    places = [(path, param) for kind in ("number", "group") for path, param, _old in parameters(parent, kind)]
    operands = [(path, node.value) for path, node in series_nodes(parent) if path and isinstance(node, Constant)]
    if not places and not operands:
        return None
    place = rng.randrange(len(places) + len(operands))
    if place < len(places):
        path, param = places[place]
        return replace(parent, path, grammar.parameter(rng, param))
    path, value = operands[place - len(places)]
    return replace(parent, path, Constant(rng.choice(_SCALES) * value if value else rng.choice(_FROM_ZERO)))


def swap_operator(grammar: Grammar, rng: Random, parent: Expr, _: Expr) -> Expr | None:
    """Exchange one operator for another that takes the same kinds of argument."""
    calls = [(path, node) for path, node in series_nodes(parent) if isinstance(node, Call)]
    if not calls:
        return None
    path, call = rng.choice(calls)
    takes = _takes(call.op)
    others = [name for name in grammar.space.operators if name != call.op and _takes(name) == takes]
    return replace(parent, path, Call(rng.choice(others), call.args)) if others else None


def _takes(name: str) -> tuple[str, ...]:
    return tuple(param.kind for param in OPERATORS[name].params)


def swap_field(grammar: Grammar, rng: Random, parent: Expr, _: Expr) -> Expr | None:
    """Exchange one field, mostly for another of its unit."""
    path, field = rng.choice([(path, node) for path, node in series_nodes(parent) if not isinstance(node, Call)])
    measure = grammar.space.fields.get(field.name) if isinstance(field, Field) else None
    alike = [Field(n) for n in grammar.space.series if grammar.space.fields[n] == measure and Field(n) != field]
    return replace(parent, path, rng.choice(alike) if alike and rng.random() < _OWN_UNIT else grammar.field(rng))


def wrap(grammar: Grammar, rng: Random, parent: Expr, _: Expr) -> Expr | None:
    """Put an operator around a node; other operands are fields, or the node itself, smoothed or delayed."""
    path, node = rng.choice(list(series_nodes(parent)))
    operator = grammar.operator(rng)
    count = sum(param.kind == "series" for param in operator.params)
    operands = [node, *(_companion(grammar, rng, node) for _ in range(count - 1))]
    rng.shuffle(operands)
    return replace(parent, path, grammar.call(rng, operator, operands))


def _companion(grammar: Grammar, rng: Random, node: Expr) -> Expr:
    """An operand to stand beside `node`."""
    smoothers = [OPERATORS[name] for name in ("ts_mean", "ts_delay") if name in grammar.space.operators]
    if smoothers and rng.random() < 0.4:
        return grammar.call(rng, rng.choice(smoothers), [node])
    return grammar.field(rng)


def hoist(_: Grammar, rng: Random, parent: Expr, __: Expr) -> Expr | None:
    """Exchange a node for one of those below it."""
    calls = [(path, node) for path, node in series_nodes(parent) if isinstance(node, Call)]
    if not calls:
        return None
    path, call = rng.choice(calls)
    return replace(parent, path, rng.choice([node for below, node in series_nodes(call) if below]))


def transpose(_: Grammar, rng: Random, parent: Expr, __: Expr) -> Expr | None:
    """Exchange an operator with the one below it: `f(g(x, a), b)` becomes `g(f(x, b), a)`."""
    pairs = [
        (path, node, node.args[0])
        for path, node in series_nodes(parent)
        if isinstance(node, Call) and isinstance(node.args[0], Call) and node.op != node.args[0].op
    ]
    if not pairs:
        return None
    path, outer, inner = rng.choice(pairs)
    lowered = Call(outer.op, (inner.args[0], *outer.args[1:]))
    return replace(parent, path, Call(inner.op, (lowered, *inner.args[1:])))


def graft(grammar: Grammar, rng: Random, parent: Expr, _: Expr) -> Expr | None:
    """Exchange a node for a small new one, filled into a template."""
    path, _node = rng.choice(list(series_nodes(parent)))
    new = _filled(grammar, rng, _GRAFTS, _Mixture(grammar, rng))
    return None if new is None else replace(parent, path, new)


def cross(grammar: Grammar, rng: Random, parent: Expr, other: Expr) -> Expr | None:
    """Exchange a node of one parent for a node of the other, mostly for one of its type, which is its unit.

    Many operators take more than one type, so that others get a chance too; the unit rules decide on the result.
    Montana (1995), strongly typed genetic programming.
    """
    path, old = rng.choice(list(series_nodes(parent)))
    every = [node for _, node in series_nodes(other) if node != old]
    if rng.random() < _SAME_TYPE:
        measure = grammar.unit_of(old)
        every = [node for node in every if grammar.unit_of(node) == measure] or every
    return replace(parent, path, rng.choice(every)) if every else None


def combine(grammar: Grammar, rng: Random, parent: Expr, other: Expr) -> Expr | None:
    """Join two parents by an operator of two operands."""
    pairs = [OPERATORS[name] for name in grammar.space.operators if _takes(name).count("series") == 2]
    return grammar.call(rng, rng.choice(pairs), [parent, other]) if pairs else None


class _Mixture:
    """Fills a template with operators, fields and windows of the parents, now and then with others."""

    def __init__(self, grammar: Grammar, rng: Random, parents: tuple[Expr, ...] = ()) -> None:
        self._grammar, self._rng = grammar, rng
        nodes = [node for parent in parents for _, node in series_nodes(parent)]
        self._operators = [OPERATORS[node.op] for node in nodes if isinstance(node, Call)]
        self._fields = [node for node in nodes if isinstance(node, Field)]
        self._windows = [window for parent in parents for _, _, window in parameters(parent, "window")]
        self._last: Field | None = None

    def operator(self, slot: Slot) -> Operator:
        known = [operator for operator in self._operators if slot.takes(operator)]
        if known and self._rng.random() < _FAITHFUL:
            return self._rng.choice(known)
        every = [
            operator for operator in map(OPERATORS.__getitem__, self._grammar.space.operators) if slot.takes(operator)
        ]
        return self._rng.choices(every, [promise([operator.name]) for operator in every])[0]

    def field(self, _: Slot) -> Field:
        if self._fields and self._rng.random() < _FAITHFUL:
            self._last = self._rng.choice(self._fields)
        elif self._last is not None and self._rng.random() < _OWN_UNIT:
            self._last = Field(self._rng.choice(self._grammar.names[self._grammar.space.fields[self._last.name].name]))
        else:
            self._last = self._grammar.field(self._rng)
        return self._last

    def parameter(self, _: Operator, param: Param) -> Expr:
        known = [window for window in self._windows if param.fault(window) is None]
        if known and param.kind == "window" and self._rng.random() < _FAITHFUL:
            return self._rng.choice(known)
        return self._grammar.parameter(self._rng, param)


def distil(grammar: Grammar, rng: Random, parent: Expr, other: Expr) -> Expr | None:
    """Fill a small template with what the parents are made of: what they have in common may be simple."""
    return _filled(grammar, rng, TEMPLATES, _Mixture(grammar, rng, (parent, other)))


def _filled(grammar: Grammar, rng: Random, templates: Mapping[str, float], choice: _Mixture) -> Expr | None:
    """A template, filled; None where the space has no operator for one of its places."""
    slot = TEMPLATE_SLOTS[rng.choices(list(templates), list(templates.values()))[0]]
    operators = [OPERATORS[name] for name in grammar.space.operators]
    if any(place.kind != "F" and not any(map(place.takes, operators)) for place in slot.places()):
        return None
    return slot.filled(choice)


REFINING: dict[Move, float] = {
    shift_window: 4.0,
    swap_operator: 3.0,
    graft: 2.5,
    cross: 2.0,
    swap_field: 1.5,
    hoist: 1.0,
    transpose: 0.7,
    distil: 0.7,
    wrap: 0.7,
    change_number: 0.2,
}
BREEDING: dict[Move, float] = {
    cross: 4.0,
    distil: 2.5,
    graft: 2.0,
    swap_operator: 1.5,
    swap_field: 1.5,
    wrap: 1.5,
    hoist: 1.0,
    shift_window: 1.0,
    transpose: 1.0,
    combine: 0.3,
}
"""Moves and how often each is tried, relative to the others: close by for the best, far and wide for the rest."""


_OPERATIONS: dict[Move, str] = {
    cross: "crossover",
    combine: "combination",
    distil: "distillation",
    graft: "subtree mutation",
    wrap: "subtree mutation",
    hoist: "hoist",
    transpose: "transposition",
    swap_operator: "point mutation",
    swap_field: "point mutation",
    shift_window: "window mutation",
    change_number: "constant mutation",
}
"""What each move is called, the one that changes most first: two moves at once are called by the first of them."""
_ORDER = list(_OPERATIONS.values())
_OF_BOTH = frozenset({"crossover", "combination", "distillation"})


def bred(
    grammar: Grammar, rng: Random, parents: tuple[Expr, Expr], moves: Mapping[Move, float]
) -> tuple[Expr, Origin] | None:
    """A child of the first parent (and, for some moves, of the other) that the space holds; None where it failed.

    Now and then two moves are made at once, since one alone may lead through a valley.
    """
    child: Expr | None = parents[0]
    made = rng.choices(list(moves), list(moves.values()), k=2 if rng.random() < _TWICE else 1)
    for move in made:
        child = None if child is None else move(grammar, rng, child, parents[1])
    if child is None or child == parents[0] or not grammar.space.holds(child):
        return None
    operation = min((_OPERATIONS[move] for move in made), key=_ORDER.index)
    return child, Origin(operation, parents if operation in _OF_BOTH else parents[:1])


def vary(grammar: Grammar, rng: Random, parents: tuple[Expr, Expr], moves: Mapping[Move, float]) -> Expr | None:
    """The child alone that `bred` makes."""
    child = bred(grammar, rng, parents, moves)
    return None if child is None else child[0]


def template(grammar: Grammar, rng: Random) -> Expr | None:
    """A small shape filled with operators that say much and with fields; None where the draw broke a rule."""
    expr = _filled(grammar, rng, TEMPLATES, _Mixture(grammar, rng))
    return expr if expr is not None and grammar.space.holds(expr) else None
