from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lode.library import FAMILIES, LIBRARY, reference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "library.md"


def test_every_definition_is_on_the_page():
    page = reference()
    for definition in LIBRARY.values():
        assert f"`{definition.key}`" in page
        assert f"`{definition.expression}`" in page
        assert definition.source in page
    assert page.count("\n## ") == len(FAMILIES)


def test_the_page_in_the_docs_is_the_definitions():
    assert PAGE.read_text() == reference(), "run: python -m lode.library > docs/reference/library.md"


def test_the_module_prints_the_page():
    printed = subprocess.run([sys.executable, "-m", "lode.library"], capture_output=True, text=True, check=True)
    assert printed.stdout == reference()
