"""Who looks at a page, by the claims of an issuer; the same whichever source verified them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NAME_LENGTH = 200


@dataclass(frozen=True)
class Visitor:
    """Who signed in.

    subject: the issuer's own name of the visitor, which never passes to another. name: what is shown, of bounded
    length and on one line. email: only where the issuer says that it verified it. groups: as the issuer names them.
    """

    subject: str
    name: str
    email: str | None = None
    groups: tuple[str, ...] = ()


def visitor_of(claims: Mapping[str, Any], groups_claim: str) -> Visitor:
    """Return whom verified claims name; they have a `sub`.

    An address that the issuer does not call verified is shown and counts for nothing: its owner may have typed any.
    """
    email = claims.get("email")
    is_verified = claims.get("email_verified") in (True, "true")  # Cognito writes a text
    return Visitor(
        subject=claims["sub"],
        name=shown(email or claims.get("username") or claims.get("preferred_username") or claims["sub"]),
        email=email if is_verified and isinstance(email, str) else None,
        groups=_groups(claims.get(groups_claim)),
    )


def shown(name: object) -> str:
    """Return a name as one line of bounded length: an address is whatever its owner gave the issuer."""
    return "".join(sign if sign.isprintable() else " " for sign in str(name))[:_NAME_LENGTH]


def _groups(claim: object) -> tuple[str, ...]:
    """Read a list of names, or one name; anything else names no group."""
    named = [claim] if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return tuple(name for name in named if isinstance(name, str))
