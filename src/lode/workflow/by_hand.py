"""Formulas as people type them: read in whichever syntax, with remarks on what they may not have meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from lode.language import FIELD_UNITS, OPERATORS, Expr, Unit, UnitError, unit
from lode.language.dialects import read_any
from lode.library import names as library_names
from lode.panel import Panel

FACTOR_ID = re.compile(r"[0-9a-f]{6,16}")
_IN_FAMILY = re.compile(r"[a-z_]\w*\.\w+")


def read_formula(text: str, panel: Panel) -> tuple[Expr, list[str]]:
    """The expression, and a line on each of: whose syntax was read, units that do not fit.

    ExpressionError points at the place.
    """
    return read_with_names(text, panel.fields, panel.present)


def read_with_names(text: str, fields: Collection[str], groups: Collection[str] = ()) -> tuple[Expr, list[str]]:
    """Read a formula where the names of fields and groups are known and the panel is not at hand."""
    expression, dialect = read_any(text, {*fields, *groups})
    read = [f"read as {dialect}'s syntax: {expression}"] if dialect else []
    return expression, [*read, *unit_remarks(expression, fields)]


def is_named(text: str, names: Collection[str]) -> bool:
    """Whether a text may be a factor's id or a name in the library rather than a formula; names: fields and groups."""
    word = text.strip().lower()
    if word in names or word in OPERATORS:
        return False
    return bool(FACTOR_ID.fullmatch(word) or _IN_FAMILY.fullmatch(word)) or word in library_names()


def unit_remarks(expression: Expr, fields: Collection[str]) -> Iterator[str]:
    """What a search would not combine; by hand it may be meant. A column of the user's own counts as a number."""
    try:
        unit(expression, dict.fromkeys(fields, Unit.NUMBER) | FIELD_UNITS)
    except UnitError as mixed:
        yield f"units do not fit: {mixed.reason}"
