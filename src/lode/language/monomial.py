"""Products and quotients: `a * b ** 2 / (c * d)` as powers above and below the line.

What stands on both sides is not cancelled (`x / x` is missing where x is 0), and a quotient below the line stays a
quotient (`a / (b / c)` is missing where c is 0, `a * c / b` is not).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from lode.language.expression import Call, Constant, Expr
from lode.language.folding import is_weight
from lode.language.ordering import order

_LARGEST_POWER = 64
_ZERO = Constant(0.0)
Factors: TypeAlias = dict[Expr, int]


@dataclass(slots=True)
class Monomial:
    """Factors above and below the line with their whole powers."""

    above: Factors = field(default_factory=dict)
    below: Factors = field(default_factory=dict)

    def times(self, other: Monomial) -> Monomial:
        return Monomial(_merged(self.above, other.above), _merged(self.below, other.below))

    def over(self, other: Monomial) -> Monomial:
        """self / other; a quotient goes below the line as one factor."""
        return Monomial(self.above, _merged(self.below, {other.expr: 1} if other.below else other.above))

    def power(self, exponent: int) -> Monomial:
        """self ** exponent, for a whole exponent of at least 1."""
        above, below = ({base: power * exponent for base, power in part.items()} for part in (self.above, self.below))
        return Monomial(above, below)

    @property
    def expr(self) -> Expr:
        if not self.below:
            return _product(self.above)
        below = _product(self.below)
        return Call("divide", (_product(self.above), below)) if self.above else Call("inverse", (below,))


def monomial(term: Expr) -> Monomial:
    """Read a term of a canonical sum as factors."""
    if isinstance(term, Call) and term.op == "divide":
        return Monomial(_factors(term.args[0]), _factors(term.args[1]))
    if isinstance(term, Call) and term.op == "inverse":
        return Monomial({}, _factors(term.args[0]))
    return Monomial(_factors(term), {})


def whole_power(value: float) -> bool:
    """Whether a power can be counted as that many factors."""
    return value.is_integer() and 1 <= value <= _LARGEST_POWER


def _factors(expr: Expr) -> Factors:
    found: Factors = {}
    while isinstance(expr, Call) and expr.op == "multiply" and not is_weight(expr.args[0]):
        _count(found, expr.args[1])
        expr = expr.args[0]
    _count(found, expr)
    return found


def _count(found: Factors, expr: Expr) -> None:
    base, power = expr, 1
    if isinstance(expr, Call) and expr.op == "power":
        exponent = expr.args[1]
        if isinstance(exponent, Constant) and whole_power(exponent.value):
            base, power = expr.args[0], int(exponent.value)
    found[base] = found.get(base, 0) + power


def _merged(left: Factors, right: Factors) -> Factors:
    if len(left) < len(right):
        left, right = right, left
    merged = dict(left)
    for base, power in right.items():
        merged[base] = merged.get(base, 0) + power
    return merged


def _product(factors: Factors) -> Expr:
    bases = sorted(factors, key=order)
    built = _raised(bases[0], factors[bases[0]])
    for base in bases[1:]:
        built = Call("multiply", (built, _raised(base, factors[base])))
    return built


def _raised(base: Expr, power: int) -> Expr:
    return base if power == 1 or base == _ZERO else Call("power", (base, Constant(power)))
