"""Identities of operators beyond arithmetic: what factors and signs of their arguments do to the result.

As in `identities.py`, a rule stands here only when both sides agree for missing values, for zero, and where the
language turns an infinity into a missing value.
"""

from __future__ import annotations

from lode.language.expression import Call, Constant
from lode.language.linear import Linear, of
from lode.language.products import is_nan, multiply, to_whole_power
from lode.language.scaling import Args, Rule, deviation, linear, odd, plain, ranked, scale_free
from lode.language.sides import equal, extreme, side_order
from lode.language.windows import ts_backfill, ts_corr, ts_delay, ts_extreme, windowed

_TRUTHS = frozenset({"less", "equal", "is_nan", "and", "or"})
_WHOLE = frozenset({"floor", "ceiling", "round"})
_MIRRORED = {"floor": "ceiling", "ceiling": "floor", "left_tail": "right_tail", "right_tail": "left_tail"}
_SQUARES, _DEVIATIONS = {4, 5}, {8, 9}


def _free(op: str, args: Args) -> Linear:
    """f(c x) = f(x), whatever the sign of c."""
    return plain(op, [args[0].split()[1], *args[1:]])


def _positive(arg: Linear) -> Linear:
    """What is above 0 where `arg` is: a positive factor left out."""
    content, rest = arg.split()
    return rest if content > 0 else rest.times(-1)


# Truth ------------------------------------------------------------------------------------------------------------


def _is_truth(arg: Linear) -> bool:
    """Whether the values are 0 and 1: a comparison, or 1 - one."""
    if arg.is_constant or len(arg.terms) != 1:
        return False
    ((term, weight),) = arg.terms.items()
    return isinstance(term, Call) and term.op in _TRUTHS and (arg.constant, weight) in {(0, 1), (1, -1)}


def _both(op: str, args: Args) -> Linear:
    """Of two truths, their product or the larger; otherwise factors and order do not matter."""
    if all(map(_is_truth, args)):
        return multiply("multiply", args) if op == "and" else extreme("max", args)
    if any(arg.is_constant for arg in args):
        return plain(op, sorted(args, key=side_order))
    return plain(op, sorted((arg.split()[1] for arg in args), key=side_order))


def _not(op: str, args: Args) -> Linear:  # noqa: ARG001
    """1 - x of a truth, otherwise x == 0."""
    if _is_truth(args[0]):
        return of(Constant(1)).plus(args[0], -1)
    return equal("equal", [args[0] if args[0].is_constant else args[0].split()[1], of(Constant(0))])


def _is_not_nan(op: str, args: Args) -> Linear:  # noqa: ARG001
    return of(Constant(1)).plus(is_nan("is_nan", args), -1)


# Cells ------------------------------------------------------------------------------------------------------------


def _rounded(op: str, args: Args) -> Linear:
    """floor(-x) = -ceiling(x), round(-x) = -round(x); a whole number stays."""
    content, rest = args[0].split()
    if abs(content) == 1 and isinstance(rest.expr, Call) and rest.expr.op in _WHOLE:
        return args[0]
    if content > 0:
        return plain(op, args)
    return plain(_MIRRORED.get(op, op), [args[0].times(-1)]).times(-1)


def _bounded(op: str, args: Args) -> Linear:
    """Of -x, the mirror image: bounds change sign and place. Factors stay, which would round the bounds."""
    if args[0].split()[0] > 0 or args[0].is_constant:
        return plain(op, args)
    x, *bounds = (arg.times(-1) for arg in args)
    swapped = [bounds[1], bounds[0], *bounds[2:]] if op in {"nan_out", "tail"} else bounds
    return plain(_MIRRORED.get(op, op), [x, *swapped]).times(-1)


def _to_nan(op: str, args: Args) -> Linear:
    if args[0].split()[0] > 0 or args[0].is_constant:
        return plain(op, args)
    return plain(op, [args[0].times(-1), args[1].times(-1), args[2]]).times(-1)


def _nan_mask(op: str, args: Args) -> Linear:
    content, rest = args[0].split()
    return plain(op, [rest, args[1] if args[1].is_constant else _positive(args[1])]).times(content)


# Windows ----------------------------------------------------------------------------------------------------------


def _percentile(op: str, args: Args) -> Linear:
    """Of -x, the one from the other end; the ends and the middle have names of their own."""
    content, rest = args[0].split()
    other, fraction = args[1], args[2].constant
    if content < 0:
        fraction = float(f"{1 - fraction:.12g}")
    kind = op.split("_", maxsplit=1)[0]
    named = {0.0: f"{kind}_min", 0.5: f"{kind}_median", 1.0: f"{kind}_max"}.get(fraction)
    if named is None:
        found = rest if _one(other) else plain(op, [rest, other, of(Constant(fraction))])
    elif kind == "ts" and fraction != 0.5:
        found = windowed(ts_extreme)(named, [rest, other])
    else:
        found = SYMMETRIES[named](named, [rest, other])
    return found.times(content)


def _one(window: Linear) -> bool:
    return window.is_constant and window.constant == 1


def _regression(op: str, args: Args) -> Linear:
    """The lag is a delay of x; the estimate is y - error, R² the squared correlation; factors come out."""
    y, x, d, lag, wanted = args
    if lag.constant:
        x = ts_delay("ts_delay", [x, lag])
    kind = int(wanted.constant)
    if kind == 3:
        return y.plus(_regression(op, [y, x, d, of(Constant(0)), of(Constant(0))]), -1)
    if kind == 6:
        return to_whole_power(ts_corr("ts_corr", [x, y, d]), 2)
    if kind == 7 and d.constant > 2:
        return _regression(op, [y, x, d, of(Constant(0)), of(Constant(4))]).times(1 / (d.constant - 2))
    (c, y), (k, x) = y.split(), x.split()
    found = plain(op, [y, x, d, of(Constant(0)), wanted])
    if kind in {2, 8}:
        c = c / k
    return found.times(c * c if kind in _SQUARES | {7} else abs(c) if kind in _DEVIATIONS else c)


def _moment(op: str, args: Args) -> Linear:
    x, d, k = args
    if d.constant == 1:
        return x.times(0)
    if k.constant == 2:
        variance = to_whole_power(deviation("ts_std_dev", [x, d]), 2)
        return variance.times((d.constant - 1) / d.constant)
    content, rest = x.split()
    return plain(op, [rest, d, k]).times(content ** int(k.constant))


def _ts_quantile(op: str, args: Args) -> Linear:
    """A uniform one is the rank around its middle."""
    x, d, driver = args
    if driver.constant != 1:
        return scale_free(op, args)
    return ranked("ts_rank", [x, d]).plus(of(Constant(0.5)), -1).times(1 - 2 / d.constant)


def _decay_exp(op: str, args: Args) -> Linear:
    x, d, factor = args
    if factor.constant == 1:
        return windowed(linear)("ts_mean", [x, d])
    return x if d.constant == 1 else linear(op, args)


def _ewm(op: str, args: Args) -> Linear:
    return args[0] if 1 in {args[1].constant, args[2].constant} else linear(op, args)


def _kth(op: str, args: Args) -> Linear:
    return windowed(ts_backfill)("ts_backfill", args[:2]) if args[2].constant == 1 else linear(op, args)


def _trade_when(op: str, args: Args) -> Linear:
    trigger, alpha, leave, d = args
    content, rest = alpha.split()
    sides = [arg if arg.is_constant else _positive(arg) for arg in (trigger, leave)]
    return plain(op, [sides[0], rest, sides[1], d]).times(content)


# Days and groups --------------------------------------------------------------------------------------------------


def _quantile(op: str, args: Args) -> Linear:
    """Odd, of the rank alone, and sigma is a factor."""
    content, rest = args[0].split()
    while isinstance(rest.expr, Call) and rest.expr.op in {"rank", "pasteurize"}:
        sign, rest = of(rest.expr.args[0]).split()
        content *= sign
    found = plain(op, [rest, args[1], of(Constant(1))])
    return found.times(args[2].constant if content > 0 else -args[2].constant)


def projection(op: str, args: Args) -> Linear:
    """Linear in the first, free of factors of the second."""
    content, rest = args[0].split()
    return plain(op, [rest, args[1].split()[1], *args[2:]]).times(content)


def remainder(op: str, args: Args) -> Linear:
    """What a projection leaves."""
    return args[0].plus(projection(op.replace("neut", "proj"), args), -1)


def _one_side(op: str, args: Args) -> Linear:
    content, rest = args[0].split()
    side = (-1.0 if args[1].constant < 0 else 1.0) * (1.0 if content > 0 else -1.0)
    return plain(op, [rest, of(Constant(side))]).times(content)


def _group_extreme(op: str, args: Args) -> Linear:
    content, rest = args[0].split()
    other = "group_max" if op == "group_min" else "group_min"
    return plain(op if content > 0 else other, [rest, args[1]]).times(content)


def _step(op: str, args: Args) -> Linear:
    return plain(op, [of(Constant(1))]).times(args[0].constant)


SYMMETRIES: dict[str, Rule] = {
    "and": _both,
    "or": _both,
    "not": _not,
    "is_not_nan": _is_not_nan,
    **dict.fromkeys(("s_log_1p", "tanh", "arc_sin", "arc_tan", "fraction"), odd),
    **dict.fromkeys(("floor", "ceiling", "round"), _rounded),
    **dict.fromkeys(("nan_out", "left_tail", "right_tail", "tail"), _bounded),
    "to_nan": _to_nan,
    "nan_mask": _nan_mask,
    "slope": linear,
    "resi": linear,
    "rsquare": _free,
    "ts_regression": _regression,
    "ts_median": windowed(linear),
    "ts_percentile": _percentile,
    "ts_quantile": _ts_quantile,
    "ts_skewness": scale_free,
    "ts_kurtosis": _free,
    "ts_moment": _moment,
    "ts_decay_exp_window": _decay_exp,
    "ts_ewm_mean": _ewm,
    "kth_element": _kth,
    "last_diff_value": linear,
    "days_from_last_change": _free,
    "trade_when": _trade_when,
    "ts_step": _step,
    "hump": linear,
    "pasteurize": linear,
    "quantile": _quantile,
    "vector_proj": projection,
    "regression_proj": projection,
    "vector_neut": remainder,
    "regression_neut": remainder,
    "ts_vector_proj": projection,
    "ts_vector_neut": remainder,
    "truncate": linear,
    "one_side": _one_side,
    "group_sum": linear,
    "group_median": linear,
    "group_count": _free,
    "group_std_dev": deviation,
    "group_min": _group_extreme,
    "group_max": _group_extreme,
    "group_percentage": _percentile,
    "group_scale": ranked,
    "group_normalize": scale_free,
}
