from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.app.balancer import KID, SETTINGS, Signer, claims, header, key_server
from tests.app.finished import Finished
from tests.browser.conftest import PATIENCE, served

pytestmark = pytest.mark.browser
SIGNER = Signer()
REFUSAL = "You are not signed in, so nothing is shown."


@pytest.fixture(scope="module")
def guarded(finished: Finished) -> Iterator[str]:
    """Address of a dashboard that believes the balancer only, over the home with a finished run."""
    with (
        key_server({KID: SIGNER.pem}) as (keys, _),
        served(finished.home, **SETTINGS, LODE_SIGN_IN_KEYS_URL=keys) as base,
    ):
        yield base


@pytest.fixture
def visit(browser: Browser, guarded: str) -> Iterator[Callable[..., Page]]:
    """Return what opens a page as the balancer would pass the request on, with this header or none."""
    contexts = []

    def opened(path: str, token: str | None) -> Page:
        sent = {"x-amzn-oidc-data": token} if token else {}
        contexts.append(browser.new_context(extra_http_headers=sent))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(guarded + path)
        return page

    yield opened
    for context in contexts:
        context.close()


def test_who_is_not_signed_in_sees_no_data_on_any_page(visit, finished):
    proven = finished.proven
    paths = ("/", "/leaderboard", f"/factor?factor={proven['id']}", f"/run?run={finished.result['run']}", "/data")
    refused = [(path, None) for path in paths] + [("/", Signer().token()), ("/", SIGNER.token(header(exp=1)))]
    for page in [visit(path, token) for path, token in refused]:
        page.get_by_text(REFUSAL).wait_for()
        shown = page.locator("body").inner_text()
        assert not [secret for secret in (proven["expression"], finished.result["run"], "Read from") if secret in shown]
        assert len(shown) < 400


def test_who_is_signed_in_sees_the_page_and_the_name_as_it_is_written(visit, finished):
    name = "<img src=x onerror=alert(1)>**ann**@example.com"
    page = visit("/", SIGNER.token(body=claims(email=name)))
    page.get_by_text("Read from", exact=False).wait_for()
    page.get_by_text(name, exact=True).wait_for()
    assert page.locator("img[src='x']").count() == 0
    assert page.get_by_text(REFUSAL).count() == 0
