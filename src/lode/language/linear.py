"""Weighted sums: the form in which canonical expressions are put together.

Every canonical expression is read as `c1 * t1 + c2 * t2 + … + c`, the terms being expressions without a constant
factor. Weights are kept to 12 significant digits: far beyond the engine's float32, and free of the noise of folding
constants in another order. A term with weight 0 stays: `x - x` is missing where x is, and so is `0 * x`.
"""

from __future__ import annotations

from lode.language.expression import Call, Constant, Expr
from lode.language.folding import OutOfRangeError, in_range, is_weight
from lode.language.monomial import Monomial
from lode.language.ordering import order

RANKS = frozenset({"rank", "ts_rank", "group_rank", "ts_scale", "group_scale"})
"""Values in [0, 1] that turn into 1 - value when the argument's sign does."""


class Linear:
    """A weighted sum of terms and a constant. Treat as frozen.

    parts: where the only term is a `min` or `max`, what it chooses from. A product is kept as factors, and a sum as
    terms, until the expression is asked for: long chains are put together once.
    """

    __slots__ = ("_built", "_terms", "constant", "factors", "parts", "weight")

    def __init__(
        self, terms: dict[Expr, float] | None = None, constant: float = 0.0, parts: tuple[Linear, ...] = ()
    ) -> None:
        self._terms: dict[Expr, float] | None = terms or {}
        self.constant, self.parts = constant, parts
        self.factors: Monomial | None = None
        self.weight = 1.0
        self._built: Expr | None = None

    @classmethod
    def product(cls, factors: Monomial, weight: float) -> Linear:
        """weight * factors."""
        made = cls()
        made._terms, made.factors, made.weight = None, factors, _tidy(weight)
        return made

    @property
    def terms(self) -> dict[Expr, float]:
        if self._terms is None:
            self._terms = {} if self.factors is None else {self.factors.expr: self.weight}
        return self._terms

    @property
    def is_constant(self) -> bool:
        return self.factors is None and not self.terms

    def plus(self, other: Linear, weight: float = 1.0) -> Linear:
        """self + weight * other."""
        terms = dict(self.terms)
        for term, own in other.terms.items():
            terms[term] = _tidy(terms.get(term, 0.0) + weight * own)
        parts = self.parts or other.parts if len(terms) == 1 else ()
        return Linear(terms, _tidy(self.constant + weight * other.constant), parts)

    def times(self, weight: float) -> Linear:
        """weight * self."""
        if self.factors is not None and weight:
            return Linear.product(self.factors, self.weight * weight)
        terms = {term: _tidy(own * weight) for term, own in self.terms.items()}
        return Linear(terms, _tidy(self.constant * weight), self.parts)

    def split(self) -> tuple[float, Linear]:
        """(c, rest) with self = c * rest: the first weight of rest is 1, or rest is a complement such as rank(-x).

        Of an expression and its negative, one and the same rest is taken. Constants have c = 1.
        """
        if self.is_constant:
            return 1.0, self
        if self.factors is not None and self.weight:
            return self.weight, self if self.weight == 1 else Linear.product(self.factors, 1.0)
        content = next((self.terms[term] for term in sorted(self.terms, key=order) if self.terms[term]), 1.0)
        if self.constant == -content and _complement(self.times(1 / self.constant)) is not None:
            content = self.constant
        return content, self if content == 1 else self.times(1 / content)

    @property
    def expr(self) -> Expr:
        """The sum as an expression, terms in order."""
        if self._built is None:
            self._built = self._build()
        return self._built

    def _build(self) -> Expr:
        if self.is_constant:
            return Constant(self.constant)
        complement = _complement(self)
        if complement is not None:
            return complement
        first, *others = sorted(self.terms, key=order)
        built = _weighted(first, self.terms[first])
        for term in others:
            weight = self.terms[term]
            built = Call("subtract" if weight < 0 else "add", (built, _weighted(term, abs(weight))))
        if self.constant:
            built = Call("subtract" if self.constant < 0 else "add", (built, Constant(abs(self.constant))))
        return built


def _complement(sum_: Linear) -> Expr | None:
    """`1 - rank(x)` is written `rank(-x)`, and `1 - (a < b)` is written `b <= a`."""
    if sum_.constant != 1 or len(sum_.terms) != 1:
        return None
    ((term, weight),) = sum_.terms.items()
    if weight != -1 or not isinstance(term, Call):
        return None
    if term.op in RANKS:
        return Call(term.op, (_negative(term.args[0]), *term.args[1:]))
    if term.op == "less":
        return Call("less_equal", term.args[::-1])
    return Call("not_equal", term.args) if term.op == "equal" else None


def of(expr: Expr) -> Linear:
    """One term of weight 1; a constant within range becomes the sum's constant."""
    if isinstance(expr, Constant) and in_range(expr.value):
        return Linear(constant=_tidy(expr.value))
    return Linear({expr: 1.0})


def _negative(expr: Expr) -> Expr:
    """The canonical form of -expr, for what `split` left of an argument."""
    if not _is_sum(expr):
        return Call("reverse", (expr,))
    result, stack = Linear(), [(expr, -1.0)]
    while stack:
        node, weight = stack.pop()
        if isinstance(node, Call) and _is_sum(node):
            left, right = node.args
            stack += [(left, weight), (right, -weight if node.op == "subtract" else weight)]
        else:
            result = result.plus(_one_term(node), weight)
    return result.expr


def _is_sum(expr: Expr) -> bool:
    return isinstance(expr, Call) and expr.op in {"add", "subtract"}


def _one_term(expr: Expr) -> Linear:
    """`t`, `-t` or `2 * t` as the sum that it was written from."""
    if not isinstance(expr, Call) or expr.op not in {"reverse", "multiply"}:
        return of(expr)
    if expr.op == "reverse":
        return of(expr.args[0]).times(-1)
    weight, term = expr.args
    return of(term).times(weight.value) if is_weight(weight) else of(expr)


def _weighted(term: Expr, weight: float) -> Expr:
    if weight == 1:
        return term
    return Call("reverse", (term,)) if weight == -1 else Call("multiply", (Constant(weight), term))


def _tidy(value: float) -> float:
    if not in_range(value):
        raise OutOfRangeError
    return float(f"{value:.12g}") + 0.0
