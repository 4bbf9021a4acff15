"""The words that a formula can be made of, for whoever completes them while somebody types."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lode.language.operators import OPERATORS
from lode.language.units import FIELD_UNITS, Unit


@dataclass(frozen=True)
class Word:
    """A field or an operator: how it is written, what it looks like in full, and what it means, in a line."""

    name: str
    kind: str
    signature: str
    meaning: str


def vocabulary(fields: Collection[str]) -> list[Word]:
    """Fields that are present, with their units, then all operators; each kind sorted by name.

    A field that the language does not know, a column of the user's own, counts as a number.
    """
    units = {name: FIELD_UNITS.get(name, Unit.NUMBER) for name in sorted(fields)}
    known = [
        Word(name, "group" if unit == Unit.GROUP else "field", name, "" if unit == Unit.GROUP else str(unit))
        for name, unit in units.items()
    ]
    operators = [OPERATORS[name] for name in sorted(OPERATORS)]
    return [*known, *(Word(each.name, each.kind, each.signature, each.formula) for each in operators)]
