"""What published options mean in terms of the other operators. Their docstrings are printed in the reference.

Each takes the operator's name, its arguments and the options, all of which have a value; none is called where every
option has its default.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from lode.language.expression import Call, Constant, Expr, Numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lode.language.operators.declaration import Options

Args = tuple[Expr, ...]


def always_exact(op: str, args: Args, options: Options) -> Expr:  # noqa: ARG001
    """Ranks are always exact here, as the published ones are with rate=0: any rate gives the same."""
    return Call(op, args)


def always_precise(op: str, args: Args, options: Options) -> Expr:  # noqa: ARG001
    """Powers are computed in one way, precise=true or false."""
    return Call(op, args)


def plus_constant(op: str, args: Args, options: Options) -> Expr:
    """Constant is added to the value."""
    return Call("add", (Call(op, args), options["constant"]))


def filled_with_zero(op: str, args: Args, options: Options) -> Expr:
    """With filter=true, missing values of the arguments count as 0."""
    return _joined(op, args) if not value_of(options["filter"]) else _joined(op, _filled(args, 0.0))


def filled_with_one(op: str, args: Args, options: Options) -> Expr:
    """With filter=true, missing values of the arguments count as 1."""
    return _joined(op, args) if not value_of(options["filter"]) else _joined(op, _filled(args, 1.0))


def dense_or_zero(op: str, args: Args, options: Options) -> Expr:
    """With dense=false, missing values within the window count as 0; dense=true is what is done without it."""
    return Call(op, args) if value_of(options["dense"]) else Call(op, (*_filled(args[:1], 0.0), *args[1:]))


def scaled_to_book(op: str, args: Args, options: Options) -> Expr:
    """The value times scale. With a longscale or a shortscale other than 1, scale_by_side(x, longscale, shortscale)."""
    sides = options["longscale"], options["shortscale"]
    scaled = Call(op, args) if set(map(value_of, sides)) == {1.0} else Call("scale_by_side", (*args, *sides))
    return times(scaled, options["scale"])


def times_scale(op: str, args: Args, options: Options) -> Expr:
    """The value times scale. What constantCheck=true does is not published; tolerance says nothing without it."""
    return times(Call(op, args), options["scale"])


def deviated_and_limited(op: str, args: Args, options: Options) -> Expr:
    """With useStd=true, zscore(x); with a limit other than 0, clipped to -limit and limit."""
    found = Call("zscore", args) if value_of(options["useStd"]) else Call(op, args)
    limit = value_of(options["limit"])
    return Call("clamp", (found, Constant(-limit), Constant(limit))) if limit else found


def kth_where_missing(op: str, args: Args, options: Options) -> Expr:
    """With a k above 1, x where it is known, else kth_element(x, d, k). Numbers of ignore count as missing."""
    x, d = _without(args[0], options["ignore"]), args[1]
    if value_of(options["k"]) == 1:
        return Call(op, (x, d))
    return Call("if_else", (Call("is_nan", (x,)), Call("kth_element", (x, d, options["k"])), x))


def ignoring(op: str, args: Args, options: Options) -> Expr:
    """Numbers of ignore count as missing: ignore="NAN 0" passes zeros over too."""
    return Call(op, (_without(args[0], options["ignore"]), *args[1:]))


def ranks_means(op: str, args: Args, options: Options) -> Expr:  # noqa: ARG001
    """Of three or more inputs, what is said of two: the root of their number of the product of their ranks."""
    return means_apart([Call("rank", (x,)) for x in args])


def ts_ranks_means(op: str, args: Args, options: Options) -> Expr:  # noqa: ARG001
    """Of three or more inputs, what is said of two: the root of their number of the product of their ranks."""
    return means_apart([Call("ts_rank", (x, args[-1])) for x in args[:-1]])


def means_apart(ranks: Sequence[Expr]) -> Expr:
    """Geometric mean - arithmetic mean."""
    root = Call("power", (_joined("multiply", tuple(ranks)), Constant(1 / len(ranks))))
    return Call("subtract", (root, Call("divide", (_joined("add", tuple(ranks)), Constant(len(ranks))))))


def times(x: Expr, factor: Expr) -> Expr:
    """factor * x; x itself where the factor is 1."""
    return x if value_of(factor) == 1 else Call("multiply", (factor, x))


def value_of(option: Expr) -> float:
    """The number that an option is."""
    return option.value if isinstance(option, Constant) else 0.0


def _filled(args: Args, value: float) -> Args:
    return tuple(Call("to_nan", (x, Constant(value), Constant(1.0))) for x in args)


def _without(x: Expr, ignored: Expr) -> Expr:
    numbers = ignored.values if isinstance(ignored, Numbers) else ()
    return reduce(lambda inner, number: Call("to_nan", (inner, Constant(number), Constant(0.0))), numbers, x)


def _joined(op: str, args: Args) -> Expr:
    return reduce(lambda left, right: Call(op, (left, right)), args)
