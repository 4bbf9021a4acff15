from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lode.language import FIELD_UNITS, OPERATORS, reference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "operators.md"


def test_every_operator_and_field_is_on_the_page():
    page = reference()
    for operator in OPERATORS.values():
        assert f"### `{operator.signature}`" in page
        assert operator.formula in page
    for name in FIELD_UNITS:
        assert f"`{name}`" in page


def test_the_page_in_the_docs_is_the_declarations():
    assert PAGE.read_text() == reference(), "run: python -m lode.language > docs/reference/operators.md"


def test_the_module_prints_the_page():
    printed = subprocess.run([sys.executable, "-m", "lode.language"], capture_output=True, text=True, check=True)
    assert printed.stdout == reference()
