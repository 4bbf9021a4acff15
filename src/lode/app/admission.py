"""Who may see a page: everybody on loopback, and beyond it who the load balancer signed in.

A visit is a websocket, and its handshake carries the balancer's header. The header ends within minutes and the visit
goes on: it is verified when the visit begins, and anew whenever the browser connects again, with the header of that
handshake. Whom it named may go on for `sign_in_session` seconds, which is as long as the balancer itself remembers.
All of it happens when a page is drawn from the top. A part that redraws itself alone (`st.fragment`) would pass it by,
which is why there is `lode.app.live`, the one way to have such a part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from ipaddress import ip_address

import streamlit as st

from lode.app.sign_in import HEADER, Balancer, Visitor, verify
from lode.app.sign_in_keys import PublicKeys, keys_address
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
    balancer = trusted_balancer(settings)
    return _remembered(_only(st.context.headers.get_all(HEADER)), balancer, settings)


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
    return Balancer(arn, client, issuer)


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
        "Set LODE_SIGN_IN=balancer behind a load balancer that signs in, or listen on 127.0.0.1"
    )


def _remembered(token: str, balancer: Balancer, settings: Settings) -> Visitor:
    now, digest = datetime.now(UTC), sha256(token.encode()).hexdigest()
    known = st.session_state.get(_REMEMBERED)
    if known is None or known.token != digest:
        known = _Admitted(verify(token, balancer, _keys(settings), now), digest, now)
        st.session_state[_REMEMBERED] = known
    if (now - known.since).total_seconds() > settings.sign_in_session:
        raise SignInError(f"the visit is older than {settings.sign_in_session:g} s")
    return known.visitor


def _only(sent: Sequence[str]) -> str:
    if len(sent) != 1:
        raise SignInError(f"the request has {len(sent)} headers {HEADER}; expected the balancer's one")
    return sent[0]


def _keys(settings: Settings) -> PublicKeys:
    return _keys_at(settings.sign_in_keys_url or keys_address(settings.balancer_arn or ""))


@st.cache_resource(show_spinner=False)
def _keys_at(base: str) -> PublicKeys:
    return PublicKeys(base)
