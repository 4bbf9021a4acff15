"""Pages that do not change with the day, beside the pictures of them that were looked at."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from lode.settings import load_settings
from lode.warehouse import stop
from tests.browser.conftest import Window, served
from tests.browser.picturing import compare, difference, require_fonts

pytestmark = pytest.mark.browser
PAGES = {"overview-empty": "/"}
_WITHOUT_TIME = "shown => { shown.textContent = 'Read from … at … UTC.' }"


@pytest.fixture(scope="module")
def empty_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard over a home where nothing was done yet."""
    home = tmp_path_factory.mktemp("empty")
    with served(home) as base:
        yield base
    stop(load_settings(home=home, warehouse_url=None, lake_url=None))


@pytest.fixture(scope="module", autouse=True)
def fonts(browser: Browser) -> None:
    require_fonts(browser)


def stilled(page: Page) -> Page:
    """Take the place and the time of reading out of a page, and wait for the last of its drawing."""
    page.get_by_text("Read from", exact=False).evaluate(_WITHOUT_TIME)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(500)
    return page


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_looks_as_in_its_picture(window: Window, empty_dashboard: str, name: str, width: int):
    page = window(width, 800, base=empty_dashboard).open(PAGES[name])
    compare(stilled(page), f"{name}-{width}")


def test_a_difference_is_the_share_of_pixels_that_may_be_seen():
    def picture(color: str, size: tuple[int, int] = (10, 10), dot: str | None = None) -> bytes:
        image, body = Image.new("RGB", size, color), BytesIO()
        if dot:
            image.putpixel((3, 4), Image.new("RGB", (1, 1), dot).getpixel((0, 0)))
        image.save(body, "PNG")
        return body.getvalue()

    assert difference(picture("white"), picture("white")) == 0
    assert difference(picture("white"), picture("#f0f0f0")) == 0
    assert difference(picture("white"), picture("white", dot="black")) == 0.01
    assert difference(picture("white"), picture("black")) == 1
    assert difference(picture("white"), picture("white", (9, 10))) == 1
