"""Operators that are short for a formula of others: their canonical form is that of the formula."""

from __future__ import annotations

from lode.language.expression import Constant
from lode.language.identities import RULES as ARITHMETIC
from lode.language.linear import Linear, of
from lode.language.products import divide, is_nan
from lode.language.scaling import Args, Rule, deviation, linear, plain
from lode.language.sides import extreme, if_else, less
from lode.language.windows import ts_delay, ts_delta, ts_extreme, ts_sum, windowed


def _purify(op: str, args: Args) -> Linear:  # noqa: ARG001
    return args[0]


def _clamp(op: str, args: Args) -> Linear:  # noqa: ARG001
    """min(max(x, lower), upper)."""
    x, lower, upper = args
    return extreme("min", [extreme("max", [x, lower]), upper])


def _ts_ir(op: str, args: Args) -> Linear:  # noqa: ARG001
    """ts_mean(x, d) / ts_std_dev(x, d)."""
    return divide("divide", [windowed(linear)("ts_mean", args), deviation("ts_std_dev", args)])


def _ts_returns(op: str, args: Args) -> Linear:  # noqa: ARG001
    """ts_delta(x, d) over ts_delay(x, d), or over half of x + ts_delay(x, d)."""
    x, d, mode = args
    before = ts_delay("ts_delay", [x, d])
    by = before if mode.constant == 1 else x.plus(before).times(0.5)
    return divide("divide", [ts_delta("ts_delta", [x, d]), by])


def _log_diff(op: str, args: Args) -> Linear:  # noqa: ARG001
    """ts_delta(log(x), 1)."""
    return ts_delta("ts_delta", [plain("log", args), of(Constant(1))])


def _extreme_of(name: str, args: Args) -> Linear:
    return windowed(ts_extreme)(name, args[:2])


def _ts_difference(op: str, args: Args) -> Linear:
    """x - ts_min(x, d), x - ts_max(x, d)."""
    return args[0].plus(_extreme_of(op.removesuffix("_diff"), args), -1)


def _ts_min_max_diff(op: str, args: Args) -> Linear:  # noqa: ARG001
    """x - f * (ts_min(x, d) + ts_max(x, d))."""
    both = _extreme_of("ts_min", args).plus(_extreme_of("ts_max", args))
    return args[0].plus(both, -args[2].constant)


def _ts_min_max_cps(op: str, args: Args) -> Linear:  # noqa: ARG001
    """ts_min(x, d) + ts_max(x, d) - f * x."""
    both = _extreme_of("ts_min", args).plus(_extreme_of("ts_max", args))
    return both.plus(args[0], -args[2].constant)


def _ts_weighted_decay(op: str, args: Args) -> Linear:  # noqa: ARG001
    """k * x + (1 - k) * ts_delay(x, 1)."""
    x, k = args
    return x.times(k.constant).plus(ts_delay("ts_delay", [x, of(Constant(1))]), 1 - k.constant)


def _jump_decay(op: str, args: Args) -> Linear:  # noqa: ARG001
    """if_else(|change| > sensitivity * ts_std_dev(x, d), x - (1 - force) * change, x) with ts_delta(x, 1)."""
    x, d, sensitivity, force = args
    change = ts_delta("ts_delta", [x, of(Constant(1))])
    limit = deviation("ts_std_dev", [x, d]).times(sensitivity.constant)
    jumped = less("less", [limit, ARITHMETIC["abs"]("abs", [change])])
    return if_else("if_else", [jumped, x.plus(change, force.constant - 1), x])


def _ts_count_nans(op: str, args: Args) -> Linear:  # noqa: ARG001
    """ts_sum(is_nan(x), d)."""
    return ts_sum("ts_sum", [is_nan("is_nan", args[:1]), args[1]])


SPELLED_OUT: dict[str, Rule] = {
    "purify": _purify,
    "clamp": _clamp,
    "ts_ir": _ts_ir,
    "ts_returns": _ts_returns,
    "log_diff": _log_diff,
    "ts_min_diff": _ts_difference,
    "ts_max_diff": _ts_difference,
    "ts_min_max_diff": _ts_min_max_diff,
    "ts_min_max_cps": _ts_min_max_cps,
    "ts_weighted_decay": _ts_weighted_decay,
    "jump_decay": _jump_decay,
    "ts_count_nans": _ts_count_nans,
}
