"""Rules of what is linear, odd, even or order-preserving in its first argument, and the call that has no rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from lode.language.expression import Call, Constant
from lode.language.folding import fold
from lode.language.linear import Linear, of

Args: TypeAlias = Sequence[Linear]
Rule: TypeAlias = Callable[[str, Args], Linear]

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
