from __future__ import annotations

import time

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lode.app import admission
from lode.app.admission import is_loopback, trusted_balancer
from lode.app.server import MAIN, command
from lode.app.sign_in import HEADER
from lode.errors import SettingsError
from lode.settings import load_settings
from tests.app.balancer import CLIENT, ISSUER, KID, SETTINGS, Signer, claims, header, key_server

SIGNER = Signer()
OIDC = {
    "LODE_SIGN_IN": "oidc",
    "LODE_SIGN_IN_ISSUER": ISSUER,
    "LODE_SIGN_IN_CLIENT": CLIENT,
    "LODE_SIGN_IN_CLIENT_SECRET": "the client's secret",
    "LODE_SIGN_IN_COOKIE_SECRET": "c" * 40,
}


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
            return (AppTest.from_file(str(MAIN), default_timeout=120) if page is None else page).run()

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


def _bar() -> None:
    """A page with nothing on it but who looks at it."""
    from lode.app.admission import admit
    from lode.app.notices import signed_in
    from lode.app.roles import may_research
    from lode.settings import load_settings

    visitor = admit(load_settings())
    assert visitor
    signed_in(visitor.name, may_research=may_research(load_settings()), can_leave=False)


def test_nobody_is_a_researcher_who_is_not_named_whichever_source_says_who_it_is(visited, monkeypatch):
    page = visited(SIGNER.token(), page=AppTest.from_function(_bar))
    assert page.sidebar.caption[1].value.startswith("Reader")
    monkeypatch.setenv("LODE_RESEARCHERS", "ann@example.com")
    assert visited(SIGNER.token(), page=page).sidebar.caption[1].value.startswith("Reader")  # not verified
    verified = SIGNER.token(body=claims(email_verified="true"))
    assert visited(verified, page=page).sidebar.caption[1].value == "Researcher"
    monkeypatch.setenv("LODE_RESEARCHERS", "group:quants")
    assert visited(verified, page=page).sidebar.caption[1].value.startswith("Reader")
    assert visited(SIGNER.token(body=claims(groups=["quants"])), page=page).sidebar.caption[1].value == "Researcher"
    assert not page.sidebar.button


@pytest.fixture
def known(home, monkeypatch):
    """Return what opens the dashboard with these claims in the cookie that it signed."""
    for name, value in OIDC.items():
        monkeypatch.setenv(name, value)
    st.cache_data.clear()

    def opened(page: AppTest | None = None, **changed: object) -> AppTest:
        told = {"is_logged_in": True, "iss": ISSUER, "aud": CLIENT, "sub": "s", "iat": time.time()} | changed
        monkeypatch.setattr(type(st.user), "to_dict", lambda _: told)
        return (AppTest.from_file(str(MAIN), default_timeout=120) if page is None else page).run()

    return opened


def test_who_signed_in_at_the_provider_sees_the_page_and_can_leave(known):
    page = known(name="Ann", email="ann@example.com", email_verified=True)
    assert [element.value for element in page.sidebar.text] == ["ann@example.com"]
    assert [button.label for button in page.sidebar.button] == ["Sign out"]
    assert any("No runs yet" in said for said in words(page))


def test_who_did_not_sees_one_refusal_and_the_way_in(known):
    page = known(is_logged_in=False)
    assert [element.value for element in page.error] == ["You are not signed in, so nothing is shown."]
    assert [button.label for button in page.button] == ["Sign in"]
    assert len(words(page)) == 2
    for changed in ({"iss": "https://other.example"}, {"aud": "other"}, {"iat": time.time() - 30_000}):
        assert len(words(known(**changed))) == 2


def test_a_role_of_the_settings_counts_from_the_next_drawing_on(known, monkeypatch):
    monkeypatch.setenv("LODE_RESEARCHERS", "subject:s")
    page = known(AppTest.from_function(_bar))
    assert page.sidebar.caption[1].value == "Researcher"
    monkeypatch.setenv("LODE_RESEARCHERS", "")
    assert known(page).sidebar.caption[1].value.startswith("Reader")
    monkeypatch.setenv("LODE_RESEARCHERS", "everybody")
    assert "LODE_RESEARCHERS: 'everybody'" in known().code[0].value


def _part() -> None:
    """A page with a part that redraws itself."""
    import streamlit as st

    from lode.app.admission import admit, still_admitted
    from lode.errors import SignInError
    from lode.settings import load_settings

    @st.fragment
    def part() -> None:
        still_admitted(load_settings())
        st.button("again")
        st.text("a secret figure")

    try:
        admit(load_settings())
    except SignInError:
        st.text("refused")
        st.stop()
    part()


def test_a_part_that_redraws_itself_does_not_outlive_the_sign_in(known):
    page = known(AppTest.from_function(_part))
    assert [text.value for text in page.text] == ["a secret figure"]
    page.button[0].click()
    assert [text.value for text in known(page).text] == ["a secret figure"]
    page.button[0].click()
    assert [text.value for text in known(page, iat=time.time() - 30_000).text] == ["refused"]


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
