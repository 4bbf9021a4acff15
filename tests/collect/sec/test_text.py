"""Text of documents and what is measured of it."""

from __future__ import annotations

import gzip
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.collect.sec.text import document_text, fog, measure, similarity, word_counts
from lode.collect.tone.vader import VaderTone

PAGE = b"""<html><head><title>skipped</title><style>p {}</style></head><body>
<div style="display:none"><ix:header><ix:hidden>hidden facts</ix:hidden></ix:header></div>
<!-- a comment --><p>We <b>grew</b> fast.</p><p>Costs&nbsp;fell.</p><script>var x;</script>
<table><tr><td>Revenue</td><td>1,234</td><td>5,678</td></tr></table>
<table><tr><td><p>A table that only places text.</p></td></tr></table></body></html>"""


def test_what_can_be_read():
    assert " ".join(document_text(PAGE).split()) == "We grew fast. Costs fell. A table that only places text."


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_documents_are_read_in_either_encoding(encoding):
    said = '<?xml version="1.0" encoding="ASCII"?><html><body><p>The company’s café</p></body></html>'
    assert document_text(said.encode(encoding)).strip() == "The company’s café"


def test_blocks_part_sentences():
    assert "\n\n" in document_text(b"<div>Heading</div><div>Text</div>").strip()


@pytest.mark.parametrize("body", [b"", b"  ", b"%PDF-1.4 binary", b"<!-- nothing -->", b"<html></html>"])
def test_a_document_without_words(body):
    measured = measure(body, VaderTone())
    assert (measured.words, measured.tone, measured.readability) == (0, None, None)
    assert similarity(measured.counts, measured.counts) is None


def test_first_document_of_a_submission_counts():
    body = b"<SEC-DOCUMENT><DOCUMENT><TYPE>10-K<TEXT>First one.</TEXT></DOCUMENT><TEXT>Exhibit</TEXT>"
    assert document_text(body).split() == ["First", "one."]


def test_fog_by_hand():
    """120 words in 6 sentences, 12 of them of three syllables: .4 × (20 + 10) = 12."""
    text = " ".join(["We cut the cost of our big old plant and then sold it to a firm in a company liability."] * 6)
    counted = Counter(text.lower().replace(".", "").split())
    assert counted.total() == 120
    assert fog(text, counted) == pytest.approx(12.0)
    assert fog("Too short.", Counter(["too", "short"])) is None


def test_similarity_by_hand():
    """(1, 2, 0) and (2, 1, 2): 4 / (√5 · 3)."""
    one, other = word_counts(Counter("abb")), word_counts(Counter("aabcc"))
    assert similarity(one, other) == pytest.approx(4 / (5**0.5 * 3))
    assert similarity(one, one) == pytest.approx(1.0)
    assert similarity(one, word_counts(Counter("xyz"))) == 0.0


words = st.dictionaries(st.text("abcde", min_size=1, max_size=3), st.integers(1, 50), min_size=1)


@given(words, words)
def test_similarity_is_a_symmetric_share(one, other):
    a, b = word_counts(Counter(one)), word_counts(Counter(other))
    assert similarity(a, b) == pytest.approx(similarity(b, a))
    assert 0.0 <= similarity(a, b) <= 1.0
    assert np.all(np.diff(a.words.astype(np.int64)) > 0)


def test_recorded_documents(shared_data):
    """Apple's 10-Ks hardly change; a 10-Q of another company is further away than any of them."""
    folder, tone = shared_data / "sec/filings", VaderTone()
    names = ["aapl-000032019322000108", "aapl-000032019323000106", "aapl-10-k-2024-11-01", "nvda-10-q-2025-08-27"]
    found = [measure(gzip.decompress((folder / f"{name}.html.gz").read_bytes()), tone) for name in names]
    assert all(10_000 < each.words < 40_000 for each in found)
    assert all(12 < each.readability < 22 for each in found)  # annual reports lie near 19 (Li 2008, table 1)
    assert all(-1 < each.tone < 1 for each in found)
    near = [similarity(a.counts, b.counts) for a, b in pairwise(found[:3])]
    assert min(near) > 0.99 > similarity(found[2].counts, found[3].counts)
