"""Who looks at a page, by an OpenID Connect provider that the dashboard itself asks: settings and claims alone.

Streamlit leads the visitor through the authorization code flow, with PKCE where the provider knows it, verifies the ID
token's signature, issuer, audience and nonce, and keeps its claims in a cookie that it signs. What it does not ask is
how old that cookie is, or whether it was signed for another client under the same secret: that is asked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from lode.app.visitor import Visitor, visitor_of
from lode.errors import SettingsError, SignInError
from lode.settings import Settings

CALLBACK = "oauth2callback"
METADATA = ".well-known/openid-configuration"
_SHORTEST_SECRET = 32  # characters
_CLOCKS = 120.0  # seconds by which this clock and the issuer's may differ
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Provider:
    """Whom the dashboard asks, and as whom.

    redirect_url: where the provider leads back to. session: seconds that one sign-in lasts.
    """

    issuer: str
    client: str
    client_secret: SecretStr
    cookie_secret: SecretStr
    redirect_url: str
    scope: str
    groups_claim: str
    session: float


def provider(settings: Settings, *, port: int = 8501) -> Provider:
    """Return the provider that the settings name.

    port: of the dashboard, which browsers on this machine come back to where the settings name no address of it.
    Raises SettingsError, with no secret in it, where the settings do not say all, or nothing that is safe.
    """
    needed = {
        "LODE_SIGN_IN_ISSUER": settings.sign_in_issuer,
        "LODE_SIGN_IN_CLIENT": settings.sign_in_client,
        "LODE_SIGN_IN_CLIENT_SECRET": settings.sign_in_client_secret,
        "LODE_SIGN_IN_COOKIE_SECRET": settings.sign_in_cookie_secret,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise SettingsError(
            f"LODE_SIGN_IN=oidc needs {', '.join(missing)} too, in the environment, .env or lode.toml; "
            "the provider gives the first three, the last is `openssl rand -hex 32`"
        )
    made = Provider(
        issuer=str(settings.sign_in_issuer),
        client=str(settings.sign_in_client),
        client_secret=settings.sign_in_client_secret or SecretStr(""),
        cookie_secret=settings.sign_in_cookie_secret or SecretStr(""),
        redirect_url=settings.sign_in_redirect_url or _redirect_url(settings, port),
        scope=settings.sign_in_scope,
        groups_claim=settings.sign_in_groups_claim,
        session=settings.sign_in_session,
    )
    _require_whole(made, settings)
    return made


def secrets(asked: Provider) -> dict[str, Any]:
    """Return what Streamlit wants to know of a provider, secrets in clear: for `st.App` alone."""
    return {
        "auth": {
            "redirect_uri": asked.redirect_url,
            "cookie_secret": asked.cookie_secret.get_secret_value(),
            "client_id": asked.client,
            "client_secret": asked.client_secret.get_secret_value(),
            "server_metadata_url": f"{asked.issuer.rstrip('/')}/{METADATA}",
            "client_kwargs": {"scope": asked.scope},
        }
    }


def signed_in(claims: Mapping[str, Any], asked: Provider, now: datetime) -> tuple[Visitor, datetime]:
    """Return whom the claims of the signed cookie name, and until when the sign-in lasts.

    Raises SignInError with the first thing that is wrong.
    """
    if claims.get("is_logged_in") is not True:
        raise SignInError("nobody signed in yet")
    if claims.get("iss") != asked.issuer:
        raise SignInError(f"the sign-in's iss is {str(claims.get('iss'))[:200]!r}; expected {asked.issuer!r}")
    audience = claims.get("aud")
    if asked.client not in (audience if isinstance(audience, list) else [audience]):
        raise SignInError(f"the sign-in's aud is {str(audience)[:200]!r}; expected {asked.client!r}")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise SignInError("the sign-in has no sub, which says who signed in")
    return visitor_of(claims, asked.groups_claim), _end(claims.get("iat"), asked.session, now)


def _end(issued: object, session: float, now: datetime) -> datetime:
    """Return when a sign-in ends; it begins with its ID token, whichever copy of the dashboard took it."""
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        raise SignInError(f"the sign-in's iat is {str(issued)[:200]!r}; expected seconds since 1970")
    age = now.timestamp() - issued
    if not -_CLOCKS <= age <= session:
        raise SignInError(
            f"the sign-in is {age:.0f} s old; it lasts {session:g} s, and clocks may differ by {_CLOCKS:g} s"
        )
    return datetime.fromtimestamp(issued + session, UTC)


def _redirect_url(settings: Settings, port: int) -> str:
    base = f"https://{settings.app_domain}" if settings.app_domain else f"http://localhost:{port}"
    return "/".join(part for part in (base, settings.app_path, CALLBACK) if part)


def _require_whole(asked: Provider, settings: Settings) -> None:
    _require_safe("LODE_SIGN_IN_ISSUER", asked.issuer)
    _require_safe("LODE_SIGN_IN_REDIRECT_URL", asked.redirect_url)
    ending = "/".join(["", *filter(None, [settings.app_path]), CALLBACK])
    if urlsplit(asked.redirect_url).path != ending:
        raise SettingsError(
            f"LODE_SIGN_IN_REDIRECT_URL: {asked.redirect_url!r}; expected the dashboard's address and {ending}"
        )
    if "openid" not in asked.scope.split():
        raise SettingsError(f"LODE_SIGN_IN_SCOPE: {asked.scope!r}; expected openid among its words")
    length = len(asked.cookie_secret.get_secret_value())
    if length < _SHORTEST_SECRET:
        raise SettingsError(
            f"LODE_SIGN_IN_COOKIE_SECRET has {length} characters; expected {_SHORTEST_SECRET} or more, as "
            "`openssl rand -hex 32` makes them"
        )


def _require_safe(name: str, address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        raise SettingsError(f"{name}: {address!r}; expected https://… (http://… on loopback only)")
