"""Submissions: made by hand, and as the SEC sent them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from lode.collect.sec.submissions import OlderFile, parse_older, parse_submissions
from lode.errors import CollectError, SourceUnavailableError
from tests.replicas.sec import columns, filed, record, shared, submissions_body

TENK = filed("0000000001-24-000001", "10-K", "2024-02-05", "2024-02-02T18:00:00.000Z", period="2023-12-31")
EIGHTK = filed("0000000001-24-000002", "8-K", "2024-03-01", "2024-03-01T15:00:00.000Z")


def test_a_company_and_its_filings():
    files = [{"name": "CIK1-submissions-001.json", "filingFrom": "1999-01-04", "filingTo": "2003-05-06"}]
    found = parse_submissions(record(submissions_body(1, [TENK, EIGHTK], sic="3571", tickers=["ONE"], older=files)))
    assert (found.cik, found.sic, found.tickers) == (1, 3571, ("ONE",))
    assert found.older == (OlderFile("CIK1-submissions-001.json", date(1999, 1, 4), date(2003, 5, 6)),)
    first = found.filings.row(0, named=True)
    assert first["accepted"] == first["knowledge_time"] == datetime(2024, 2, 2, 23, 0, tzinfo=UTC)
    assert (first["period"], first["filed"]) == (date(2023, 12, 31), date(2024, 2, 5))
    assert found.filings["period"].to_list()[1] is None


def test_unknown_acceptance_is_the_end_of_the_filing_date():
    found = parse_submissions(
        record(submissions_body(1, [filed("a", "10-Q", "1999-02-12", "1999-02-12T05:00:00.000Z")]))
    )
    assert found.filings["accepted"].to_list() == [None]
    assert found.filings["knowledge_time"].to_list() == [datetime(1999, 2, 13, 4, 59, 59, tzinfo=UTC)]


def test_a_filing_that_is_listed_twice_is_one():
    assert parse_submissions(record(submissions_body(1, [TENK, TENK]))).filings.height == 1


def test_sic_may_be_absent():
    assert parse_submissions(record(submissions_body(1, [TENK], sic=""))).sic is None


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><html>", b'{"cik": "1", "na', b""])
def test_no_json_is_a_failure_of_the_source(body):
    with pytest.raises(SourceUnavailableError, match="no JSON"):
        parse_submissions(record(body))


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.pop("filings"),
        lambda body: body.pop("cik"),
        lambda body: body["filings"]["recent"].pop("accessionNumber"),
        lambda body: body["filings"]["recent"]["form"].pop(),
        lambda body: body["filings"]["recent"].update(filingDate=["yesterday", "today"]),
        lambda body: body.update(filings=[]),
    ],
)
def test_another_schema_is_said(change):
    body = json.loads(submissions_body(1, [TENK, EIGHTK]))
    change(body)
    with pytest.raises(CollectError, match=r"another schema.*--reparse"):
        parse_submissions(record(json.dumps(body).encode()))
    with pytest.raises(CollectError, match="an object"):
        parse_submissions(record(b"[]"))


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_that_no_warehouse_holds(day):
    body = json.loads(submissions_body(1, [TENK]))
    body["filings"]["recent"]["reportDate"] = [day]
    assert parse_submissions(record(json.dumps(body).encode())).filings["period"].to_list() == [None]
    body["filings"]["recent"]["filingDate"] = [day]
    with pytest.raises(CollectError, match="without accession, form or date"):
        parse_submissions(record(json.dumps(body).encode()))


def test_older_files_have_the_filings_alone():
    found = parse_older(record(json.dumps(columns([TENK])).encode()), 1)
    assert (found.cik, found.filings.height, found.older) == (1, 1, ())


def test_recorded_bodies(shared_data):
    apple = parse_submissions(shared(shared_data, "submissions/CIK0000320193.json.gz"))
    assert (apple.cik, apple.name, apple.sic, apple.filings.height) == (320193, "Apple Inc.", 3571, 1005)
    times = dict(apple.filings.select("accession", "accepted").iter_rows())
    assert times["0000320193-23-000106"] == datetime(2023, 11, 2, 22, 8, 27, tzinfo=UTC)
    for path in sorted((shared_data / "sec/submissions").glob("CIK??????????.json.gz")):
        found = parse_submissions(shared(shared_data, f"submissions/{path.name}"))
        assert found.filings.height
        assert found.filings["accepted"].null_count() == 0
    old = parse_older(shared(shared_data, "submissions/CIK0000749647-submissions-001.json.gz"), 749647)
    assert old.filings.height == 395
    assert old.filings["accepted"].null_count() == 73  # dates alone, up to 2002
    assert old.filings.filter(old.filings["accepted"].is_null())["filed"].max() < date(2003, 1, 1)
