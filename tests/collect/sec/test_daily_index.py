"""The daily index and the tickers."""

from __future__ import annotations

import json
from datetime import date

import pytest

from lode.collect.sec.daily_index import IndexDay, parse_listing, parse_master, quarter_folder, quarters
from lode.collect.sec.tickers import parse_tickers, spelled, why_unknown
from lode.errors import CollectError, SourceUnavailableError
from tests.replicas.sec import record, shared

MASTER = b"""Description:           Daily Index of EDGAR Dissemination Feed
Comments:              webmaster@sec.gov

CIK|Company Name|Form Type|Date Filed|File Name
--------------------------------------------------------------------------------
1000045|OLD MARKET CAPITAL Corp|10-Q|20261119|edgar/data/1000045/0000950170-26-000001.txt
1000097|KINGDON CAPITAL MANAGEMENT, L.L.C.|SCHEDULE 13G/A|20261119|edgar/data/1000097/x.txt
320193|Apple Inc.|4|20261119|edgar/data/320193/x.txt
320193|Apple Inc.|8-K|20261119|edgar/data/320193/y.txt
1018724|SOCI\xc9T\xc9 X|424B2|20261119|edgar/data/1018724/z.txt
"""


def test_filers_of_a_day():
    assert parse_master(record(MASTER)) == {1000045, 320193, 1018724}


@pytest.mark.parametrize("body", [b"", b"<html>", MASTER.replace(b"Form Type", b"Kind")])
def test_another_index_is_said(body):
    with pytest.raises(CollectError, match="other columns"):
        parse_master(record(body))


def test_published_days():
    names = ["form.20261118.idx", "master.20261119.idx", "master.20261118.idx", "sitemap.xml"]
    body = json.dumps({"directory": {"item": [{"name": name} for name in names]}}).encode()
    assert parse_listing(record(body)) == [
        IndexDay(date(2026, 11, 18), "master.20261118.idx"),
        IndexDay(date(2026, 11, 19), "master.20261119.idx"),
    ]
    assert parse_listing(record(b"", status=404)) == []
    with pytest.raises(CollectError, match="another schema"):
        parse_listing(record(b'{"directory": 1}'))


def test_quarters():
    assert quarters(date(2025, 11, 30), date(2026, 4, 1)) == [date(2025, 10, 1), date(2026, 1, 1), date(2026, 4, 1)]
    assert quarter_folder(date(2026, 3, 31)).endswith("daily-index/2026/QTR1")
    assert quarter_folder(date(2026, 4, 1)).endswith("daily-index/2026/QTR2")


def test_tickers(shared_data):
    known = parse_tickers(shared(shared_data, "company_tickers.json.gz"))
    assert known["AAPL"] == 320193
    assert known[spelled("brk.b")] == 1067983
    assert known["GOOG"] == known["GOOGL"]
    assert "'AAPLX'; near: AAPL" in why_unknown("AAPLX", known)
    with pytest.raises(SourceUnavailableError):
        parse_tickers(record(b"<html>"))
    with pytest.raises(CollectError, match="another schema"):
        parse_tickers(record(b'{"0": {"ticker": "A"}}'))
