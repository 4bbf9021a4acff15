"""The pages of the data, a symbol, filings and news in a real browser, over texts that are Markdown and HTML."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from lode.settings import load_settings
from lode.warehouse import stop
from tests.app.papers import MARKUP, SECOND, write_papers
from tests.browser.conftest import PATIENCE, Window, served
from tests.browser.test_journey import assert_whole, charts

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def papers_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of `lode app` over a home with one name, its filings and articles."""
    settings = load_settings(home=tmp_path_factory.mktemp("papers"), warehouse_url=None, lake_url=None)
    write_papers(settings, text=MARKUP)
    with served(settings.folder) as base:
        yield base
    stop(settings)


def go_to(page: Page, title: str) -> None:
    """Open a page by the bar."""
    page.get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible(timeout=PATIENCE)


def test_from_the_data_to_a_symbol_to_a_filing_and_back(window: Window, papers_dashboard: str):
    watched = window(base=papers_dashboard)
    page = watched.open()
    go_to(page, "Data")
    expect(charts(page)).to_have_count(1, timeout=PATIENCE)
    assert_whole(watched.settled())
    gaps = page.get_by_test_id("stDataFrame").nth(2)
    gaps.scroll_into_view_if_needed()
    gaps.click(position={"x": 16, "y": 36 + 35 // 2})
    page.wait_for_url("**/symbol?**", timeout=PATIENCE)
    expect(charts(page)).to_have_count(3, timeout=PATIENCE)
    assert "symbol=A" in page.url
    assert_whole(watched.settled())
    mark = page.locator("[data-testid=stVegaLiteChart] path[aria-label*='report']").last
    mark.scroll_into_view_if_needed()
    mark.click(force=True)
    page.wait_for_url(f"**filing={SECOND}**", timeout=PATIENCE)
    expect(page.get_by_text("We also make cakes", exact=False)).to_be_visible(timeout=PATIENCE)
    page.get_by_text("What is new in it", exact=True).click()
    expect(page.get_by_text("We make bread", exact=False)).to_be_hidden(timeout=PATIENCE)
    page.get_by_role("button", name="Back to the search").click()
    expect(page.get_by_text("Select a filing to read it.")).to_be_visible(timeout=PATIENCE)
    assert "filing=" not in page.url
    assert page.locator("img[src='x'], .katex").count() == 0
    assert page.locator("strong, b").filter(has_text="bold").count() == 0
    assert_whole(page)


def test_the_pages_fit_a_narrow_window(window: Window, papers_dashboard: str):
    watched = window(390, base=papers_dashboard, zone="Pacific/Honolulu")
    page = watched.open()
    for path in ("/data?of=mine", "/symbol?symbol=A&as_of=2024-02-12", f"/filings-and-news?filing={SECOND}"):
        page.goto(papers_dashboard + path)
        assert_whole(watched.settled())
    # Streamlit looks for its server below the page's path first; leaving a page ends what it was still loading.
    expected = ("_stcore", "404", "ERR_ABORTED")
    watched.faults = [fault for fault in watched.faults if not any(word in fault for word in expected)]
