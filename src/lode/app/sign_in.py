"""Who looks at a page, by the header that the load balancer signs: verification alone, without network or session.

The balancer puts `x-amzn-oidc-data` on every request it lets through: a JSON Web Token under ES256 whose header names
the balancer itself (`signer`), the client and the issuer of the sign-in, the key, and when it ends. A token counts when
all of it is as the deployment says, and its three parts are written in one way only: base64 admits several texts of the
same bytes, and lenient decoders skip what is none.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lode.app.visitor import Visitor, visitor_of
from lode.errors import SignInError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

HEADER = "x-amzn-oidc-data"
ALGORITHM = "ES256"
KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_LONGEST = 16_384  # what a balancer sends at most, and more than enough to refuse unread
_PART = re.compile(r"([A-Za-z0-9_-]+)={0,2}", re.ASCII)
_BRIEF = 200  # characters of a value in a message

KeyOf = Callable[[str], bytes]


@dataclass(frozen=True)
class Balancer:
    """Whose signature counts: the balancer's ARN, the client that it signs in with, and who issues the identities."""

    arn: str
    client: str
    issuer: str
    groups_claim: str = "groups"


def verify(token: str, balancer: Balancer, key_of: KeyOf, now: datetime) -> Visitor:
    """Return whom the token names.

    key_of: from a key's id, a UUID, to its public half as PEM; asked only when everything else in the header is right.
    Raises SignInError with the first thing that is wrong; it never repeats the token.
    """
    parts = _parts(token)
    header = _fields(parts[0], "header")
    _require_header(header, balancer, now)
    claims = _fields(parts[1], "claims")
    _require_signature(token, _public_key(key_of(header["kid"])))
    _require_claims(claims, balancer, now)
    return visitor_of(claims, balancer.groups_claim)


def _parts(token: str) -> list[bytes]:
    if len(token) > _LONGEST:
        raise SignInError(f"the token has {len(token)} characters; a balancer's has at most {_LONGEST}")
    parts = token.split(".")
    if len(parts) != 3:
        raise SignInError(f"the token has {len(parts)} parts separated by dots; expected 3")
    return [_decoded(part) for part in parts]


def _decoded(part: str) -> bytes:
    """Decode base64url with or without padding, and refuse every text but the one that these bytes encode to."""
    found = _PART.fullmatch(part)
    if found is None:
        raise SignInError("a part of the token is no base64url")
    bare = found[1]
    padded = bare + "=" * (-len(bare) % 4)
    try:
        decoded = base64.urlsafe_b64decode(padded)
    except binascii.Error:
        raise SignInError("a part of the token is no base64url") from None
    if part not in (bare, padded) or base64.urlsafe_b64encode(decoded).decode() != padded:
        raise SignInError("a part of the token is not written as its bytes encode")
    return decoded


def _fields(part: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(part)
    except (ValueError, RecursionError):
        raise SignInError(f"the token's {name} are no JSON") from None
    if not isinstance(found, dict):
        raise SignInError(f"the token's {name} are no JSON object")
    return found


def _require_header(header: Mapping[str, Any], balancer: Balancer, now: datetime) -> None:
    expected = {"alg": ALGORITHM, "signer": balancer.arn, "client": balancer.client, "iss": balancer.issuer}
    for name, wanted in expected.items():
        if header.get(name) != wanted:
            raise SignInError(f"the token's {name} is {_brief(header.get(name))}; expected {wanted!r}")
    key = header.get("kid")
    if not isinstance(key, str) or not KEY_ID.fullmatch(key):
        raise SignInError(f"the token's kid is {_brief(key)}; expected a UUID")
    _require_time(header.get("exp"), now)


def _require_claims(claims: Mapping[str, Any], balancer: Balancer, now: datetime) -> None:
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise SignInError(f"the token's sub is {_brief(claims.get('sub'))}; expected who signed in")
    if claims.get("iss", balancer.issuer) != balancer.issuer:
        raise SignInError(f"the claims' iss is {_brief(claims['iss'])}; expected {balancer.issuer!r}")
    if "exp" in claims:
        _require_time(claims["exp"], now)


def _require_time(end: object, now: datetime) -> None:
    if isinstance(end, bool) or not isinstance(end, int | float):
        raise SignInError(f"the token's exp is {_brief(end)}; expected seconds since 1970")
    if not end > now.timestamp():
        raise SignInError(f"the token ended {now.timestamp() - end:.0f} s ago")


def _public_key(pem: bytes) -> EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  only where sign-in is asked
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415  likewise

    try:
        key = load_pem_public_key(pem)
    except ValueError:
        raise SignInError("what the balancer's key server answered is no public key") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SignInError(f"the balancer's key is {type(key).__name__}; expected one on the curve P-256")
    return key


def _require_signature(token: str, key: EllipticCurvePublicKey) -> None:
    import jwt  # noqa: PLC0415  only where sign-in is asked

    try:
        jwt.PyJWS(algorithms=[ALGORITHM]).decode(token, key, algorithms=[ALGORITHM])
    except jwt.InvalidTokenError as error:
        raise SignInError(f"the token's signature does not hold: {type(error).__name__}") from None


def _brief(value: object) -> str:
    return repr(value)[:_BRIEF]
