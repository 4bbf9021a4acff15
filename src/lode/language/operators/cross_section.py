"""Operators on all names of one day; names outside of the tradable set and missing values are left out."""

from __future__ import annotations

from lode.language.operators.declaration import Operator, Param, X, today
from lode.language.operators.unit_rules import returns, same_as_x
from lode.language.units import Unit

_LEFT_OUT = "NaN where x is, and left out of the day"

# fmt: off
CROSS_SECTION: tuple[Operator, ...] = (
    Operator("rank", "cross-section", (X,), returns(Unit.RANK), today,
             "(r - 1) / (n - 1), r the rank of x among the day's n values; 0.5 for a single one", _LEFT_OUT,
             "rank(close)", tie_rule="equal values share their average rank"),
    Operator("zscore", "cross-section", (X,), returns(Unit.RATIO), today,
             "(x - mean) / standard deviation of the day (divisor n - 1)",
             f"{_LEFT_OUT}; NaN on a day with one value or a flat one", "zscore(returns)"),
    Operator("scale", "cross-section", (X,), returns(Unit.RATIO), today,
             "x / sum of |x| over the day", f"{_LEFT_OUT}; NaN where the sum is 0", "scale(returns)"),
    Operator("normalize", "cross-section", (X,), same_as_x, today,
             "x - mean of the day", _LEFT_OUT, "normalize(returns)"),
    Operator("winsorize", "cross-section", (X, Param("std", "number", default=4.0, low=0.0, high=1000.0)),
             same_as_x, today,
             "x clipped to mean +- std standard deviations of the day (divisor n - 1)",
             f"{_LEFT_OUT}; a day with a single value stays as it is", "winsorize(returns, std=3)"),
)
