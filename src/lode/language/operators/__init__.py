"""The operators of the language, under WorldQuant's published names."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from lode.language.operators.cross_section import CROSS_SECTION
from lode.language.operators.declaration import Operator, Param
from lode.language.operators.elementwise import ELEMENTWISE
from lode.language.operators.group import GROUPS
from lode.language.operators.time_series import TIME_SERIES

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALIASES", "OPERATORS", "Operator", "Param"]

OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {operator.name: operator for operator in (*ELEMENTWISE, *TIME_SERIES, *CROSS_SECTION, *GROUPS)}
)

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "negate": "reverse",
        "is_finite": "is_not_nan",
        "is_not_finite": "is_nan",
        "ts_percentage": "ts_percentile",
    }
)
