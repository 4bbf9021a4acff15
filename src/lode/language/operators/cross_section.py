"""Operators on all names of one day; names outside of the tradable set and missing values are left out."""

from __future__ import annotations

from dataclasses import replace

from lode.language.operators.declaration import (
    MEMORY,
    Operator,
    Param,
    X,
    Y,
    choice_of,
    inside_window,
    number,
    today,
    truth,
    whole,
)
from lode.language.operators.options import always_exact, deviated_and_limited, scaled_to_book
from lode.language.operators.unit_rules import returns, same_as_x, same_as_y
from lode.language.units import Unit

_LEFT_OUT = "NaN where x is; such names are left out of the day"
_BOTH = "NaN where x or y is; such names are left out of the day"
_TARGET = Param("y", "series")
_SIDE = replace(whole("side", 1, -1, 1), words=(("long", 1), ("short", -1)))
RATE = number("rate", 2.0, 0.0, 2.0)

# fmt: off
CROSS_SECTION: tuple[Operator, ...] = (
    Operator("rank", "cross-section", (X,), returns(Unit.RANK), today,
             "(r - 1) / (n - 1), r the rank of x among the day's n values; 0.5 for a single one", _LEFT_OUT,
             "rank(close)", tie_rule="equal values share their average rank", options=(RATE,),
             meaning=always_exact),
    Operator("zscore", "cross-section", (X,), returns(Unit.RATIO), today,
             "(x - mean) / standard deviation of the day (divisor n - 1)",
             f"{_LEFT_OUT}; NaN on a day with one value or a flat one", "zscore(returns)"),
    Operator("scale", "cross-section", (X,), returns(Unit.RATIO), today,
             "x / sum of |x| over the day", f"{_LEFT_OUT}; NaN where the sum is 0", "scale(returns)",
             options=(number("scale", 1.0), number("longscale", 1.0), number("shortscale", 1.0)),
             meaning=scaled_to_book),
    Operator("normalize", "cross-section", (X,), same_as_x, today,
             "x - mean of the day", _LEFT_OUT, "normalize(returns)",
             options=(truth("useStd"), number("limit", 0.0, 0.0)), meaning=deviated_and_limited),
    Operator("winsorize", "cross-section", (X, Param("std", "number", default=4.0, low=0.0, high=1000.0)),
             same_as_x, today,
             "x clipped to mean +- std standard deviations of the day (divisor n - 1)",
             f"{_LEFT_OUT}; a day with a single value stays as it is", "winsorize(returns, std=3)"),
    Operator("quantile", "cross-section",
             (X, choice_of("driver", "gaussian", "uniform", "cauchy"), number("sigma", 1.0, 0.0, 1000.0)),
             returns(Unit.RATIO), today,
             "sigma * Q(1 / n + rank(x) * (1 - 2 / n)) with the day's n values; Q is the normal quantile, "
             "tan(pi * (p - 1/2)) for cauchy, p - 1/2 for uniform",
             _LEFT_OUT, "quantile(returns, driver=cauchy, sigma=1)", tie_rule="equal values share their average rank"),
    Operator("vector_proj", "cross-section", (X, Y), same_as_x, today,
             "y * sum of x * y over the day / sum of y * y", f"{_BOTH}; NaN on a day where all of y is 0",
             "vector_proj(returns, rank(volume))"),
    Operator("vector_neut", "cross-section", (X, Y), same_as_x, today,
             "x - vector_proj(x, y): what is left is orthogonal to y", f"{_BOTH}; NaN on a day where all of y is 0",
             "vector_neut(returns, rank(volume))"),
    Operator("regression_proj", "cross-section", (_TARGET, X), same_as_y, today,
             "a + b * x, the line fitted to the day's names by least squares", f"{_BOTH}; NaN on a day of equal x",
             "regression_proj(returns, rank(volume))"),
    Operator("regression_neut", "cross-section", (_TARGET, X), same_as_y, today,
             "y - regression_proj(y, x)", f"{_BOTH}; NaN on a day of equal x",
             "regression_neut(returns, rank(volume))"),
    Operator("truncate", "cross-section", (X, number("maxPercent", 0.01, 0.0, 1.0)), same_as_x, today,
             "x clipped to +- maxPercent * sum of |x| over the day", _LEFT_OUT, "truncate(returns, maxPercent=0.05)"),
    Operator("one_side", "cross-section", (X, _SIDE), same_as_x, today,
             "x - smallest of the day; with side=-1, x - largest of the day", _LEFT_OUT, "one_side(returns, side=1)"),
    Operator("pasteurize", "cross-section", (X,), same_as_x, today,
             "x of the names that can be traded", "NaN where x is, and for the other names", "pasteurize(returns)"),
    Operator("hump", "cross-section", (X, number("hump", 0.01, 0.0, 1e6), MEMORY), same_as_x, inside_window,
             "starting at the first known x of the last d sessions: yesterday's result where x differs from it by "
             "less than limit, else yesterday's result moved towards x by limit; limit = hump * sum of |x| over the "
             "day", "NaN where x is; other sessions without x are passed over",
             "hump(rank(returns), hump=0.01, d=250)"),
)
