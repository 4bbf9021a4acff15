"""Rules of sums, products and powers: factors gather, and constants in front of them."""

from __future__ import annotations

from lode.language.expression import Call, Constant
from lode.language.linear import RANKS, Linear, of
from lode.language.monomial import NEVER, Monomial, monomial, whole_power
from lode.language.scaling import Args, odd, plain

_NOT_NEGATIVE = RANKS | {"abs", "sqrt", "ts_std_dev", "is_nan", "less", "equal", "ts_arg_min", "ts_arg_max"}


def add(op: str, args: Args) -> Linear:
    """The sum of two, or their difference."""
    return args[0].plus(args[1], -1.0 if op == "subtract" else 1.0)


def reverse(op: str, args: Args) -> Linear:  # noqa: ARG001
    """-x."""
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


def inverse(op: str, args: Args) -> Linear:  # noqa: ARG001
    """1 / x."""
    return divide("divide", [of(Constant(1)), *args])


def power(op: str, args: Args) -> Linear:
    """A whole power gathers with the other factors; a half is the root."""
    base, exponent = args
    if base.is_constant or not exponent.is_constant:
        return plain(op, args)
    power = exponent.constant
    if power == 0.5:
        return sqrt("sqrt", [base])
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


def sqrt(op: str, args: Args) -> Linear:
    """A positive factor moves out."""
    c, x = args[0].split()
    return plain(op, [x]).times(c**0.5) if c > 0 else plain(op, args)


def signed_power(op: str, args: Args) -> Linear:
    """Odd; a power of one changes nothing."""
    base, exponent = args
    if exponent.is_constant and exponent.constant == 1:
        return base
    return odd(op, args)


def _factors(rest: Linear) -> Monomial:
    """What `split` left, as factors: a single term's own, or a sum as one factor."""
    return rest.factors if rest.factors is not None else monomial(rest.expr)


def absolute(op: str, args: Args) -> Linear:
    """|c x| = |c| |x|; of what is never negative, itself."""
    c, x = args[0].split()
    if x.is_constant:
        return plain(op, args)
    known = isinstance(x.expr, Call) and x.expr.op in _NOT_NEGATIVE | {"less_equal", "not_equal"}
    return (x if known else plain(op, [x])).times(abs(c))


def sign(op: str, args: Args) -> Linear:
    """Of its own values, itself; a factor leaves its sign alone."""
    c, x = args[0].split()
    if isinstance(x.expr, Call) and x.expr.op == "sign":
        return x.times(1 if c > 0 else -1)
    return plain(op, [x]).times(1 if c > 0 else -1)


def is_nan(op: str, args: Args) -> Linear:
    """Factors leave what is missing as it is."""
    return plain(op, [args[0].split()[1]])
