"""Every example of every page, run as a reader would: what a page says that a command prints, it prints."""

from pathlib import Path

import pytest

from tools.pages.running import run_page

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "benchmarks" / "README.md"))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_does_what_it_says(page, tmp_path):
    outcome = run_page(page, tmp_path)
    assert not outcome.wrong, (
        "\n".join(outcome.wrong) + f"\nto renew it: python -m tools.pages --write {page.relative_to(ROOT)}"
    )
