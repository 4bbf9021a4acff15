"""Signing in at a provider of one's own, under a path, before two copies of the dashboard over one warehouse."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from playwright.sync_api import Browser, BrowserContext, Page

from tests.app.finished import Finished
from tests.browser.accessible import no_serious_findings
from tests.browser.conftest import PATIENCE, free_port, served
from tests.replicas.front import Front
from tests.replicas.identity import CLIENT, CLIENT_SECRET, Identity

pytestmark = pytest.mark.browser
BOB = "<img src=x>**bob**@example.com"
PEOPLE: dict[str, dict[str, Any]] = {
    "ann": {"sub": "1", "email": "ann@example.com", "email_verified": True},
    "bob": {"sub": "2", "name": "<b>**bob**</b>", "email": BOB, "groups": ["desk"]},
}
COOKIE_SECRET = "a secret that every copy has, and no log"
REFUSAL = "You are not signed in, so nothing is shown."


@dataclass(frozen=True)
class Copies:
    """Two copies of the dashboard, at `base` behind one front."""

    identity: Identity
    front: Front
    ports: tuple[int, int]

    @property
    def base(self) -> str:
        return f"{self.front.url}/lode"

    def turn_to(self, number: int) -> None:
        self.front.turn_to(self.ports[number])


@pytest.fixture(scope="module")
def copies(finished: Finished) -> Iterator[Copies]:
    with Identity(PEOPLE) as identity, Front() as front:
        ports = free_port(), free_port()
        settings = {
            "LODE_APP_PATH": "lode",
            "LODE_SIGN_IN": "oidc",
            "LODE_SIGN_IN_ISSUER": identity.issuer,
            "LODE_SIGN_IN_CLIENT": CLIENT,
            "LODE_SIGN_IN_CLIENT_SECRET": CLIENT_SECRET,
            "LODE_SIGN_IN_COOKIE_SECRET": COOKIE_SECRET,
            "LODE_SIGN_IN_REDIRECT_URL": f"{front.url}/lode/oauth2callback",
            "LODE_RESEARCHERS": "ann@example.com",
        }
        secrets = CLIENT_SECRET, COOKIE_SECRET  # a refused token leaves a traceback, which may not show them
        with (
            served(finished.home, at=ports[0], unseen=secrets, **settings),
            served(finished.home, at=ports[1], unseen=secrets, **settings),
        ):
            yield Copies(identity, front, ports)


@pytest.fixture
def context(browser: Browser, copies: Copies) -> Iterator[BrowserContext]:
    copies.turn_to(0)
    opened = browser.new_context(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


def sign_in(page: Page, name: str, *, between: Callable[[], None] = lambda: None) -> None:
    """Press the button and choose a person; `between` is done while the provider's page is shown."""
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=name).wait_for()
    between()
    page.get_by_role("link", name=name).click()


def drawn(page: Page, name: str, role: str) -> None:
    """Wait until a page is drawn for who signed in."""
    page.get_by_text("Read from", exact=False).wait_for()
    page.get_by_test_id("stSidebar").get_by_text(name, exact=True).wait_for()
    page.get_by_test_id("stSidebar").get_by_text(role, exact=False).wait_for()


def test_a_sign_in_begun_at_one_copy_ends_at_another_on_the_page_that_was_asked_for(
    context: BrowserContext, copies: Copies, finished: Finished
):
    page, wanted = context.new_page(), f"{copies.base}/factor?factor={finished.proven['id']}"
    page.goto(wanted)
    page.get_by_text(REFUSAL).wait_for()
    assert finished.proven["expression"] not in page.locator("body").inner_text()
    no_serious_findings(page)
    sign_in(page, "ann", between=lambda: copies.turn_to(1))
    drawn(page, "ann@example.com", "Researcher")
    assert page.url.startswith(wanted)
    page.get_by_text(finished.proven["expression"], exact=True).first.wait_for()
    assert len(copies.identity.challenges[-1]) == 43  # S256
    own = [cookie for cookie in context.cookies() if cookie["name"].startswith("_streamlit_user")]
    assert own
    assert all(cookie["httpOnly"] and cookie["path"] == "/lode" for cookie in own)

    copies.turn_to(0)  # the copy is gone: the browser connects to the other, which knows nothing of the visit
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("heading", name="Overview").wait_for()
    drawn(page, "ann@example.com", "Researcher")

    page.goto(f"{copies.base}/?factor={finished.proven['id']}")
    page.get_by_text(finished.proven["expression"], exact=True).first.wait_for()
    no_serious_findings(page)


def test_who_leaves_sees_nothing_more_and_the_next_has_a_role_of_the_own(context: BrowserContext, copies: Copies):
    page = context.new_page()
    page.goto(f"{copies.base}/")
    sign_in(page, "bob")
    drawn(page, BOB, "Reader")
    assert page.locator("img[src='x'], strong, b").count() == 0
    copies.turn_to(1)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_text(REFUSAL).wait_for()
    assert "/leave" in copies.identity.asked
    assert not [cookie for cookie in context.cookies() if cookie["name"].startswith("_streamlit_user")]
    page.goto(f"{copies.base}/data")
    page.get_by_text(REFUSAL).wait_for()
    sign_in(page, "ann")
    drawn(page, "ann@example.com", "Researcher")
    assert page.url == f"{copies.base}/data"


def test_a_cookie_that_was_changed_opens_nothing(context: BrowserContext, copies: Copies):
    page = context.new_page()
    page.goto(f"{copies.base}/")
    sign_in(page, "ann")
    drawn(page, "ann@example.com", "Researcher")
    (signed,) = (cookie["value"] for cookie in context.cookies() if cookie["name"] == "_streamlit_user")
    changed = signed[:8] + ("A" if signed[8] != "A" else "B") + signed[9:]
    context.add_cookies([{"name": "_streamlit_user", "value": changed, "domain": "localhost", "path": "/lode"}])
    page.reload()
    page.get_by_text(REFUSAL).wait_for()


def test_a_token_that_is_not_the_providers_for_this_sign_in_opens_nothing(context: BrowserContext, copies: Copies):
    page, honest = context.new_page(), copies.identity.key
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged: list[tuple[rsa.RSAPrivateKey, dict[str, Any]]] = [
        (other, {}),
        (honest, {"aud": "another client"}),
        (honest, {"iss": "https://another.example"}),
        (honest, {"nonce": "of another sign-in"}),
        (honest, {"iat": int(time.time()) - 30_000}),
    ]
    try:
        for copies.identity.key, copies.identity.changed in forged:
            page.goto(f"{copies.base}/")
            sign_in(page, "ann")
            page.get_by_text(REFUSAL).wait_for()
    finally:
        copies.identity.key, copies.identity.changed = honest, {}
    page.goto(f"{copies.base}/")
    sign_in(page, "ann")
    drawn(page, "ann@example.com", "Researcher")


def test_everything_stands_under_the_path(copies: Copies):
    copies.turn_to(0)
    assert _asked(f"{copies.base}/_stcore/health") == 200
    assert _asked(f"{copies.front.url}/_stcore/health") == 404


def _asked(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
