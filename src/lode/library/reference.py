"""The reference page of the library, written from its definitions."""

from __future__ import annotations

import importlib

from lode.language import lookback
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


def reference() -> str:
    """The page in Markdown: one section per family, one entry per definition."""
    preface = _PREFACE.format(count=len(LIBRARY), families=len(FAMILIES))
    return "\n".join([preface, *(_section(name) for name in FAMILIES)])


def _section(name: str) -> str:
    entries = "\n".join(_entry(definition) for definition in family(name))
    return f"## {name.replace('_', ' ').capitalize()}\n\n{_about(name)}\n\n{entries}"


def _about(name: str) -> str:
    """The first line of the family's module, without its title."""
    summary = (importlib.import_module(f"lode.library.{name}").__doc__ or "").split("\n", 1)[0]
    title, _, rest = summary.partition(": ")
    said = rest if rest and title.lower() == name.replace("_", " ") else summary
    return said[:1].upper() + said[1:]


def _entry(definition: Definition) -> str:
    facts = [
        ("formula", f"`{definition.expression}`"),
        ("expected", "higher value, higher return" if definition.sign > 0 else "higher value, lower return"),
        ("fields", ", ".join(f"`{name}`" for name in sorted(definition.fields))),
        ("lookback", str(lookback(definition.tree))),
        ("source", definition.source),
        ("note", definition.note),
    ]
    lines = "\n".join(f"- {name}: {fact}" for name, fact in facts if fact)
    return f"### `{definition.key}`\n\n{lines}\n"
