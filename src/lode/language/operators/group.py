"""Operators on the names of one day that belong to one group, such as a sector."""

from __future__ import annotations

from lode.language.operators.declaration import (
    GROUP,
    Operator,
    Param,
    X,
    Y,
    choice_of,
    number,
    today,
    window,
    window_at,
)
from lode.language.operators.options import times_scale
from lode.language.operators.unit_rules import returns, same_as_x, weighted
from lode.language.units import Unit

_LEFT_OUT = "NaN where x or the group is missing; such names are left out of the group"
_BOTH = "NaN where x, y or the group is missing; such names are left out of the group"
_WEIGHT = Param("weight", "series")
_NORMALIZE = (choice_of("constantCheck", "false"), number("tolerance", 0.01, 0.0), number("scale", 1.0))

# fmt: off
GROUPS: tuple[Operator, ...] = (
    Operator("group_rank", "group", (X, GROUP), returns(Unit.RANK), today,
             "(r - 1) / (n - 1), r the rank of x among the group's n values of the day; 0.5 for a single one",
             _LEFT_OUT, "group_rank(returns, sector)", tie_rule="equal values share their average rank"),
    Operator("group_zscore", "group", (X, GROUP), returns(Unit.RATIO), today,
             "(x - mean) / standard deviation of the group on the day (divisor n - 1)",
             f"{_LEFT_OUT}; NaN in a group with one value or a flat one", "group_zscore(returns, sector)"),
    Operator("group_mean", "group", (X, GROUP), same_as_x, today,
             "mean of the group on the day", _LEFT_OUT, "group_mean(returns, sector)",
             overload="group_weighted_mean"),
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
             "group_normalize(returns, sector)", options=_NORMALIZE,
             meaning=times_scale),
    Operator("group_weighted_mean", "group", (X, _WEIGHT, GROUP), weighted, today,
             "sum of weight * x over the group on the day / sum of weight; what group_mean(x, weight, group) says",
             "NaN where x, the weight or the group is missing; such names are left out of the group; NaN where the "
             "weights add up to 0", "group_weighted_mean(returns, volume, sector)"),
    Operator("group_extra", "group", (X, _WEIGHT, GROUP), weighted, today,
             "x, where it is missing group_mean(x, weight, group) of the day",
             "NaN where x is missing and nothing of its group is known, or it has no group",
             "group_extra(returns, 1, sector)"),
    Operator("group_backfill", "group", (X, GROUP, window(), number("std", 4.0, 0.0, 1000.0)), same_as_x, window_at(2),
             "x, where it is missing the mean of the known values that the names of its group of today had in the last "
             "d sessions, clipped to their mean +- std standard deviations (divisor n - 1)",
             "NaN where x is missing and nothing of its group is known, or it has no group",
             "group_backfill(returns, sector, 20, std=4)"),
    Operator("group_vector_proj", "group", (X, Y, GROUP), same_as_x, today,
             "y * sum of x * y over the group on the day / sum of y * y", f"{_BOTH}; NaN where all of y is 0",
             "group_vector_proj(returns, volume, sector)"),
    Operator("group_vector_neut", "group", (X, Y, GROUP), same_as_x, today,
             "x - group_vector_proj(x, y, group): in each group orthogonal to y", f"{_BOTH}; NaN where all of y is 0",
             "group_vector_neut(returns, volume, sector)"),
)
