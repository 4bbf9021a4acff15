"""Companyfacts: made by hand, and as the SEC sent them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from lode.collect.sec.companyfacts import NO_FILING, NO_PERIOD, NO_VALUE, parse_facts, with_acceptance
from lode.errors import CollectError, SourceUnavailableError
from tests.replicas.sec import fact, facts_body, record, shared


def test_every_statement_is_a_row():
    """Revenue of 2022 as filed, and as restated a year later: both stay."""
    body = facts_body(
        7,
        {
            "us-gaap/Revenues": {
                "USD": [
                    fact("2022-12-31", 100, "a-1", "2023-02-01", start="2022-01-01"),
                    fact("2022-12-31", 90.5, "a-2", "2024-02-01", start="2022-01-01"),
                    fact("2022-12-31", 30, "a-1", "2023-02-01", start="2022-10-01"),
                ]
            },
            "ifrs-full/Assets": {"EUR": [fact("2022-12-31", 5, "a-1", "2023-02-01")]},
            "dei/EntityCommonStockSharesOutstanding": {"shares": [fact("2023-01-20", 9, "a-1", "2023-02-01")]},
        },
    )
    found = parse_facts(record(body))
    assert found.cik == 7
    assert found.refused.is_empty()
    assert found.facts.select("concept", "unit", "period_start", "value", "accession").rows() == [
        ("us-gaap/Revenues", "USD", date(2022, 1, 1), 100.0, "a-1"),
        ("us-gaap/Revenues", "USD", date(2022, 1, 1), 90.5, "a-2"),
        ("us-gaap/Revenues", "USD", date(2022, 10, 1), 30.0, "a-1"),
        ("ifrs-full/Assets", "EUR", None, 5.0, "a-1"),
        ("dei/EntityCommonStockSharesOutstanding", "shares", None, 9.0, "a-1"),
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"val": None}, NO_VALUE),
        ({"val": "n/a"}, NO_VALUE),
        ({"val": True}, NO_VALUE),
        ({"end": "2022-13-31"}, NO_PERIOD),
        ({"end": "0202-12-31"}, NO_PERIOD),
        ({"start": "2023-01-01"}, NO_PERIOD),
        ({"start": "then"}, NO_PERIOD),
        ({"accn": None}, NO_FILING),
        ({"filed": ""}, NO_FILING),
        ({"filed": "9999-12-31"}, NO_FILING),  # no warehouse holds its time
        ({"filed": "0001-01-01"}, NO_FILING),
        ({"val": 10**400}, NO_VALUE),  # more than a float holds: JSON's whole numbers have no end
        ({"val": "123"}, NO_VALUE),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_reason(change, reason):
    good = fact("2022-12-31", 1, "a-1", "2023-02-01", start="2022-01-01")
    found = parse_facts(record(facts_body(7, {"us-gaap/Assets": {"USD": [good | change, good]}})))
    assert found.facts.height == 1
    assert found.refused["reason"].to_list() == [reason]


@pytest.mark.parametrize("year", [10**30, -1, 2022.5, "2022", None])
def test_a_fiscal_year_that_is_none_costs_no_fact(year):
    good = fact("2022-12-31", 1, "a-1", "2023-02-01", start="2022-01-01")
    found = parse_facts(record(facts_body(7, {"us-gaap/Assets": {"USD": [good | {"fy": year}]}})))
    assert found.facts["value"].to_list() == [1.0]
    assert found.facts.schema["fiscal_year"] == pl.UInt16


@pytest.mark.parametrize("absent", ["frame", "fy", "fp", "start"])
def test_what_a_fact_can_do_without(absent):
    whole = fact("2022-12-31", 1, "a-1", "2023-02-01", start="2022-01-01")
    cut = {name: value for name, value in whole.items() if name != absent}
    found = parse_facts(record(facts_body(7, {"us-gaap/Assets": {"USD": [cut]}})))
    assert (found.facts.height, found.refused.height) == (1, 0)


@pytest.mark.parametrize(
    "body", [{"cik": 7, "facts": {}}, {"cik": "0000000007"}, {"cik": 7, "facts": {"ifrs-full": {"_stripped": True}}}]
)
def test_a_body_without_facts(body):
    found = parse_facts(record(json.dumps(body).encode()))
    assert (found.cik, found.facts.height, found.refused.height) == (7, 0, 0)
    assert with_acceptance(
        found.facts, pl.DataFrame(schema={"accession": pl.String, "accepted": pl.Datetime("us", "UTC")})
    ).is_empty()


@pytest.mark.parametrize(
    "body", [{}, {"cik": 7, "facts": {"us-gaap": {"Assets": {"USD": []}}}}, {"cik": 7, "facts": [1]}]
)
def test_another_schema_is_said(body):
    with pytest.raises(CollectError, match="another schema"):
        parse_facts(record(json.dumps(body).encode()))


def test_a_page_for_people_is_a_failure_of_the_source(shared_data):
    page = (shared_data / "sec/error_pages/429_rate_exceeded.html").read_bytes()
    with pytest.raises(SourceUnavailableError, match="no JSON"):
        parse_facts(record(page))


def test_acceptance_comes_by_accession():
    found = parse_facts(
        record(
            facts_body(
                7,
                {
                    "dei/X": {
                        "pure": [fact("2022-12-31", 1, "a-1", "2023-02-01"), fact("2023-03-31", 2, "a-2", "2023-05-01")]
                    }
                },
            )
        )
    )
    accepted = datetime(2023, 1, 31, 22, 40, tzinfo=UTC)
    filings = pl.DataFrame(
        {"accession": ["a-1"], "accepted": [accepted]}, schema_overrides={"accepted": pl.Datetime("us", "UTC")}
    )
    joined = with_acceptance(found.facts, filings)
    assert joined["accepted"].to_list() == [accepted, None]
    assert joined["knowledge_time"].to_list() == [accepted, datetime(2023, 5, 2, 3, 59, 59, tzinfo=UTC)]


def test_recorded_bodies(shared_data):
    """Every recorded value is a row, counted by a walk of its own."""
    for path in sorted((shared_data / "sec").glob("companyfacts*/*.json.gz")):
        kept = shared(shared_data, f"{path.parent.name}/{path.name}")
        taxonomies = json.loads(kept.body)["facts"].values()
        described = [c for concepts in taxonomies for c in concepts.values() if isinstance(c, dict)]
        count = sum(len(values) for c in described for values in c["units"].values())
        found = parse_facts(kept)
        assert (found.facts.height, found.refused.height) == (count, 0), path.name
