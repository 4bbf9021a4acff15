"""What an unknown name was probably meant to be."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from lode.language.operators import ALIASES, OPERATORS

if TYPE_CHECKING:
    from collections.abc import Collection


def unknown_operator(name: str) -> str:
    """The message for an operator that does not exist."""
    return f"unknown operator `{name}`{nearest(name, (*OPERATORS, *ALIASES))}"


def unknown_field(name: str, present: Collection[str]) -> str:
    """The message for a field that is not present; lists those that are."""
    listed = ", ".join(sorted(present)) or "none"
    return f"unknown field `{name}`{nearest(name, present)}; fields present: {listed}"


def nearest(name: str, names: Collection[str]) -> str:
    """What `name` was probably meant to be, to stand at the end of a clause; empty where nothing is near."""
    found = difflib.get_close_matches(name.lower(), sorted(names), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(f'`{near}`' for near in found)}?" if found else ""
