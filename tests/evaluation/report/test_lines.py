"""A sheet's first lines say what was judged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lode.evaluation import evidence_sheet
from lode.evaluation.report import Sheet, SheetOptions
from lode.language import parse
from lode.panel import Panel


@pytest.fixture
def sheet(reversal_market: Panel, options: SheetOptions) -> Sheet:
    """A sheet of a panel whose source is known."""
    named = replace(reversal_market, meta=replace(reversal_market.meta, source="mine"))
    return evidence_sheet(parse("rank(-close)"), named, options)


def test_the_first_lines_are_source_snapshot_and_size(sheet: Sheet) -> None:
    kept = sheet.with_snapshot("a5d3eb584aa1dda6")
    assert kept.lines()[0] == ("source, snapshot", "mine, a5d3eb584aa1dda6")
    assert kept.lines()[1] == ("sessions × names", f"{sheet.sessions:,} × {sheet.names}")
    assert "source, snapshot" in str(kept).splitlines()[1]
    assert "mine, a5d3eb584aa1dda6" in kept._repr_html_()


def test_a_panel_that_is_no_snapshot_says_so(sheet: Sheet) -> None:
    assert sheet.lines()[0] == ("source, snapshot", "mine, –")
    assert replace(sheet, source="").lines()[0] == ("source, snapshot", "–, –")


def test_json_and_page_say_the_same(sheet: Sheet) -> None:
    told, kept = sheet.to_dict(), sheet.with_snapshot("a5d3eb584aa1dda6")
    assert (told["source"], told["snapshot"]) == ("mine", None)
    assert kept.to_dict()["snapshot"] == "a5d3eb584aa1dda6"
    assert "Source mine, snapshot a5d3eb584aa1dda6: " in kept.to_html()
