"""Random, well-typed expressions.

An expression is grown to a size: an operator is drawn, the rest of the size is dealt out to its operands, and what the
unit rules refuse is drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from lode.errors import ExpressionError
from lode.language import OPERATORS, Call, Constant, Expr, Field, Operator, Param, Unit, unit
from lode.search.space import SearchSpace

_KIND_WEIGHTS = {"time series": 5.0, "elementwise": 3.0, "cross-section": 1.0, "group": 0.7}
_RARE = frozenset({"if_else", "greater", "max", "min", "power", "signed_power", "ts_product", "winsorize"})
_RARE_WEIGHT = 0.3
_AGAINST_ZERO = 0.5
_OPERAND_TRIES = 6
_FRESH_SIZES = (5, 6, 7, 7, 8, 8, 8, 9, 9, 9, 10, 11, 12)
"""Sizes of fresh random expressions, in nodes with constants: eight is typical of a search's first population."""
EXPONENTS = (0.5, 2.0, 3.0)
POWERS = frozenset({"power", "signed_power"})


class Grammar:
    """Draws parts of expressions over a space. Holds no state: the generator is an argument."""

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self._operators = [OPERATORS[name] for name in space.operators]
        self.units = sorted({space.fields[name].name for name in space.series})
        self.names = {u: [name for name in space.series if space.fields[name].name == u] for u in self.units}
        by_kind = {kind: [o for o in self._operators if o.kind == kind] for kind in _KIND_WEIGHTS}
        self._weights = {
            operator.name: _KIND_WEIGHTS[kind] * (_RARE_WEIGHT if operator.name in _RARE else 1.0) / len(members)
            for kind, members in by_kind.items()
            for operator in members
        }

    def fresh(self, rng: Random) -> Expr | None:
        """A random factor; None where the draw broke a rule."""
        return self.factor(rng, rng.choice(_FRESH_SIZES))

    def factor(self, rng: Random, size: int) -> Expr | None:
        """A random factor of about `size` nodes that the space holds; None where the draw broke a rule."""
        expr = self.series(rng, min(size, self.space.max_size))
        return expr if expr is not None and self.space.holds(expr) else None

    def field(self, rng: Random) -> Field:
        """A field that is a number, each unit as likely as the others: prices are many and much alike."""
        return Field(rng.choice(self.names[rng.choice(self.units)]))

    def operator(self, rng: Random, among: Sequence[Operator] | None = None) -> Operator:
        """An operator, of all or of those given; kinds that say more are drawn more."""
        fitting = self._operators if among is None else among
        return rng.choices(fitting, [self._weights[operator.name] for operator in fitting])[0]

    def weight(self, operator: Operator) -> float:
        """How often an operator is drawn, relative to the others."""
        return self._weights[operator.name]

    def series(self, rng: Random, size: int) -> Expr | None:
        """A random series of at most `size` nodes; None where no operands were found that the unit rules take."""
        fitting = [operator for operator in self._operators if smallest(operator) <= size]
        if not fitting:
            return self.field(rng)
        operator = self.operator(rng, fitting)
        count = sum(param.kind == "series" for param in operator.params)
        for _ in range(_OPERAND_TRIES):
            sizes = _dealt(rng, size - smallest(operator) + count, count)
            operands = [self._operand(rng, operator, place, part) for place, part in enumerate(sizes)]
            known = [operand for operand in operands if operand is not None]
            if len(known) == count and self.typed(call := self.call(rng, operator, known)):
                return call
        return None

    def _operand(self, rng: Random, operator: Operator, place: int, size: int) -> Expr | None:
        """What stands at a place of an operator: a number for an exponent, a comparison for a condition."""
        if operator.name in POWERS and place == 1:
            return Constant(rng.choice(EXPONENTS))
        if operator.name == "if_else" and place == 0:
            left = self.series(rng, size)
            right: Expr = Constant(0.0) if rng.random() < _AGAINST_ZERO else self.field(rng)
            return None if left is None else Call("greater", (left, right))
        return self.series(rng, size)

    def typed(self, expr: Expr) -> bool:
        """Whether the unit rules take `expr`."""
        return self.unit_of(expr) is not None

    def unit_of(self, expr: Expr) -> Unit | None:
        """The unit of `expr`; None where the unit rules refuse it."""
        try:
            return unit(expr, self.space.fields)
        except ExpressionError:
            return None

    def call(self, rng: Random, operator: Operator, operands: list[Expr]) -> Call:
        """`operator` over `operands`, its other parameters drawn."""
        rest = iter(operands)
        return Call(
            operator.name,
            tuple(next(rest) if param.kind == "series" else self.parameter(rng, param) for param in operator.params),
        )

    def parameter(self, rng: Random, param: Param) -> Expr:
        """A window from the grid, a number in its range, or a group."""
        return rng.choice(self.settings(param))

    def settings(self, param: Param) -> list[Expr]:
        """What may be drawn for a parameter that is no series."""
        if param.kind == "group":
            return [Field(name) for name in self.space.groups]
        numbers = self.windows(param) if param.kind == "window" else self.numbers(param)
        return [Constant(float(number)) for number in numbers]

    def windows(self, param: Param) -> list[int]:
        """Windows of the grid that a parameter takes."""
        fitting = [w for w in self.space.windows if _within(w, param)]
        return fitting or [int(param.low or 1)]

    @staticmethod
    def numbers(param: Param) -> list[float]:
        """Numbers to try for a parameter: its default, and a few within its range."""
        known = [] if param.default is None else [float(param.default)]
        return known + [n for n in EXPONENTS if _within(n, param) and n not in known] or [float(param.low or 1)]


def smallest(operator: Operator) -> int:
    """Nodes of a call of `operator` over fields; a condition is a comparison, which has two more."""
    return 1 + len(operator.params) + (2 if operator.name == "if_else" else 0)


def _within(value: float, param: Param) -> bool:
    if param.integer and value != int(value):
        return False
    return (param.low is None or value >= param.low) and (param.high is None or value <= param.high)


def _dealt(rng: Random, total: int, parts: int) -> list[int]:
    """`total` dealt out at random to `parts` places, at least one to each."""
    cuts = sorted(rng.sample(range(1, total), parts - 1)) if total > parts else list(range(1, parts))
    return [high - low for low, high in zip([0, *cuts], [*cuts, total], strict=True)]
