"""The library: every definition under its key, `family.name`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from lode.errors import UsageError
from lode.language.suggestions import nearest
from lode.library import (
    alpha101,
    alpha158,
    alpha360,
    efficiency,
    fama_french,
    growth,
    health,
    issuance,
    profitability,
    sentiment,
    technical,
    valuation,
)
from lode.library.definition import Definition

_MODULES = (
    valuation, profitability, growth, health, efficiency, issuance, sentiment, fama_french,
    technical, alpha101, alpha158, alpha360,
)  # fmt: skip


def _keyed(definitions: Iterable[Definition]) -> Mapping[str, Definition]:
    keyed: dict[str, Definition] = {}
    for definition in definitions:
        if definition.key in keyed:
            raise UsageError(f"{definition.key} is defined twice; each name stands once in its family")
        keyed[definition.key] = definition
    return MappingProxyType(keyed)


LIBRARY: Mapping[str, Definition] = _keyed(definition for module in _MODULES for definition in module.DEFINITIONS)
"""Every definition by its key, `family.name`; it cannot be changed."""
FAMILIES: tuple[str, ...] = tuple(dict.fromkeys(definition.family for definition in LIBRARY.values()))
"""Names of the families, in the order of the reference page."""


def family(name: str) -> tuple[Definition, ...]:
    """The definitions of a family, in the order of its module; UsageError lists the families there are."""
    if name not in FAMILIES:
        raise UsageError(f"no family {name!r} in the library{nearest(name, FAMILIES)}; families: {', '.join(FAMILIES)}")
    return tuple(definition for definition in LIBRARY.values() if definition.family == name)


def available(
    fields: Collection[str], definitions: Iterable[Definition] | None = None
) -> tuple[tuple[Definition, ...], Mapping[str, tuple[str, ...]]]:
    """Split definitions into those that `fields` (groups included) suffice for, and those to be skipped.

    definitions: the whole library when absent. Returns the usable ones in order, and for each skipped key the names
    that it lacks, sorted; so `len(skipped)` is the count to report.
    """
    present = frozenset(fields)
    chosen = tuple(LIBRARY.values() if definitions is None else definitions)
    lacking = {definition.key: tuple(sorted(definition.fields - present)) for definition in chosen}
    usable = tuple(definition for definition in chosen if not lacking[definition.key])
    return usable, MappingProxyType({key: names for key, names in lacking.items() if names})
