"""Takes the README's pictures of a running dashboard.

    lode app --port 8501 &
    python -m tools.screenshot http://localhost:8501 [FACTOR]

writes docs/pictures/overview.png and factor.png beside it: the top of the overview, and the page of FACTOR, the newest
proven one where none is named.
"""

from __future__ import annotations

import sys

from playwright.sync_api import Page, Position, sync_playwright

from tools import chromium, environment

FOLDER = environment.ROOT / "docs" / "pictures"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync")
WIDTH = 1280
OVERVIEW_HEIGHT, FACTOR_HEIGHT = 790, 2150  # above the line that names the folder of the warehouse
FIRST_BOX: Position = {"x": 16, "y": 53}  # pixels in the table of the newest proven, which is drawn on a canvas
DRAWN_MS = 2500


def main() -> None:
    """Take both pictures."""
    if len(sys.argv) < 2:
        sys.exit(f"usage: python -m tools.screenshot URL [FACTOR]\n{__doc__}")
    base, factor = sys.argv[1].rstrip("/"), sys.argv[2] if len(sys.argv) > 2 else ""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium.ensure(), args=FLAGS)
        page = browser.new_context(viewport={"width": WIDTH, "height": OVERVIEW_HEIGHT}).new_page()
        page.goto(base)
        _shoot(page, "overview.png")
        page.set_viewport_size({"width": WIDTH, "height": FACTOR_HEIGHT})
        if factor:
            page.goto(f"{base}/?factor={factor}")
        else:
            page.get_by_test_id("stDataFrame").first.click(position=FIRST_BOX)
        page.get_by_text("Where it comes from").wait_for()
        _shoot(page, "factor.png")
        browser.close()


def _shoot(page: Page, name: str) -> None:
    page.get_by_text("Read from").wait_for()
    page.mouse.move(0, 0)  # off the charts, whose buttons show under the pointer
    page.wait_for_timeout(DRAWN_MS)
    page.screenshot(path=FOLDER / name)
    sys.stdout.write(f"{FOLDER / name}: {(FOLDER / name).stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
