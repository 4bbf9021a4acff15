"""The identities of the canonical form, operator by operator.

Each rule takes the canonical arguments of one operator and gives the canonical result. A rule stands here only when
both sides agree for missing values, for zero, and where the language turns an infinity into a missing value:

- x - x is not 0 but `0 * x`; x / x is not 1; rank(zscore(x)) is not rank(x), since a flat day has no z-score.
- rank(-x) = 1 - rank(x), ts_min(-x, d) = -ts_max(x, d), and constant factors move out of whatever is linear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from lode.language.expression import Call, Constant, Expr
from lode.language.folding import fold
from lode.language.linear import RANKS, Linear, of
from lode.language.monomial import NEVER, Monomial, monomial, whole_power
from lode.language.operators.declaration import LONGEST_WINDOW
from lode.language.ordering import order

Args: TypeAlias = Sequence[Linear]
Rule: TypeAlias = Callable[[str, Args], Linear]

_NOT_NEGATIVE = RANKS | {"abs", "sqrt", "ts_std_dev", "is_nan", "less", "equal", "ts_arg_min", "ts_arg_max"}
_OPPOSITE = {"min": "max", "ts_min": "ts_max", "ts_arg_min": "ts_arg_max"}
_OPPOSITE |= {other: op for op, other in _OPPOSITE.items()}
_ABSORBED: dict[str, frozenset[str]] = {
    "rank": frozenset({"rank"}),
    "normalize": frozenset({"normalize", "zscore"}),
    "zscore": frozenset({"normalize", "zscore", "scale"}),
    "scale": frozenset({"scale"}),
    "group_rank": frozenset({"group_rank"}),
    "group_mean": frozenset({"group_mean"}),
    "group_median": frozenset({"group_median"}),
    "group_normalize": frozenset({"group_normalize"}),
    "pasteurize": frozenset({"pasteurize"}),
    "group_neutralize": frozenset({"group_neutralize", "group_zscore"}),
    "group_zscore": frozenset({"group_neutralize", "group_zscore"}),
}
"""outer: inner operators that leave nothing to do, or do what the outer one does anyway."""
_KEEPS_INNER = {("normalize", "zscore"), ("group_neutralize", "group_zscore")}


def plain(op: str, args: Args) -> Linear:
    """The call as it is, folded when all arguments are constants."""
    if all(arg.is_constant for arg in args):
        value = fold(op, [arg.constant for arg in args])
        if value is not None:
            return of(Constant(value))
    return of(Call(op, tuple(arg.expr for arg in args)))


def _add(op: str, args: Args) -> Linear:
    return args[0].plus(args[1], -1.0 if op == "subtract" else 1.0)


def _reverse(op: str, args: Args) -> Linear:  # noqa: ARG001
    return args[0].times(-1)


def multiply(op: str, args: Args) -> Linear:  # noqa: ARG001
    """Factors gather, and constants in front of them."""
    left, right = args
    if left.is_constant or right.is_constant:
        return right.times(left.constant) if left.is_constant else left.times(right.constant)
    (c, x), (k, y) = left.split(), right.split()
    return Linear.product(_factors(x).times(_factors(y)), c * k)


def divide(op: str, args: Args) -> Linear:  # noqa: ARG001
    """Constants move in front; what divides is a factor to a negative power."""
    numerator, denominator = args
    if denominator.is_constant and denominator.constant:
        return numerator.times(1 / denominator.constant)
    if denominator.is_constant:
        return of(NEVER)
    k, y = denominator.split()
    if numerator.is_constant:
        return Linear.product(Monomial().over(_factors(y)), 1.0).times(numerator.constant / k)
    c, x = numerator.split()
    return Linear.product(_factors(x).over(_factors(y)), c / k)


def _inverse(op: str, args: Args) -> Linear:  # noqa: ARG001
    return divide("divide", [of(Constant(1)), *args])


def _power(op: str, args: Args) -> Linear:
    base, exponent = args
    if base.is_constant or not exponent.is_constant:
        return plain(op, args)
    power = exponent.constant
    if power == 0.5:
        return _sqrt("sqrt", [base])
    if whole_power(power):
        return to_whole_power(base, int(power))
    if whole_power(-power):
        return divide("divide", [of(Constant(1)), to_whole_power(base, int(-power))])
    return plain(op, args)


def to_whole_power(base: Linear, power: int) -> Linear:
    """base ** power."""
    if power == 1:
        return base
    c, x = base.split()
    return Linear.product(_factors(x).power(power), c**power)


def _sqrt(op: str, args: Args) -> Linear:
    c, x = args[0].split()
    return plain(op, [x]).times(c**0.5) if c > 0 else plain(op, args)


def _signed_power(op: str, args: Args) -> Linear:
    base, exponent = args
    if exponent.is_constant and exponent.constant == 1:
        return base
    return odd(op, args)


def _factors(rest: Linear) -> Monomial:
    """What `split` left, as factors: a single term's own, or a sum as one factor."""
    return rest.factors if rest.factors is not None else monomial(rest.expr)


def _abs(op: str, args: Args) -> Linear:
    c, x = args[0].split()
    if x.is_constant:
        return plain(op, args)
    known = isinstance(x.expr, Call) and x.expr.op in _NOT_NEGATIVE | {"less_equal", "not_equal"}
    return (x if known else plain(op, [x])).times(abs(c))


def _sign(op: str, args: Args) -> Linear:
    c, x = args[0].split()
    if isinstance(x.expr, Call) and x.expr.op == "sign":
        return x.times(1 if c > 0 else -1)
    return plain(op, [x]).times(1 if c > 0 else -1)


def is_nan(op: str, args: Args) -> Linear:
    """Factors leave what is missing as it is."""
    return plain(op, [args[0].split()[1]])


# Symmetric operators: one order, and one sign, of the arguments ----------------------------------------------------


def side_order(arg: Linear) -> tuple[object, ...]:
    """The order of the sides of what is symmetric."""
    content, rest = arg.split()
    return arg.is_constant, order(rest.expr), abs(content), content < 0


def extreme(op: str, args: Args) -> Linear:
    """min and max: nested ones flattened, equal ones dropped, the sign of the first positive."""
    parts = {part.expr: part for arg in args for part in _parts(op, arg)}.values()
    constants = [part.constant for part in parts if part.is_constant]
    flat = sorted((part for part in parts if not part.is_constant), key=side_order)
    if constants:
        flat.append(of(Constant((min if op == "min" else max)(constants))))
    sign = 1.0
    if flat[0].split()[0] < 0:
        op, sign = _OPPOSITE[op], -1.0
        flat = [part.times(-1) for part in flat]
    if len(flat) == 1:
        return flat[0].times(sign)
    built = flat[0].expr
    for part in flat[1:]:
        built = Call(op, (built, part.expr))
    return Linear({built: sign}, parts=tuple(flat))


def _parts(op: str, arg: Linear) -> Sequence[Linear]:
    if not arg.parts or arg.constant:
        return (arg,)
    ((term, weight),) = arg.terms.items()
    if not isinstance(term, Call) or abs(weight) != 1:
        return (arg,)
    if term.op != (op if weight == 1 else _OPPOSITE[op]):
        return (arg,)
    return [part.times(weight) for part in arg.parts]


def less(op: str, args: Args) -> Linear:
    """All four orders as `less`: a > b is b < a, and a <= b is 1 - (b < a)."""
    if all(arg.is_constant for arg in args):
        return plain(op, args)
    left, right = args if op in {"less", "greater_equal"} else args[::-1]
    if min((left, right), key=side_order).split()[0] < 0:
        left, right = right.times(-1), left.times(-1)
    less = plain("less", [left, right])
    return less if op in {"less", "greater"} else of(Constant(1)).plus(less, -1)


def equal(op: str, args: Args) -> Linear:
    """One order of the sides, and one sign."""
    if all(arg.is_constant for arg in args):
        return plain(op, args)
    sides = sorted(args, key=side_order)
    if sides[0].split()[0] < 0:
        sides = [side.times(-1) for side in sides]
    equal = plain("equal", sides)
    return equal if op == "equal" else of(Constant(1)).plus(equal, -1)


def if_else(op: str, args: Args) -> Linear:
    """A constant condition chooses; factors of the condition do not matter; a complement swaps the choices."""
    condition, x, y = args
    if condition.is_constant:
        return x if condition.constant else y
    rest = condition.split()[1]
    if isinstance(rest.expr, Call) and rest.expr.op in {"less_equal", "not_equal"}:
        return plain(op, [of(Constant(1)).plus(rest, -1), y, x])
    return plain(op, [rest, x, y])


# Operators that are linear, odd, even or order-preserving in their first argument ---------------------------------


def call_of(op: str, x: Linear, others: Args) -> Linear:
    """op(x, others), where x is what `split` left; two operators in a row become one when one does all the work."""
    inner, tail = x.expr, tuple(other.expr for other in others)
    while isinstance(inner, Call) and inner.op in _ABSORBED.get(op, ()) and inner.args[1:] == tail:
        if inner.op == op or (op, inner.op) in _KEEPS_INNER:
            return x
        inner = inner.args[0]
        x = of(inner)
    return plain(op, [x, *others])


def linear(op: str, args: Args) -> Linear:
    """f(c x) = c f(x)."""
    c, x = args[0].split()
    return call_of(op, x, args[1:]).times(c)


def odd(op: str, args: Args) -> Linear:
    """f(-x) = -f(x)."""
    if args[0].split()[0] > 0:
        return plain(op, args)
    return plain(op, [args[0].times(-1), *args[1:]]).times(-1)


def scale_free(op: str, args: Args) -> Linear:
    """f(c x) = f(x) for c > 0, and -f(x) for c < 0."""
    c, x = args[0].split()
    return call_of(op, x, args[1:]).times(1 if c > 0 else -1)


def deviation(op: str, args: Args) -> Linear:
    """f(c x) = |c| f(x)."""
    c, x = args[0].split()
    return plain(op, [x, *args[1:]]).times(abs(c))


def ranked(op: str, args: Args) -> Linear:
    """f(c x) = f(x) for c > 0, and 1 - f(x) for c < 0."""
    c, x = args[0].split()
    ranked = call_of(op, x, args[1:])
    return ranked if c > 0 else of(Constant(1)).plus(ranked, -1)


# Windows ----------------------------------------------------------------------------------------------------------


def windowed(rule: Rule) -> Rule:
    """A window of one session holds today's value only."""

    def one_session(op: str, args: Args) -> Linear:
        return args[0] if args[-1].constant == 1 else rule(op, args)

    return one_session


def ts_extreme(op: str, args: Args) -> Linear:
    """Of -x, the opposite of the other; nested ones join."""
    c, x = args[0].split()
    if c < 0:
        op = _OPPOSITE[op]
    return of(_stacked(op, x.expr, args[1].constant, shared=1)).times(c)


def _ts_arg_extreme(op: str, args: Args) -> Linear:
    c, x = args[0].split()
    return plain(op if c > 0 else _OPPOSITE[op], [x, args[1]])


def ts_backfill(op: str, args: Args) -> Linear:
    """Linear; nested ones join."""
    c, x = args[0].split()
    return of(_stacked(op, x.expr, args[1].constant, shared=1)).times(c)


def _stacked(op: str, x: Expr, d: float, *, shared: int) -> Expr:
    """op(op(x, a), b) = op(x, a + b - shared), where the window stays allowed."""
    if isinstance(x, Call) and x.op == op and isinstance(x.args[1], Constant):
        joined = x.args[1].value + d - shared
        if joined <= LONGEST_WINDOW:
            return Call(op, (x.args[0], Constant(joined)))
    return Call(op, (x, Constant(d)))


def ts_delay(op: str, args: Args) -> Linear:
    """Of a sum, each term is delayed; the constant stays."""
    x, d = args
    if x.is_constant:
        return plain(op, args)
    delayed = of(Constant(x.constant)) if x.constant else Linear()
    for term, weight in x.terms.items():
        delayed = delayed.plus(of(_stacked("ts_delay", term, d.constant, shared=0)), weight)
    return delayed


def ts_delta(op: str, args: Args) -> Linear:
    """x - ts_delay(x, d)."""
    return plain(op, args) if args[0].is_constant else args[0].plus(ts_delay("ts_delay", args), -1)


def ts_sum(op: str, args: Args) -> Linear:  # noqa: ARG001
    """d * ts_mean(x, d)."""
    return windowed(linear)("ts_mean", args).times(args[1].constant)


def _ts_av_diff(op: str, args: Args) -> Linear:  # noqa: ARG001
    """x - ts_mean(x, d)."""
    return args[0].plus(windowed(linear)("ts_mean", args), -1)


def ts_corr(op: str, args: Args) -> Linear:
    """Symmetric, and free of factors but for their signs."""
    x, y, d = args
    (c, x), (k, y) = x.split(), y.split()
    x, y = sorted((x, y), key=side_order)
    return plain(op, [x, y, d]).times(1 if (c > 0) == (k > 0) else -1)


def _ts_covariance(op: str, args: Args) -> Linear:
    """Linear in both; of a series with itself, its variance."""
    x, y, d = args
    (c, x), (k, y) = x.split(), y.split()
    if x.expr == y.expr:
        return to_whole_power(plain("ts_std_dev", [x, d]), 2).times(c).times(k)
    x, y = sorted((x, y), key=side_order)
    return plain(op, [x, y, d]).times(c).times(k)


RULES: dict[str, Rule] = {
    "add": _add,
    "subtract": _add,
    "reverse": _reverse,
    "multiply": multiply,
    "divide": divide,
    "inverse": _inverse,
    "power": _power,
    "sqrt": _sqrt,
    "signed_power": _signed_power,
    "abs": _abs,
    "sign": _sign,
    "is_nan": is_nan,
    "min": extreme,
    "max": extreme,
    "less": less,
    "less_equal": less,
    "greater": less,
    "greater_equal": less,
    "equal": equal,
    "not_equal": equal,
    "if_else": if_else,
    "ts_mean": windowed(linear),
    "ts_decay_linear": windowed(linear),
    "ts_sum": ts_sum,
    "ts_av_diff": _ts_av_diff,
    "ts_delay": ts_delay,
    "ts_delta": ts_delta,
    "ts_std_dev": deviation,
    "ts_zscore": scale_free,
    "ts_rank": ranked,
    "ts_scale": ranked,
    "ts_min": windowed(ts_extreme),
    "ts_max": windowed(ts_extreme),
    "ts_arg_min": _ts_arg_extreme,
    "ts_arg_max": _ts_arg_extreme,
    "ts_product": windowed(plain),
    "ts_backfill": windowed(ts_backfill),
    "ts_corr": ts_corr,
    "ts_covariance": _ts_covariance,
    "rank": ranked,
    "zscore": scale_free,
    "scale": scale_free,
    "normalize": linear,
    "winsorize": linear,
    "group_rank": ranked,
    "group_zscore": scale_free,
    "group_mean": linear,
    "group_neutralize": linear,
}
"""Operators without a rule stay as they are."""
