from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.collect.http import RawRecord, keep_raw
from lode.errors import NotFoundError
from lode.lake import Lake
from lode.workflow.reading import filing_text, new_passages, pages_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path):
    return Lake((tmp_path / "lake").as_uri())


def kept(lake, body):
    return keep_raw(lake, "raw/sec/document/cik=1/a", RawRecord("http://sec", 200, {}, body, NOW))


def test_the_text_of_a_document_is_its_passages(lake):
    table = "<table><tr><td>1 2 3</td><td>4 5 6</td></tr></table>"
    body = f"<html><script>x()</script><h1>One\n  two</h1><p>  Three &amp;\tfour </p>{table}<p></p><p>Five</p></html>"
    assert filing_text(lake, kept(lake, body.encode())) == "One two\n\nThree & four\n\nFive"
    assert filing_text(lake, kept(lake, b"%PDF-1.4")) == ""


def test_a_document_that_is_not_there_is_said(lake):
    with pytest.raises(NotFoundError, match="raw/sec/none"):
        filing_text(lake, "raw/sec/none.json.zst")


@given(st.lists(st.text("ab ", min_size=1, max_size=60).filter(str.strip), max_size=12), st.integers(5, 50))
def test_pages_have_every_word_once_and_keep_their_size(passages, size):
    text = "\n\n".join(passages)
    pages = pages_of(text, size)
    assert len(pages) >= 1
    assert "".join("".join(pages).split()) == "".join(text.split())
    assert all(len(page) <= size for page in pages)


def test_pages_end_between_passages():
    assert pages_of("aaa\n\nbbb\n\ncccccc", 8) == ["aaa\n\nbbb", "cccccc"]
    assert pages_of("", 8) == [""]


def test_new_passages_are_those_with_other_words():
    same = "In 2023 the company sold 5 cakes and it hopes to sell many more of them soon."
    other = "The company was sued by eleven of its former bakers and expects to lose in court."
    before = f"{same}\n\nA heading"
    after = f"{same.replace('2023', '2024').replace('5', '7,5')}\n\nAnother heading\n\n{other}"
    assert new_passages(after, before) == [other]
    assert new_passages(after, after) == []
