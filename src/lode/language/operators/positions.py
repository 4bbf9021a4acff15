"""Operators on positions: how large they are, and how fast they may change."""

from __future__ import annotations

from lode.language.operators.cross_section import RATE
from lode.language.operators.declaration import (
    MEMORY,
    Operator,
    Param,
    X,
    Y,
    beyond_window,
    inside_window,
    number,
    today,
    truth,
    window,
    yesterday,
)
from lode.language.operators.options import always_exact
from lode.language.operators.unit_rules import common_of_two, powered, returns, same_as_x
from lode.language.units import Unit

_LEFT_OUT = "NaN where x is; such names are left out of the day"

# fmt: off
POSITIONS: tuple[Operator, ...] = (
    Operator("scale_by_side", "cross-section", (X, number("longscale", 1.0), number("shortscale", 1.0)),
             returns(Unit.RATIO), today,
             "longscale * x / sum of x over the day's names with x > 0, shortscale * x / sum of |x| over those with "
             "x < 0, 0 where x is 0", _LEFT_OUT, "scale_by_side(returns, longscale=4, shortscale=3)"),
    Operator("scale_down", "cross-section", (X, number("constant", 0.0)), returns(Unit.RATIO), today,
             "(x - smallest of the day) / (largest - smallest) - constant", f"{_LEFT_OUT}; NaN on a flat day",
             "scale_down(returns, constant=0)"),
    Operator("rank_by_side", "cross-section", (X, number("scale", 1.0)), returns(Unit.RATIO), today,
             "r * scale / sum of |r| over the day; r is the rank of x among the day's names with x > 0, minus the rank "
             "of -x among those with x < 0, 0 where x is 0",
             f"{_LEFT_OUT}; NaN where the sum is 0", "rank_by_side(returns, scale=1)",
             tie_rule="equal values share their average rank", options=(RATE,), meaning=always_exact),
    Operator("generalized_rank", "cross-section",
             (Param("x", "series", also=("open",)), number("m", 1.0, 0.0, 10.0)), powered, today,
             "sum over the day's names of sign(x - x') * |x - x'| ** m", _LEFT_OUT,
             "generalized_rank(returns, m=1)", tie_rule="equal values add nothing to each other"),
    Operator("hump_decay", "time series", (X, number("p", 0.0, 0.0), truth("relative")), same_as_x, yesterday,
             "x where |x - before| > p, else before, which is x a session ago; with relative=true, where "
             "|x - before| > p * |x + before|", "NaN where either is missing", "hump_decay(returns, p=0.01)"),
    Operator("inst_tvr", "time series", (X, window()), returns(Unit.RATIO), beyond_window,
             "sum of |x - x a session ago| over the last d sessions / sum of |x| over them",
             "NaN where any of the last d + 1 values is missing, and where all of the last d are 0",
             "inst_tvr(rank(returns), 20)"),
    Operator("ts_delta_limit", "time series", (X, Y, number("limit_volume", 0.1, 0.0, 1.0), MEMORY), common_of_two,
             inside_window,
             "starting at the first known x of the last d sessions: yesterday's result, moved towards x by at most "
             "limit_volume * |y|", "NaN where x or y is; other sessions without them are passed over",
             "ts_delta_limit(rank(returns), 1, limit_volume=0.1, d=250)"),
)
