"""Rules of what looks back over a window of sessions."""

from __future__ import annotations

from lode.language.expression import Call, Constant, Expr
from lode.language.linear import Linear, of
from lode.language.operators.declaration import LONGEST_WINDOW
from lode.language.products import to_whole_power
from lode.language.scaling import Args, Rule, linear, plain
from lode.language.sides import side_order

_OPPOSITE = {"ts_min": "ts_max", "ts_max": "ts_min", "ts_arg_min": "ts_arg_max", "ts_arg_max": "ts_arg_min"}


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


def ts_arg_extreme(op: str, args: Args) -> Linear:
    """Of -x, the opposite of the other; factors do not matter."""
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


def ts_av_diff(op: str, args: Args) -> Linear:  # noqa: ARG001
    """x - ts_mean(x, d)."""
    return args[0].plus(windowed(linear)("ts_mean", args), -1)


def ts_corr(op: str, args: Args) -> Linear:
    """Symmetric, and free of factors but for their signs."""
    x, y, d = args
    (c, x), (k, y) = x.split(), y.split()
    x, y = sorted((x, y), key=side_order)
    return plain(op, [x, y, d]).times(1 if (c > 0) == (k > 0) else -1)


def ts_covariance(op: str, args: Args) -> Linear:
    """Linear in both; of a series with itself, its variance."""
    x, y, d = args
    (c, x), (k, y) = x.split(), y.split()
    if x.expr == y.expr:
        return to_whole_power(plain("ts_std_dev", [x, d]), 2).times(c).times(k)
    x, y = sorted((x, y), key=side_order)
    return plain(op, [x, y, d]).times(c).times(k)
