"""Operators on the names of one day that belong to one group, such as a sector."""

from __future__ import annotations

from lode.language.operators.declaration import GROUP, Operator, X, number, today
from lode.language.operators.unit_rules import returns, same_as_x
from lode.language.units import Unit

_LEFT_OUT = "NaN where x or the group is missing; such names are left out of the group"

# fmt: off
GROUPS: tuple[Operator, ...] = (
    Operator("group_rank", "group", (X, GROUP), returns(Unit.RANK), today,
             "(r - 1) / (n - 1), r the rank of x among the group's n values of the day; 0.5 for a single one",
             _LEFT_OUT, "group_rank(returns, sector)", tie_rule="equal values share their average rank"),
    Operator("group_zscore", "group", (X, GROUP), returns(Unit.RATIO), today,
             "(x - mean) / standard deviation of the group on the day (divisor n - 1)",
             f"{_LEFT_OUT}; NaN in a group with one value or a flat one", "group_zscore(returns, sector)"),
    Operator("group_mean", "group", (X, GROUP), same_as_x, today,
             "mean of the group on the day", _LEFT_OUT, "group_mean(returns, sector)"),
    Operator("group_neutralize", "group", (X, GROUP), same_as_x, today,
             "x - mean of the group on the day", _LEFT_OUT, "group_neutralize(returns, sector)"),
    Operator("group_sum", "group", (X, GROUP), same_as_x, today,
             "sum of the group on the day", _LEFT_OUT, "group_sum(volume, sector)"),
    Operator("group_count", "group", (X, GROUP), returns(Unit.COUNT), today,
             "how many of the group have a value on the day", _LEFT_OUT, "group_count(returns, sector)"),
    Operator("group_std_dev", "group", (X, GROUP), same_as_x, today,
             "standard deviation of the group on the day (divisor n - 1)",
             f"{_LEFT_OUT}; NaN in a group with one value", "group_std_dev(returns, sector)"),
    Operator("group_min", "group", (X, GROUP), same_as_x, today,
             "smallest of the group on the day", _LEFT_OUT, "group_min(returns, sector)"),
    Operator("group_max", "group", (X, GROUP), same_as_x, today,
             "largest of the group on the day", _LEFT_OUT, "group_max(returns, sector)"),
    Operator("group_median", "group", (X, GROUP), same_as_x, today,
             "median of the group on the day, the mean of the middle two where their number is even", _LEFT_OUT,
             "group_median(returns, sector)"),
    Operator("group_percentage", "group", (X, GROUP, number("percentage", 0.5, 0.0, 1.0)), same_as_x, today,
             "percentile of the group on the day, in proportion between neighbours", _LEFT_OUT,
             "group_percentage(returns, sector, percentage=0.8)"),
    Operator("group_scale", "group", (X, GROUP), returns(Unit.RATIO), today,
             "(x - group_min) / (group_max - group_min)", f"{_LEFT_OUT}; NaN in a flat group",
             "group_scale(returns, sector)"),
    Operator("group_normalize", "group", (X, GROUP), returns(Unit.RATIO), today,
             "x / sum of |x| over the group on the day", f"{_LEFT_OUT}; NaN where the sum is 0",
             "group_normalize(returns, sector)"),
)
