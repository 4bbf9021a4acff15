"""Who may see a page, and as what: everybody on loopback, and elsewhere who signed in.

A visit is a websocket, and its handshake carries what names the visitor: the balancer's header, or the cookie that the
dashboard itself signed when an OpenID Connect provider had named him. Both are verified when the visit begins, and anew
whenever the browser connects again, to this copy of the dashboard or to another: none keeps what another lacks.

The header ends within minutes and the visit goes on: whom it named may go on for `sign_in_session` seconds, which is as
long as the balancer itself remembers. A sign-in by OpenID Connect lasts as long, from its ID token on.

All of it happens when a page is drawn from the top. A part that redraws itself alone (`st.fragment`) passes that by,
and calls `still_admitted` first (`lode.app.live` does). Roles are read from the settings each time, and end with the
visit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address

import streamlit as st

from lode.app import oidc, roles
from lode.app.sign_in import HEADER, Balancer, verify
from lode.app.sign_in_keys import PublicKeys, keys_address
from lode.app.visitor import Visitor
from lode.errors import SettingsError, SignInError
from lode.settings import Settings

_REMEMBERED = "admitted"


@dataclass(frozen=True)
class _Admitted:
    """What a visit remembers: whom, by which token (its digest), and since when."""

    visitor: Visitor
    token: str
    since: datetime


def admit(settings: Settings) -> Visitor | None:
    """Return who looks at the page; None where no sign-in is asked.

    Raises SignInError when this visitor may see nothing, SettingsError when the server must not serve anybody.
    """
    if settings.sign_in == "none":
        if st.context.headers and not is_loopback(st.get_option("server.address")):
            raise unguarded(str(st.get_option("server.address")))
        return None
    roles.revoke()
    now = datetime.now(UTC)
    if settings.sign_in == "oidc":
        visitor, until = oidc.signed_in(st.user.to_dict(), oidc.provider(settings), now)
    else:
        visitor, until = _passed_on(settings, now)
    roles.grant(roles.role_of(visitor, settings), until)
    return visitor


def still_admitted(settings: Settings) -> None:
    """Ask anew whether this visit may go on, for a part of a page that redraws itself alone: it calls this first.

    Where it may not, the whole page is drawn anew instead, which then shows the refusal and nothing else.
    """
    try:
        admit(settings)
    except SignInError:
        st.rerun(scope="app")


def trusted_balancer(settings: Settings) -> Balancer:
    """Return whose signature counts; SettingsError when the settings do not say it in full."""
    needed = {
        "LODE_BALANCER_ARN": settings.balancer_arn,
        "LODE_SIGN_IN_CLIENT": settings.sign_in_client,
        "LODE_SIGN_IN_ISSUER": settings.sign_in_issuer,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise SettingsError(f"LODE_SIGN_IN=balancer needs {', '.join(missing)} too; `lode deploy` sets them")
    arn, client, issuer = (str(value) for value in needed.values())
    if settings.sign_in_keys_url is None:
        keys_address(arn)
    return Balancer(arn, client, issuer, settings.sign_in_groups_claim)


def is_loopback(address: str | None) -> bool:
    """Whether a server at this address can be reached from this machine only; None is every address."""
    try:
        return address == "localhost" or ip_address(address or "").is_loopback
    except ValueError:
        return False


def unguarded(address: str) -> SettingsError:
    """Return the refusal to serve everybody who can reach this machine."""
    return SettingsError(
        f"the dashboard would listen on {address} with no sign-in: whoever reaches this machine could read it. "
        "Set LODE_SIGN_IN=balancer behind a load balancer that signs in, LODE_SIGN_IN=oidc with an OpenID Connect "
        "provider of yours, or listen on 127.0.0.1"
    )


def _passed_on(settings: Settings, now: datetime) -> tuple[Visitor, datetime]:
    """Return whom the balancer's header names, and until when this visit may last."""
    balancer = trusted_balancer(settings)
    token = _only(st.context.headers.get_all(HEADER))
    digest = sha256(token.encode()).hexdigest()
    known = st.session_state.get(_REMEMBERED)
    if known is None or known.token != digest:
        known = _Admitted(verify(token, balancer, _keys(settings), now), digest, now)
        st.session_state[_REMEMBERED] = known
    until = known.since + timedelta(seconds=settings.sign_in_session)
    if now > until:
        raise SignInError(f"the visit is older than {settings.sign_in_session:g} s")
    return known.visitor, until


def _only(sent: Sequence[str]) -> str:
    if len(sent) != 1:
        raise SignInError(f"the request has {len(sent)} headers {HEADER}; expected the balancer's one")
    return sent[0]


def _keys(settings: Settings) -> PublicKeys:
    return _keys_at(settings.sign_in_keys_url or keys_address(settings.balancer_arn or ""))


@st.cache_resource(show_spinner=False)
def _keys_at(base: str) -> PublicKeys:
    return PublicKeys(base)
