"""From what a user types to definitions."""

from __future__ import annotations

from lode.errors import NotFoundError, UsageError
from lode.language.suggestions import nearest
from lode.library.catalogue import FAMILIES, LIBRARY
from lode.library.definition import Definition

WHOLE = "library"


def resolve(text: str) -> tuple[Definition, ...]:
    """The definitions that a name stands for; case and surrounding blanks do not matter.

    `library`: all of them; a family (`valuation`): those of it; `valuation.dividend_yield` or, where one family alone
    has it, `dividend_yield`: one. Several may be joined by commas; each definition comes once.
    NotFoundError names the nearest; UsageError lists the keys where a bare name is in several families.
    """
    parts = [part.strip().lower() for part in text.split(",")]
    found = {definition.key: definition for part in parts for definition in _one(part)}
    return tuple(found.values())


def names() -> tuple[str, ...]:
    """Everything that `resolve` knows, sorted: `library`, families, keys and bare names."""
    bare = (definition.name for definition in LIBRARY.values())
    return tuple(sorted({WHOLE, *FAMILIES, *LIBRARY, *bare}))


def _one(name: str) -> tuple[Definition, ...]:
    if name == WHOLE:
        return tuple(LIBRARY.values())
    if name in LIBRARY:
        return (LIBRARY[name],)
    members = tuple(definition for definition in LIBRARY.values() if name in {definition.family, definition.name})
    if len(members) > 1 and name not in FAMILIES:
        keys = ", ".join(definition.key for definition in members)
        raise UsageError(f"{name!r} is in several families; write one of {keys}")
    if not members:
        raise NotFoundError(
            f"the library has no {name!r}{nearest(name, names())}; families: {', '.join(FAMILIES)}; "
            f"{WHOLE!r} is all of it, docs/reference/library.md lists every name"
        )
    return members
