"""The operators of the language, under WorldQuant's published names."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from lode.errors import ExpressionError
from lode.language.operators.co_movement import CO_MOVEMENT
from lode.language.operators.cross_section import CROSS_SECTION
from lode.language.operators.declaration import Operator, Param
from lode.language.operators.elementwise import ELEMENTWISE
from lode.language.operators.group import GROUPS
from lode.language.operators.grouping import GROUPING
from lode.language.operators.positions import POSITIONS
from lode.language.operators.time_series import TIME_SERIES
from lode.language.units import FIELD_UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALIASES", "OPERATORS", "Operator", "Param", "add_operator", "own_operators", "remove_operator"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")

_KNOWN: dict[str, Operator] = {
    operator.name: operator
    for operator in (*ELEMENTWISE, *TIME_SERIES, *CO_MOVEMENT, *CROSS_SECTION, *POSITIONS, *GROUPS, *GROUPING)
}
OPERATORS: Mapping[str, Operator] = MappingProxyType(_KNOWN)
"""All operators, a user's own that were added included."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "negate": "reverse",
        "is_finite": "is_not_nan",
        "is_not_finite": "is_nan",
        "ts_percentage": "ts_percentile",
        "ts_weighted_delay": "ts_weighted_decay",
    }
)
"""Other names that the parser takes, with the operator that each stands for."""
_PUBLISHED = frozenset(_KNOWN)


def add_operator(operator: Operator) -> None:
    """Add a user's own operator to `OPERATORS`, or put it in the place of an earlier one of the user's.

    ExpressionError where its name is an operator's or a field's, or cannot be written in a formula.
    """
    name = operator.name
    if name in _PUBLISHED or name in ALIASES or name in FIELD_UNITS or not _NAME.fullmatch(name):
        reason = (
            f"own operator `{name}`: allowed are small letters, digits and underscores, and no name that the language "
            "has already; rename the function"
        )
        raise ExpressionError(reason)
    _KNOWN[name] = operator


def remove_operator(name: str) -> None:
    """Take a user's own operator away, if it is there."""
    if name not in _PUBLISHED:
        _KNOWN.pop(name, None)


def own_operators() -> tuple[str, ...]:
    """Names of the operators that a user has added, sorted."""
    return tuple(sorted(_KNOWN.keys() - _PUBLISHED))
