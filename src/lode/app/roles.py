"""What who looks at a page may do: a reader looks, a researcher also starts work and tries formulas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from lode.app.visitor import Visitor
from lode.errors import SettingsError
from lode.settings import Settings

Role = Literal["reader", "researcher"]
_GRANT = "granted role"


@dataclass(frozen=True)
class _Grant:
    role: Role
    until: datetime


def grant(role: Role, until: datetime) -> None:
    """Remember for this visit what its visitor may do, and how long."""
    st.session_state[_GRANT] = _Grant(role, until)


def revoke() -> None:
    """Forget what this visit's visitor might do."""
    st.session_state.pop(_GRANT, None)


def may_research(settings: Settings) -> bool:
    """Whether this visit may start runs and enter tries into the ledger.

    It holds for callbacks too, which come before the page is drawn: a grant ends by itself. Who sits at the machine
    may where no sign-in is asked: the server then listens on loopback only.
    """
    if settings.sign_in == "none":
        return True
    given = st.session_state.get(_GRANT)
    return given is not None and given.role == "researcher" and datetime.now(UTC) < given.until


def role_of(visitor: Visitor, settings: Settings) -> Role:
    """Return the role that `LODE_RESEARCHERS` gives a visitor; nobody is a researcher who is not named.

    Raises SettingsError for an entry that names nobody.
    """
    email = visitor.email.casefold() if visitor.email else None
    for kind, name in researchers(settings.researchers):
        if (
            (kind == "email" and name.casefold() == email)
            or (kind == "subject" and name == visitor.subject)
            or (kind == "group" and name in visitor.groups)
        ):
            return "researcher"
    return "reader"


def researchers(text: str) -> Iterator[tuple[Literal["email", "subject", "group"], str]]:
    """Read the entries of `LODE_RESEARCHERS`: `ann@example.com, group:quants, subject:248289761001`."""
    for entry in filter(None, map(str.strip, text.split(","))):
        kind, colon, name = entry.partition(":")
        if colon and kind in ("group", "subject") and name.strip():
            yield ("group" if kind == "group" else "subject"), name.strip()
        elif "@" in entry.strip("@"):
            yield "email", entry
        else:
            raise SettingsError(
                f"LODE_RESEARCHERS: {entry!r}; expected e-mail addresses, group:NAME and subject:ID, by commas"
            )
