"""An expression that is being written down, node by node, an operator before its operands.

A tree search walks through such partial expressions. What breaks a rule of the space is noticed when the call that
breaks it is complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lode.errors import ExpressionError
from lode.language import OPERATORS, Call, Constant, Expr, Field, Operator, Param
from lode.search.grammar import EXPONENTS, POWERS, Grammar, smallest
from lode.search.idea import MONOTONE
from lode.search.prior import promise

Options = Mapping[str, float]
"""What may be written at a place (see `written`), and how likely it is before anything is known; sums to 1."""
_FIELD_CHANCE = (0.02, 0.55, 0.75, 0.9)
"""How likely a field stands at a place, by the number of operators around it; deeper it is as in the last."""
_ZERO_CHANCE = 0.5


def written(node: Expr) -> str:
    """How a node is written by itself: an operator, a field, or a number after `#`."""
    if isinstance(node, Call):
        return node.op
    return node.name if isinstance(node, Field) else f"#{node}"


def steps(expr: Expr) -> Iterator[str]:
    """How an expression is written down, node by node."""
    yield written(expr)
    for arg in expr.children:
        yield from steps(arg)


class Places:
    """What may be written at the places of a space's expressions; made once per kind of place."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self._operators = [OPERATORS[name] for name in grammar.space.operators]
        self._known: dict[tuple[str, int, int], Options] = {}
        self._room = max(map(_opens, self._operators))

    def options(self, around: Operator | None, place: int, depth: int, room: int) -> Options:
        """What may be written as argument `place` of an operator (None: as the whole), with `room` nodes to spare."""
        kind = "" if around is None else _kind(around, place)
        key = (kind, min(depth, len(_FIELD_CHANCE) - 1), min(room, self._room))
        if key not in self._known:
            param = None if around is None else around.params[place]
            self._known[key] = _shares(self._weights(kind, param, key[1], key[2]))
        return self._known[key]

    def _weights(self, kind: str, param: Param | None, depth: int, room: int) -> dict[str, float]:
        if kind == "exponent":
            return {written(Constant(number)): 1.0 for number in EXPONENTS}
        if param is not None and param.kind != "series":
            return {written(setting): 1.0 for setting in self.grammar.settings(param)}
        if kind == "condition":
            return {"greater": 1.0}
        fields = _scaled(self._field_weights(), _FIELD_CHANCE[depth])
        operators = {o.name: self._worth(o) for o in self._operators if _opens(o) <= room}
        if not kind:
            operators = {name: weight for name, weight in operators.items() if name not in MONOTONE}
        zero = {written(Constant(0.0)): _ZERO_CHANCE * _FIELD_CHANCE[depth]} if kind == "compared" else {}
        return fields | zero | _scaled(operators, 1 - _FIELD_CHANCE[depth])

    def _field_weights(self) -> dict[str, float]:
        """Each unit as likely as the others: prices are many and much alike."""
        return {name: 1.0 / len(names) for names in self.grammar.names.values() for name in names}

    def _worth(self, operator: Operator) -> float:
        return self.grammar.weight(operator) * promise([operator.name])


def _kind(operator: Operator, place: int) -> str:
    if operator.name in POWERS and place == 1:
        return "exponent"
    if operator.name == "if_else" and place == 0:
        return "condition"
    if operator.name == "greater" and place == 1:
        return "compared"
    param = operator.params[place]
    return "series" if param.kind == "series" else f"{operator.name} {place}"


def _opens(operator: Operator) -> int:
    """Nodes that an operator needs below it."""
    return smallest(operator) - 1


def _scaled(weights: Mapping[str, float], total: float) -> dict[str, float]:
    whole = sum(weights.values())
    return {name: weight * total / whole for name, weight in weights.items()}


def _shares(weights: Mapping[str, float]) -> Options:
    return _scaled(weights, 1.0)


@dataclass
class Derivation:
    """A partial expression: operators that wait for arguments, the outermost first, each with those it has.

    whole: the expression, once it is complete. room: nodes to spare, beyond those that open places need at least.
    """

    places: Places
    room: int
    waiting: list[tuple[Operator, list[Expr]]] = field(default_factory=list)
    whole: Expr | None = None

    @classmethod
    def start(cls, places: Places, size: int) -> Derivation:
        """Nothing written yet, of an expression of at most `size` nodes."""
        return cls(places, size - 1)

    def copy(self) -> Derivation:
        """The same, to be written on by itself."""
        return Derivation(self.places, self.room, [(o, list(args)) for o, args in self.waiting], self.whole)

    @property
    def around(self) -> str:
        """The operator whose argument is next; nothing for the whole."""
        return self.waiting[-1][0].name if self.waiting else ""

    def options(self) -> Options:
        """What may be written next."""
        operator, args = self.waiting[-1] if self.waiting else (None, [])
        return self.places.options(operator, len(args), len(self.waiting), self.room)

    def write(self, step: str) -> bool:
        """Write the next node, one of the options; whether the calls that it completes keep the rules."""
        if step in OPERATORS and step not in self.places.grammar.space.fields:
            operator = OPERATORS[step]
            self.room -= len(operator.params)
            self.waiting.append((operator, []))
            return True
        node: Expr = Constant(float(step[1:])) if step.startswith("#") else Field(step)
        while self.waiting:
            operator, args = self.waiting[-1]
            args.append(node)
            if len(args) < len(operator.params):
                return True
            self.waiting.pop()
            node = Call(operator.name, tuple(args))
            if not self._stands(node):
                return False
        self.whole = node
        return True

    def _stands(self, call: Call) -> bool:
        grammar = self.places.grammar
        try:
            return grammar.space.sensible(call) and grammar.typed(call)
        except ExpressionError:
            return False
