"""Every page that the dashboard has, over a finished run: for who sees little, and on a narrow window."""

from __future__ import annotations

import ast

import pytest
from playwright.sync_api import Page

from lode.app.server import MAIN
from tests.app.finished import Finished
from tests.browser.accessible import no_serious_findings
from tests.browser.conftest import PATIENCE, Watched, Window

pytestmark = pytest.mark.browser
WIDTHS = (1280, 390)


def titles() -> list[str]:
    """Read the titles from the entry point's source: to import it is to draw a page."""
    (pages,) = (
        node.value
        for node in ast.walk(ast.parse(MAIN.read_text()))
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "PAGES" and isinstance(node.value, ast.Dict)
    )
    return [ast.literal_eval(key) for key in pages.keys if key is not None]


PAGES = titles()
FIRST = PAGES[0]


def query(title: str, finished: Finished) -> str:
    """What a page needs to be told to show something."""
    run, factor = finished.result["run"], finished.proven["id"]
    return {"Factor": f"?factor={factor}&run={run}", "Run": f"?run={run}"}.get(title, "")


def drawn(watched: Watched, title: str, finished: Finished) -> Page:
    """Open a page and wait until all of it is drawn, its charts too."""
    path = "" if title == FIRST else title.lower().replace(" ", "-")
    return drawn_at(watched, f"/{path}{query(title, finished)}")


def drawn_at(watched: Watched, address: str) -> Page:
    page = watched.open(address)
    page.wait_for_function(
        "document.querySelectorAll('[data-testid=stSkeleton], [data-stale=true]').length === 0", timeout=PATIENCE
    )
    # Streamlit looks for its server below the page's path first, which the browser reports.
    watched.faults = [fault for fault in watched.faults if "_stcore" not in fault and "404" not in fault]
    return page


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("title", PAGES)
def test_a_page_is_for_everybody(window: Window, finished: Finished, title: str, width: int):
    """No grave finding of axe, no wider than the window; the fixture asks for a clean console, no foreign request."""
    watched = window(width)
    page = drawn(watched, title, finished)
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_text("This cannot be shown.").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    no_serious_findings(page)


@pytest.mark.parametrize("title", PAGES)
def test_a_page_is_for_everybody_in_the_dark(window: Window, finished: Finished, title: str):
    no_serious_findings(drawn(window(scheme="dark"), title, finished))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_chosen_can_be_read(window: Window, finished: Finished, scheme: str):
    """Chips and buttons have the theme's first colour as their ground."""
    chips = drawn_at(window(scheme=scheme), "/leaderboard?state=proven")
    chips.locator("span[title=proven]").wait_for()
    no_serious_findings(chips)
    runs = drawn(window(scheme=scheme), "Run", finished)
    runs.get_by_text("Start a run").first.click()
    runs.get_by_role("button", name="Start the run").wait_for()
    no_serious_findings(runs)


def test_axe_finds_what_is_wrong(window: Window):
    page = window().open()
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<main><button></button></main>')")
    with pytest.raises(AssertionError, match="button-name"):
        no_serious_findings(page)
