"""Operators whose value is a group, to stand where `sector` may."""

from __future__ import annotations

from lode.language.operators.declaration import Operator, Param, X, today, truth
from lode.language.operators.unit_rules import returns
from lode.language.units import Unit

_FIRST, _SECOND = Param("g1", "group", also=("original_group",)), Param("g2", "group")

# fmt: off
GROUPING: tuple[Operator, ...] = (
    Operator("bucket", "grouping",
             (X, Param("buckets", "edges", also=("range",)), truth("skipBoth"), truth("skipBegin"), truth("skipEnd"),
              truth("NANGroup")),
             returns(Unit.GROUP), today,
             "which bucket x is in: one up to the first edge, one above each edge up to the next, one from the last "
             "edge on; range has edges from start to stop, a step apart. skipBegin and skipEnd leave the names of the "
             "first and of the last of these without a group, skipBoth both",
             "no group where x is missing; with NANGroup=true a group of their own",
             'bucket(rank(volume), range="0.1, 1, 0.1")',
             tie_rule="x on an edge belongs to the bucket below, on the last edge to the one above"),
    Operator("densify", "grouping", (Param("x", "group"),), returns(Unit.GROUP), today,
             "the same groups, numbered from 0 without gaps on each day; group operators do not look at the numbers, "
             "it changes nothing here", "no group where x has none", "densify(sector)"),
    Operator("group_cartesian_product", "grouping", (_FIRST, _SECOND), returns(Unit.GROUP), today,
             "one group for each pair of groups of g1 and g2", "no group where g1 or g2 has none",
             'group_cartesian_product(sector, bucket(rank(volume), buckets="0.5"))', commutative=True, chains=True),
    Operator("group_coalesce", "grouping", (_FIRST, _SECOND), returns(Unit.GROUP), today,
             "the group of g1, where there is none that of g2; groups of g1 and g2 stay apart",
             "no group where neither has one", 'group_coalesce(sector, bucket(rank(volume), buckets="0.5"))',
             chains=True),
)
