"""What a factor is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lode.language import FIELD_UNITS, Expr, Unit, UnitError, canonical, expression_id, lookback, unit
from lode.panel import Panel


@dataclass(frozen=True)
class Identity:
    """What a factor is: its text as given, its canonical form and id, and what follows from them."""

    expression: str
    canonical: str
    id: str
    lookback: int
    unit: str
    fields: tuple[str, ...]

    @classmethod
    def of(cls, expression: Expr, panel: Panel) -> Identity:
        """Describe an expression; columns of the user's own have no unit, and units that do not fit are "undefined"."""
        own = dict.fromkeys(panel.fields, Unit.NUMBER) | dict.fromkeys(panel.groups, Unit.GROUP)
        return cls(
            expression=str(expression),
            canonical=str(canonical(expression)),
            id=expression_id(expression),
            lookback=lookback(expression),
            unit=_unit(expression, own | FIELD_UNITS),
            fields=tuple(sorted(expression.fields)),
        )


def _unit(expression: Expr, units: Mapping[str, Unit]) -> str:
    try:
        return str(unit(expression, units))
    except UnitError:
        return "undefined"
