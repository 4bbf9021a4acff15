"""Operators on the names of one day that belong to one group, such as a sector."""

from __future__ import annotations

from lode.language.operators.declaration import GROUP, Operator, X, today
from lode.language.operators.unit_rules import returns, same_as_x
from lode.language.units import Unit

_LEFT_OUT = "NaN where x or the group is missing, and left out of the group"

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
)
