"""Facts, filings and their texts in the warehouse."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl

from lode.warehouse.stores.facts import COLUMNS, insert_facts, read_facts
from lode.warehouse.stores.filings import (
    FILING_COLUMNS,
    TEXT_COLUMNS,
    insert_filing_texts,
    insert_filings,
    read_filing_texts,
    read_filings,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def facts(**changes):
    row = {
        "cik": 1,
        "concept": "us-gaap/Revenues",
        "unit": "USD",
        "period_start": date(2022, 1, 1),
        "period_end": date(2022, 12, 31),
        "value": 100.0,
        "form": "10-K",
        "accession": "0000000001-23-000001",
        "filed": date(2023, 2, 1),
        "accepted": datetime(2023, 2, 1, 22, 0, tzinfo=UTC),
        "knowledge_time": datetime(2023, 2, 1, 22, 0, tzinfo=UTC),
        "fiscal_year": 2022,
        "fiscal_period": "FY",
        "source": "sec",
    }
    return pl.DataFrame([row | changes], schema_overrides=COLUMNS)


def test_a_restatement_is_a_later_row(warehouse):
    later = datetime(2024, 2, 1, 22, 0, tzinfo=UTC)
    first = facts(cik=11)
    second = facts(cik=11, value=90.0, accession="0000000001-24-000001", accepted=later, knowledge_time=later)
    for _ in range(2):
        insert_facts(warehouse, pl.concat([first, second]))
    assert read_facts(warehouse, ciks=[11], as_of=NOW)["value"].to_list() == [100.0, 90.0]
    assert read_facts(warehouse, ciks=[11], as_of=datetime(2024, 1, 1, tzinfo=UTC))["value"].to_list() == [100.0]
    assert read_facts(warehouse, ciks=[11], as_of=datetime(2023, 2, 1, tzinfo=UTC)).is_empty()
    assert read_facts(warehouse, ciks=[11], concepts=["us-gaap/Assets"], as_of=NOW).is_empty()
    assert read_facts(warehouse, ciks=[12], as_of=NOW).schema == pl.Schema(COLUMNS)


def test_facts_come_back_as_they_were(warehouse):
    """An instant, an unknown acceptance, an unknown fiscal year; two durations that end on one day stay apart."""
    kept = pl.concat(
        [
            facts(cik=13, period_start=None, accepted=None, fiscal_year=None, fiscal_period=""),
            facts(cik=13),
            facts(cik=13, period_start=date(2022, 10, 1)),
        ]
    )
    insert_facts(warehouse, kept)
    found = read_facts(warehouse, ciks=[13], as_of=NOW)
    assert found.sort("period_start").equals(kept.sort("period_start"))


def test_filings_and_texts_are_replaced_by_later_collections(warehouse):
    known = datetime(2023, 2, 1, 22, 0, tzinfo=UTC)
    filing = {
        "cik": 21,
        "accession": "a-1",
        "form": "10-K",
        "filed": date(2023, 2, 1),
        "accepted": known,
        "knowledge_time": known,
        "period": None,
        "title": "10-K",
        "lake_key": "",
        "url": "http://sec/a",
        "items": "",
    }
    rows = pl.DataFrame([filing], schema_overrides=FILING_COLUMNS)
    insert_filings(warehouse, rows, collected_at=known)
    insert_filings(warehouse, rows.with_columns(pl.lit("raw/sec/x").alias("lake_key")), collected_at=NOW)
    assert read_filings(warehouse, ciks=[21], forms=["10-K"], as_of=NOW)["lake_key"].to_list() == ["raw/sec/x"]
    assert read_filings(warehouse, ciks=[21], as_of=datetime(2023, 1, 1, tzinfo=UTC)).is_empty()
    text = {
        "cik": 21,
        "accession": "a-1",
        "form": "10-K",
        "model": "m",
        "knowledge_time": known,
        "words": 5,
        "tone": None,
        "readability": 12.5,
        "similarity": None,
        "previous": "",
        "lake_key": "raw/sec/x",
    }
    texts = pl.DataFrame([text], schema_overrides=TEXT_COLUMNS)
    insert_filing_texts(warehouse, texts, collected_at=NOW)
    insert_filing_texts(warehouse, texts.with_columns(pl.lit("n").alias("model")), collected_at=NOW)
    assert read_filing_texts(warehouse, ciks=[21], as_of=NOW)["model"].to_list() == ["m", "n"]
    assert read_filing_texts(warehouse, ciks=[21], model="m", as_of=NOW).equals(texts)
