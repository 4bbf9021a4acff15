"""The reference page of the library, written from its definitions."""

from __future__ import annotations

import importlib

from lode.language import UnitError, lookback, unit
from lode.library.catalogue import FAMILIES, LIBRARY, family
from lode.library.definition import Definition

_PREFACE = """\
# Library

*Written by `python -m lode.library` from the definitions in `src/lode/library`; do not edit.*

{count} published formulas in {families} families. Each is named `family.name`; where one family alone has the name, the
name suffices, and a family's name stands for all of it. *Expected* says how the next return goes with the value in the
source: it is what was published, not what is true of your panel. A table is named where sign and table agree with the
list of Chen and Zimmermann (2022), Open Source Cross-Sectional Asset Pricing, Critical Finance Review. *Lookback*
counts the sessions before t that the formula needs.

Flows are of the last twelve months, `…_quarter` of the latest quarter, all as known at the session's close, so that
`ts_delay(assets, 252)` is what was known a year ago. A formula is missing wherever one of its fields is;
dividing by `max(x, 0)` leaves out the names whose x is not above 0, and `if_else(is_nan(x), 0, x)` takes what is not
stated for nothing where the paper does.
"""
_EXPECTED = {1: "higher value, higher return", -1: "higher value, lower return", 0: ""}


def reference() -> str:
    """The page in Markdown: one section per family; an entry per definition, or a row where one source has them all."""
    preface = _PREFACE.format(count=len(LIBRARY), families=len(FAMILIES))
    return "\n".join([preface, *(_section(name) for name in FAMILIES)])


def _section(name: str) -> str:
    members = family(name)
    alike = len({definition.source for definition in members}) == 1 and not any(d.note for d in members)
    entries = _table(members) if alike else "\n".join(_entry(definition) for definition in members)
    return f"## {name.replace('_', ' ').capitalize()}\n\n{_about(name)}\n\n{entries}"


def _about(name: str) -> str:
    """What the family's module says of it, without its title."""
    said = (importlib.import_module(f"lode.library.{name}").__doc__ or "").strip()
    summary, _, more = said.partition("\n")
    title, _, rest = summary.partition(": ")
    first = rest if rest and title.lower() == name.replace("_", " ") else summary
    return f"{first[:1].upper()}{first[1:]}\n{more}".strip()


def _table(members: tuple[Definition, ...]) -> str:
    """Rows of name, formula and lookback under the source that all of them have."""
    rows = "\n".join(f"| `{d.key}` | `{d.expression}` | {lookback(d.tree)} |" for d in members)
    return f"Source: {members[0].source}.\n\n| name | formula | lookback |\n|---|---|---|\n{rows}\n"


def _entry(definition: Definition) -> str:
    facts = [
        ("formula", f"`{definition.expression}`"),
        ("expected", _EXPECTED[definition.sign]),
        ("fields", ", ".join(f"`{name}`" for name in sorted(definition.fields))),
        ("lookback", str(lookback(definition.tree))),
        ("source", definition.source),
        ("units", _mixed_units(definition)),
        ("note", definition.note),
    ]
    lines = "\n".join(f"- {name}: {fact}" for name, fact in facts if fact)
    return f"### `{definition.key}`\n\n{lines}\n"


def _mixed_units(definition: Definition) -> str:
    """Where units do not agree, or what the value is measured in when that is no plain number."""
    try:
        measured = unit(definition.tree)
    except UnitError as error:
        return f"do not agree: {error.reason.partition(';')[0]}"
    return "" if measured.dimensionless else f"the value is in {measured}"
