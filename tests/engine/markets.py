"""Small panels for the engine's tests."""

from __future__ import annotations

import numpy as np

from lode.language import OPERATORS, Call, Constant, Field, Numbers, parse


def market(sessions=60, names=37, seed=0, missing=0.03):
    """Fields with a fat tail, ties (volume is rounded) and missing cells, and sectors."""
    rng = np.random.default_rng(seed)
    shape = (sessions, names)
    returns = (rng.standard_t(4, shape) * 0.01).astype(np.float32)
    close = (50 * np.exp(np.cumsum(returns, axis=0))).astype(np.float32)
    volume = np.round(rng.lognormal(3, 1, shape)).astype(np.float32)
    spread = np.abs(rng.normal(0, 0.3, shape)).astype(np.float32)
    fields = {"close": close, "volume": volume, "returns": returns}
    fields |= {"open": close - returns, "high": close + spread, "low": close - spread}
    for field in fields.values():
        field[rng.random(shape) < missing] = np.nan
    return fields, {"sector": rng.integers(-1, 5, shape).astype(np.int32)}


# One expression per operator, and some that nest them.
NESTED = (
    "rank(ts_corr(rank(close), rank(volume), 7))",
    "-group_neutralize(ts_zscore(log(volume), 11), sector) * sign(ts_delta(close, 3))",
    "if_else(ts_arg_max(close, 9) > 3, ts_decay_linear(returns, 6), winsorize(returns, 2))",
    "zscore(ts_av_diff(ts_backfill(close, 4), 12) / ts_std_dev(close, 12))",
)


def grouped(expr):
    """The expression, or values that show its groups where it is one."""
    return Call("group_mean", (Field("returns"), expr)) if OPERATORS[expr.op].kind == "grouping" else expr


def short_call(operator):
    """The operator over a window of a week, so that a small panel holds many; a fact of its declaration alone."""
    series, args = iter(("returns", "volume", "close")), []
    for param in operator.params:
        if param.kind == "series":
            args.append(Field(next(series)))
        elif param.kind == "group":
            args.append(Field("sector"))
        elif param.kind == "window":
            args.append(Constant(7.0))
        elif param.kind == "edges":
            args.append(Numbers((10.0, 30.0)))
        else:
            args.append(Constant(float(min(3, param.high) if param.default is None else param.default)))
    return Call(operator.name, tuple(args))


EXAMPLES = tuple(str(grouped(parse(operator.example))) for operator in OPERATORS.values())
EVERY_OPERATOR = (*EXAMPLES, *(str(grouped(short_call(operator))) for operator in OPERATORS.values()))
