"""The dashboard in a real browser, over a real server and a real run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lode.warehouse import stop
from tests.app.finished import Finished
from tests.app.hostile import FACTOR, RUN
from tests.browser.conftest import PATIENCE, Window

pytestmark = pytest.mark.browser
CHARTS = 6
HEADER, ROW = 36, 35  # pixels of the table that is drawn on a canvas


def charts(page: Page):
    return page.locator("[data-testid=stVegaLiteChart] svg.marks")


def pick_row(page: Page, number: int) -> None:
    """Tick the box of a row of the page's first table, counted from 0."""
    board = page.get_by_test_id("stDataFrame").first
    board.scroll_into_view_if_needed()
    board.click(position={"x": 16, "y": HEADER + ROW * number + ROW // 2})


def assert_whole(page: Page) -> None:
    """No message of failure, and nothing wider than the window."""
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_text("This cannot be shown.").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_from_the_overview_to_a_factor_and_back(window: Window, finished: Finished):
    page = window().open()
    assert_whole(page)
    expect(page).to_have_title("Overview · Lode")
    pick_row(page, 0)
    page.wait_for_url(re.compile(r"/factor\?"), timeout=PATIENCE)
    expect(page.get_by_role("heading", name="Factor", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(charts(page)).to_have_count(CHARTS, timeout=PATIENCE)
    assert f"run={finished.result['run']}" in page.url
    assert any(f"factor={row['id']}" in page.url for row in finished.result["proven"])
    assert_whole(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Newest proven")).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(1000)
    assert "/factor" not in page.url


@pytest.mark.parametrize("width", [1280, 390])
def test_a_link_opens_a_factor(window: Window, finished: Finished, width: int):
    watched = window(width, zone="Pacific/Honolulu")
    page = watched.open(f"/?factor={finished.proven['id']}&run={finished.result['run']}")
    expect(charts(page)).to_have_count(CHARTS, timeout=PATIENCE)
    expect(page.get_by_text("Sample or simulated data")).to_be_visible()
    expect(page.get_by_text(finished.proven["expression"], exact=True).first).to_be_visible()
    assert_whole(page)


@pytest.mark.parametrize("width", [1280, 390])
def test_from_a_filtered_leaderboard_to_a_factor_and_a_file(window: Window, finished: Finished, width: int):
    watched = window(width)
    page = watched.open("/leaderboard?state=proven&sort=DSR")
    assert_whole(page)
    assert page.get_by_role("button", name="Download as CSV", exact=False).count() == 0
    with page.expect_download() as come:
        page.get_by_role("button", name="CSV", exact=True).click()
    assert finished.proven["id"] in Path(come.value.path()).read_text()
    pick_row(page, 0)
    page.get_by_role("button", name="Open factor").click()
    page.wait_for_url(re.compile(r"/factor\?"), timeout=PATIENCE)
    assert any(f"factor={row['id']}" in page.url for row in finished.result["proven"])
    assert "state=" not in page.url
    # Streamlit looks for its server below the page's path first, which the browser reports.
    watched.faults = [fault for fault in watched.faults if "_stcore" not in fault and "404" not in fault]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_overview_fits(window: Window, width: int):
    page = window(width).open()
    expect(page.get_by_text("Sample or simulated data")).to_be_visible()
    assert_whole(page)


def test_an_address_that_was_copied_opens_the_same_factor(window: Window, finished: Finished):
    watched = window()
    page = watched.open(f"/factor?factor={finished.refused['id']}&run={finished.result['run']}")
    expect(page.get_by_text(finished.refused["reason"], exact=True).first).to_be_visible(timeout=PATIENCE)
    assert_whole(page)
    # Streamlit looks for its server below the page's path first, which the browser reports.
    watched.faults = [fault for fault in watched.faults if "_stcore" not in fault and "404" not in fault]


def test_an_unknown_factor_is_said(window: Window):
    page = window().page
    page.goto(window().base + "/?factor=unknown")
    expect(page.get_by_text("no factor 'unknown'", exact=False)).to_be_visible(timeout=PATIENCE)
    assert page.get_by_test_id("stException").count() == 0


def test_two_windows_and_a_warehouse_that_was_stopped(window: Window, finished: Finished):
    first, second = window(), window(390)
    first.open()
    second.open(f"/?factor={finished.proven['id']}")
    stop(finished.settings)
    first.page.reload()
    assert_whole(first.settled())
    expect(charts(second.page)).to_have_count(CHARTS, timeout=PATIENCE)


def test_stored_markup_is_never_run_or_rendered(window: Window, hostile_dashboard: str):
    watched = window(base=hostile_dashboard)
    for path in ("/", f"/?factor={FACTOR}&run={RUN}"):
        page = watched.open(path)
        page.wait_for_timeout(1000)
        assert page.locator("img[src='x'], a[href*='example.com'], .katex").count() == 0
        assert page.locator("strong, b").filter(has_text="bold").count() == 0
        assert_whole(page)
