import re
import warnings
from html.parser import HTMLParser

import numpy as np
import pytest

from lode.evaluation import Identity, References, evidence_sheet, sheet_of
from lode.language import parse
from tests.evidence.conftest import make_panel

VOID = {"meta", "br", "img", "hr", "link", "input"}


class Checker(HTMLParser):
    """Tags that close what they open, ids that are unique, attributes that load something."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.loads = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        self.loads += [(tag, name) for name, _ in attrs if name in {"src", "href", "action"} or name.startswith("on")]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def checked(page):
    checker = Checker()
    checker.feed(page)
    assert not checker.open
    assert not checker.loads
    assert len(checker.ids) == len(set(checker.ids))
    assert not re.search(r"url\(|@import|https?:|<script|\bnan\b|\binf\b", page, re.IGNORECASE)
    return page


def test_page_is_whole_and_loads_nothing(reversal_market, options):
    series = 0.01 * np.random.default_rng(0).standard_normal(400)
    beside = References({"size": parse("volume")}, {"mine": parse("close")}, {"smb": series})
    page = checked(evidence_sheet(parse("rank(-close)"), reversal_market, options, beside).to_html())
    assert page.count("<figure>") == page.count("role='img'") == 9
    for words in (
        "prefers-color-scheme:dark",
        "lang='en'",
        "Library: most alike",
        "market factors",
        "N059",
        "viewport",
    ):
        assert words in page


def test_texts_of_others_are_escaped(reversal_market, options):
    hostile = "</title><script>alert(1)</script>'\""
    identity = Identity(hostile, hostile, hostile, 0, hostile, (hostile,))
    beside = References(pool={hostile: parse("volume")})
    sheet = sheet_of(reversal_market.fields["close"], reversal_market, identity, options, beside)
    checked(sheet.to_html())


@pytest.mark.parametrize("sessions", [0, 1, 3, 80])
@pytest.mark.parametrize("names", [1, 30])
@pytest.mark.parametrize("kind", ["constant", "missing", "ties"])
def test_degenerate_factors_have_a_page(sessions, names, kind, options):
    rng = np.random.default_rng(0)
    close = np.exp(np.cumsum(0.02 * rng.standard_normal((sessions, names)), axis=0))
    values = {"constant": np.ones_like(close), "missing": np.full_like(close, np.nan), "ties": np.round(close)}[kind]
    panel = make_panel(close, volume=np.ones_like(close))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sheet = sheet_of(values.astype(np.float32), panel, Identity("x", "x", "0", 0, "rank", ()), options)
        checked(sheet.to_html())
