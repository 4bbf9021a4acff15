from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lode.language.units import BAR_FIELDS, FIELD_UNITS, OBSERVED_FIELDS
from lode.library.fields import fields_reference
from lode.panel.fundamentals import ITEMS, RATIOS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "fields.md"


def test_every_field_is_on_the_page_once_with_its_unit():
    page = fields_reference().splitlines()
    for name in (*BAR_FIELDS, *OBSERVED_FIELDS):
        (row,) = [line for line in page if line.startswith(f"| `{name}` |")]
        assert row.split(" | ")[1] == FIELD_UNITS[name].name
    assert sum(line.startswith("| `") for line in page) == len(BAR_FIELDS) + len(OBSERVED_FIELDS)


def test_formulas_and_tags_are_those_that_compute():
    page = fields_reference()
    for ratio in RATIOS:
        assert f"| {ratio.formula} |" in page
    for item in ITEMS:
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{item.name}` |")]
        single = [alternative[0][0] for alternative in item.alternatives if len(alternative) == 1]
        tags = [tag.strip("` ") for tag in row.split(" | ")[3].removesuffix(" |").split(";")]
        assert [tag for tag in tags if "`" not in tag] == [concept.removeprefix("us-gaap/") for concept in single]


def test_the_page_in_the_docs_is_what_computes():
    assert PAGE.read_text() == fields_reference(), "run: python -m lode.library.fields > docs/reference/fields.md"


def test_the_module_prints_the_page():
    printed = subprocess.run([sys.executable, "-m", "lode.library.fields"], capture_output=True, text=True, check=True)
    assert printed.stdout == fields_reference()
