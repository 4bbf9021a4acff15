from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lode.app import admission
from lode.app.admission import is_loopback, trusted_balancer
from lode.app.server import MAIN, command
from lode.app.sign_in import HEADER
from lode.errors import SettingsError
from lode.settings import load_settings
from tests.app.balancer import KID, SETTINGS, Signer, claims, header, key_server

SIGNER = Signer()


class Sent:
    """The headers of a handshake, as Streamlit gives them."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = tokens

    def get_all(self, name: str) -> list[str]:
        assert name == HEADER
        return list(self.tokens)


@pytest.fixture
def visited(home, monkeypatch):
    """Return what opens the dashboard with these headers, behind the balancer."""
    with key_server({KID: SIGNER.pem}) as (base, _):
        for name, value in (SETTINGS | {"LODE_SIGN_IN_KEYS_URL": base, "LODE_HOME": str(home)}).items():
            monkeypatch.setenv(name, value)
        st.cache_data.clear()

        def opened(*tokens: str, page: AppTest | None = None) -> AppTest:
            monkeypatch.setattr(type(st.context), "headers", Sent(*tokens))
            return (page or AppTest.from_file(str(MAIN), default_timeout=120)).run()

        yield opened


def words(page: AppTest) -> list[str]:
    return [element.value for kind in (page.error, page.text, page.title, page.info, page.code) for element in kind]


@pytest.mark.parametrize(
    "tokens",
    [(), ("",), ("x.y.z",), (Signer().token(),), (SIGNER.token(header(exp=1)),), (SIGNER.token(), SIGNER.token())],
    ids=["none", "empty", "no token", "forged", "ended", "two"],
)
def test_who_is_not_credibly_signed_in_sees_one_refusal_and_nothing_else(visited, tokens):
    page = visited(*tokens)
    assert [element.value for element in page.error] == ["You are not signed in, so nothing is shown."]
    assert len(words(page)) == 2
    assert len(page.sidebar) == 0
    assert not page.exception


def test_who_is_signed_in_sees_the_page_and_the_own_name_as_plain_text(visited):
    page = visited(SIGNER.token(body=claims(email="<b>**ann**</b>@example.com")))
    assert [element.value for element in page.sidebar.text] == ["<b>**ann**</b>@example.com"]
    assert any("No runs yet" in said for said in words(page))


def test_a_visit_outlives_its_header_but_not_the_longest_visit(visited, monkeypatch):
    token = SIGNER.token()
    page = visited(token)
    monkeypatch.setattr(admission, "verify", lambda *_: pytest.fail("verified twice"))
    assert not visited(token, page=page).error
    monkeypatch.setenv("LODE_SIGN_IN_SESSION", "0.001")
    assert visited(token, page=page).error


def test_a_browser_that_connects_again_is_verified_again(visited):
    page = visited(SIGNER.token())
    assert visited(SIGNER.token(body=claims(email="bob@example.com")), page=page).sidebar.text[0].value == (
        "bob@example.com"
    )
    assert visited(Signer().token(), page=page).error
    assert visited(page=page).error


def test_without_a_sign_in_nothing_changes_on_loopback(home, monkeypatch):
    monkeypatch.setenv("LODE_HOME", str(home))
    page = AppTest.from_file(str(MAIN), default_timeout=120).run()
    assert not page.error
    assert len(page.sidebar) == 0


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.0.0.7", "example.com", ""])  # noqa: S104  refused
def test_a_server_beyond_loopback_without_a_sign_in_does_not_start(address):
    with pytest.raises(SettingsError, match="no sign-in"):
        command(8501, load_settings(app_address=address))


def test_a_server_beyond_loopback_needs_all_of_its_balancer():
    with pytest.raises(SettingsError, match="LODE_SIGN_IN_CLIENT, LODE_SIGN_IN_ISSUER too"):
        command(8501, load_settings(app_address="0.0.0.0", sign_in="balancer", balancer_arn="arn:x"))  # noqa: S104
    settings = load_settings(sign_in="balancer", balancer_arn="arn:x", sign_in_client="c", sign_in_issuer="i")
    with pytest.raises(SettingsError, match="LODE_BALANCER_ARN"):
        trusted_balancer(settings)


def test_streamlit_started_by_hand_beyond_loopback_shows_nothing(home, monkeypatch):
    monkeypatch.setenv("LODE_HOME", str(home))
    monkeypatch.setattr(type(st.context), "headers", {"Host": "example.com"})
    page = AppTest.from_file(str(MAIN), default_timeout=120).run()
    assert "no sign-in" in page.code[0].value
    assert len(words(page)) == 3


def test_loopback_is_what_only_this_machine_reaches():
    assert [is_loopback(a) for a in ("127.0.0.1", "127.9.9.9", "::1", "localhost")] == [True] * 4
    assert [is_loopback(a) for a in (None, "", "0.0.0.0", "::", "192.168.1.1", "localhost.evil")] == [False] * 6  # noqa: S104
