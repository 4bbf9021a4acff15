"""The language of factors: expressions, their operators, units, reach and canonical form.

Pure: no data, no numpy, no I/O. `parse` reads text, `str(expression)` writes it back.
"""

from lode.language.canonical import canonical, expression_id
from lode.language.expression import Call, Constant, Expr, Field, Numbers, postorder
from lode.language.lookback import lookback, own_lookback
from lode.language.operators import (
    ALIASES,
    OPERATORS,
    Operator,
    Param,
    add_operator,
    own_operators,
    remove_operator,
)
from lode.language.parser import check, parse
from lode.language.reference import reference
from lode.language.units import AGE_FIELDS, BAR_FIELDS, FIELD_UNITS, UNITS, Unit, UnitError, constant_unit, unit

__all__ = [
    "AGE_FIELDS",
    "ALIASES",
    "BAR_FIELDS",
    "FIELD_UNITS",
    "OPERATORS",
    "UNITS",
    "Call",
    "Constant",
    "Expr",
    "Field",
    "Numbers",
    "Operator",
    "Param",
    "Unit",
    "UnitError",
    "add_operator",
    "canonical",
    "check",
    "constant_unit",
    "expression_id",
    "lookback",
    "own_lookback",
    "own_operators",
    "parse",
    "postorder",
    "reference",
    "remove_operator",
    "unit",
]
