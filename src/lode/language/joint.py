"""Identities of operators on several series, on positions and on groups.

As in `identities.py`, a rule stands here only when both sides agree for missing values, for zero, and where the
language turns an infinity into a missing value.
"""

from __future__ import annotations

from lode.language.expression import Constant
from lode.language.identities import RULES as ARITHMETIC
from lode.language.linear import Linear, of
from lode.language.products import divide, multiply
from lode.language.scaling import Args, Rule, linear, odd, plain, ranked
from lode.language.sides import side_order
from lode.language.symmetries import projection, remainder
from lode.language.windows import ts_delta, ts_sum

# Several series ---------------------------------------------------------------------------------------------------


def _signs(powers: tuple[int, ...], *, symmetric: bool = False) -> Rule:
    """Free of factors but for their signs, which count where the power is odd."""

    def rule(op: str, args: Args) -> Linear:
        parts = [arg.split() for arg in args[: len(powers)]]
        negative = sum(content < 0 for (content, _), power in zip(parts, powers, strict=True) if power % 2)
        series = [rest for _, rest in parts]
        if symmetric:
            series.sort(key=side_order)
        return plain(op, [*series, *args[len(powers) :]]).times(-1 if negative % 2 else 1)

    return rule


def _partial(op: str, args: Args) -> Linear:
    """Symmetric in x and y; z is free of factors."""
    x, y, z, d = args
    (c, x), (k, y) = x.split(), y.split()
    x, y = sorted((x, y), key=side_order)
    return plain(op, [x, y, z.split()[1], d]).times(1 if (c > 0) == (k > 0) else -1)


def _slope(op: str, args: Args) -> Linear:
    """Factors of y come out, those of x below the line."""
    (k, x), (c, y) = args[0].split(), args[1].split()
    return plain(op, [x, y, args[2]]).times(c / k)


def _means_apart(left: Linear, right: Linear) -> Linear:
    """sqrt(x * y) - (x + y) / 2."""
    root = ARITHMETIC["sqrt"]("sqrt", [multiply("multiply", [left, right])])
    return root.plus(left.plus(right).times(0.5), -1)


def _rank_means(op: str, args: Args) -> Linear:  # noqa: ARG001
    left, right = (ranked("rank", [x]) for x in args)
    return _means_apart(left, right)


def _ts_rank_means(op: str, args: Args) -> Linear:  # noqa: ARG001
    left, right = (ranked("ts_rank", [x, args[2]]) for x in args[:2])
    return _means_apart(left, right)


# Positions --------------------------------------------------------------------------------------------------------


def _inst_tvr(op: str, args: Args) -> Linear:  # noqa: ARG001
    """ts_sum(|ts_delta(x, 1)|, d) / ts_sum(|x|, d)."""
    x, d = args
    change = ts_delta("ts_delta", [x, of(Constant(1))])
    sizes = (ARITHMETIC["abs"]("abs", [each]) for each in (change, x))
    traded, held = (ts_sum("ts_sum", [size, d]) for size in sizes)
    return divide("divide", [traded, held])


def _scale_down(op: str, args: Args) -> Linear:
    """Free of factors above 0; the constant comes off."""
    content, rest = args[0].split()
    found = plain(op, [rest if content > 0 else rest.times(-1), of(Constant(0))])
    return found.plus(of(Constant(args[1].constant)), -1)


def _rank_by_side(op: str, args: Args) -> Linear:
    """Free of factors but for the sign; the scale comes out."""
    content, rest = args[0].split()
    return plain(op, [rest, of(Constant(1))]).times(args[1].constant if content > 0 else -args[1].constant)


def _scale_by_side(op: str, args: Args) -> Linear:
    """Free of factors above 0."""
    content, rest = args[0].split()
    return plain(op, [rest if content > 0 else rest.times(-1), *args[1:]])


# Groups -----------------------------------------------------------------------------------------------------------


def _weighted_mean(op: str, args: Args) -> Linear:
    """Equal weights are no weights; factors of the weight do not matter."""
    x, weight, group = args
    if weight.is_constant and weight.constant:
        return linear("group_mean", [x, group])
    return linear(op, [x, weight if weight.is_constant else weight.split()[1], group])


def _extra(op: str, args: Args) -> Linear:
    x, weight, group = args
    if weight.is_constant:
        return linear(op, [x, of(Constant(1 if weight.constant else 0)), group])
    return linear(op, [x, weight.split()[1], group])


def _densify(op: str, args: Args) -> Linear:  # noqa: ARG001
    """Group operators do not look at the numbers of groups."""
    return args[0]


def _bucket(op: str, args: Args) -> Linear:
    """skipBoth is skipBegin and skipEnd."""
    x, edges, both, first, last, missing = args
    if both.constant:
        both, first, last = of(Constant(0)), of(Constant(1)), of(Constant(1))
    return plain(op, [x, edges, both, first, last, missing])


def _product(op: str, args: Args) -> Linear:
    return plain(op, sorted(args, key=side_order))


JOINT: dict[str, Rule] = {
    "ts_co_skewness": _signs((1, 2)),
    "ts_co_kurtosis": _signs((1, 3)),
    "ts_triple_corr": _signs((1, 1, 1), symmetric=True),
    "ts_partial_corr": _partial,
    "ts_theilsen": _slope,
    "ts_poly_regression": projection,
    "rank_gmean_amean_diff": _rank_means,
    "ts_rank_gmean_amean_diff": _ts_rank_means,
    "inst_tvr": _inst_tvr,
    "scale_down": _scale_down,
    "rank_by_side": _rank_by_side,
    "scale_by_side": _scale_by_side,
    **dict.fromkeys(("generalized_rank", "hump_decay", "ts_delta_limit"), odd),
    "group_weighted_mean": _weighted_mean,
    "group_extra": _extra,
    "group_backfill": linear,
    "group_vector_proj": projection,
    "group_vector_neut": remainder,
    "densify": _densify,
    "bucket": _bucket,
    "group_cartesian_product": _product,
}
