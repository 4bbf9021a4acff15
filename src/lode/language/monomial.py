"""Products and quotients: `a * b ** 2 / (c * d)` as powers of factors.

A factor that was ever divided by must not be 0, and that is remembered when powers cancel: x / x is kept as x / x,
x ** 3 / x ** 2 becomes x ** 2 / x, and a / (b / c), which is missing where c is 0, becomes a * c ** 2 / (b * c).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lode.language.expression import Call, Constant, Expr
from lode.language.folding import OutOfRangeError, is_weight
from lode.language.ordering import order

_LARGEST_POWER = 1_000_000
NEVER = Call("inverse", (Constant(0.0),))
"""Missing everywhere: what any division by the number 0 gives."""


@dataclass(slots=True)
class Monomial:
    """A product of whole powers; `divisors` are the factors that must not be 0. Treat as frozen."""

    powers: dict[Expr, int] = field(default_factory=dict)
    divisors: frozenset[Expr] = frozenset()

    def times(self, other: Monomial) -> Monomial:
        return Monomial(_sum(self.powers, other.powers, 1), self.divisors | other.divisors)

    def over(self, other: Monomial) -> Monomial:
        return Monomial(_sum(self.powers, other.powers, -1), self.divisors | other.powers.keys())

    def power(self, exponent: int) -> Monomial:
        """self ** exponent, for a whole exponent of at least 1."""
        return Monomial({base: _allowed(power * exponent) for base, power in self.powers.items()}, self.divisors)

    @property
    def expr(self) -> Expr:
        above, below = {}, {}
        for base in sorted(self.powers, key=order):
            up, down = self._sides(base)
            if up:
                above[base] = up
            if down:
                below[base] = down
        if not below:
            return _product(above)
        return Call("divide", (_product(above), _product(below))) if above else Call("inverse", (_product(below),))

    def _sides(self, base: Expr) -> tuple[int, int]:
        """Powers of one factor above and below the line."""
        power = self.powers[base]
        if base not in self.divisors:
            return power, 0
        return (power + 1, 1) if power >= 0 else (0, -power)


def monomial(term: Expr) -> Monomial:
    """Read a term of a canonical sum as factors."""
    if isinstance(term, Call) and term.op == "divide":
        return _factors(term.args[0]).over(_factors(term.args[1]))
    if isinstance(term, Call) and term.op == "inverse" and term != NEVER:
        return Monomial().over(_factors(term.args[0]))
    return _factors(term)


def whole_power(value: float) -> bool:
    """Whether a power can be counted as that many factors."""
    return value.is_integer() and 1 <= value <= _LARGEST_POWER


def _factors(expr: Expr) -> Monomial:
    powers: dict[Expr, int] = {}
    while isinstance(expr, Call) and expr.op == "multiply" and not is_weight(expr.args[0]):
        _count(powers, expr.args[1])
        expr = expr.args[0]
    _count(powers, expr)
    return Monomial(powers)


def _count(powers: dict[Expr, int], expr: Expr) -> None:
    base, power = expr, 1
    if isinstance(expr, Call) and expr.op == "power":
        exponent = expr.args[1]
        if isinstance(exponent, Constant) and whole_power(exponent.value):
            base, power = expr.args[0], int(exponent.value)
    powers[base] = powers.get(base, 0) + power


def _sum(left: dict[Expr, int], right: dict[Expr, int], sign: int) -> dict[Expr, int]:
    powers = dict(left)
    for base, power in right.items():
        powers[base] = _allowed(powers.get(base, 0) + sign * power)
    return powers


def _allowed(power: int) -> int:
    if abs(power) >= _LARGEST_POWER:
        raise OutOfRangeError
    return power


def _product(powers: dict[Expr, int]) -> Expr:
    factors = [_raised(base, power) for base, power in powers.items()]
    built = factors[0]
    for factor in factors[1:]:
        built = Call("multiply", (built, factor))
    return built


def _raised(base: Expr, power: int) -> Expr:
    return base if power == 1 else Call("power", (base, Constant(power)))
