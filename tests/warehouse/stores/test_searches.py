"""Filings and articles found by what a reader asks for."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from lode.settings import load_settings
from lode.warehouse import open_warehouse, stop
from lode.warehouse.stores.article_search import list_subjects, read_article, search_articles
from lode.warehouse.stores.filing_search import list_filers, list_forms, read_filing, read_measures, search_filings
from tests.app.papers import article, filing, keep_articles, keep_filings, keep_measures, measure

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("searches"), warehouse_idle=60)
    with open_warehouse(settings) as opened:
        assert search_filings(opened, as_of=NOW).is_empty()  # there is no model to choose yet
        assert read_measures(opened, ["one"]).is_empty()
        assert search_articles(opened, as_of=NOW).is_empty()
        keep_filings(
            opened,
            filing("one", day=date(2024, 2, 1), title="Annual report"),
            filing("two", day=date(2025, 2, 1), title="ANNUAL Report"),
            filing("three", day=date(2024, 5, 1), form="10-Q", title="Quarterly 100%_"),
            filing("four", cik=2, day=date(2024, 6, 1), form="8-K"),
        )
        keep_measures(opened, measure("one", tone=0.1), measure("two", tone=0.3, similarity=0.9, previous="one"))
        keep_measures(opened, measure("one", tone=-0.9, model="other"))
        keep_articles(
            opened,
            article("x", day=date(2024, 2, 1), title="Profit up", tone=0.5),
            article("x", day=date(2024, 2, 1), title="Profit up", tone=-0.5, model="other"),
            article("x", instrument="B", day=date(2024, 2, 2), title="Profit up", tone=0.5),
            article("y", day=date(2024, 3, 1), title="Loss", tone=None, model="other"),
        )
        yield opened
    stop(settings)


def found(rows: pl.DataFrame, column: str = "accession") -> list[str]:
    return rows[column].to_list()


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["two", "four", "three", "one"]),
        ({"cik": 1, "forms": ["10-K"]}, ["two", "one"]),
        ({"text": "annual"}, ["two", "one"]),
        ({"text": "100%_"}, ["three"]),
        ({"text": "%"}, ["three"]),
        ({"since": date(2024, 5, 1), "until": date(2024, 6, 1)}, ["four", "three"]),
        ({"as_of": datetime(2024, 4, 1, tzinfo=UTC)}, ["one"]),
        ({"most": 1}, ["two"]),
        ({"text": "' OR 1 = 1 --"}, []),
    ],
)
def test_filings_are_found_the_latest_first(warehouse, asked, names):
    assert found(search_filings(warehouse, **{"as_of": NOW} | asked)) == names


def test_measures_stand_beside_those_of_the_filing_before(warehouse):
    rows = read_measures(warehouse, ["one", "two", "three"])
    columns = ("accession", "model", "tone", "similarity", "previous", "previous_tone", "previous_words")
    assert rows.select(columns).rows() == [
        ("one", "vader", 0.1, None, "", None, None),
        ("two", "vader", 0.3, 0.9, "one", 0.1, 100),
    ]


def test_one_filing_and_what_there_is(warehouse):
    assert found(read_filing(warehouse, "three"), "form") == ["10-Q"]
    assert read_filing(warehouse, "none").is_empty()
    assert list_forms(warehouse) == ["10-K", "10-Q", "8-K"]
    assert list_filers(warehouse) == [1, 2]


def test_articles_are_found_once_with_the_tone_of_one_model(warehouse):
    rows = search_articles(warehouse, as_of=NOW)
    assert rows.select("article", "instrument", "tone", "model").rows() == [
        ("y", "A", None, ""),
        ("x", "B", 0.5, "vader"),
        ("x", "A", 0.5, "vader"),
    ]
    assert found(search_articles(warehouse, instrument="A", text="PROFIT", as_of=NOW), "article") == ["x"]
    span = {"since": date(2024, 2, 2), "until": date(2024, 2, 29)}
    assert found(search_articles(warehouse, **span, as_of=NOW), "instrument") == ["B"]
    assert search_articles(warehouse, as_of=datetime(2024, 1, 1, tzinfo=UTC)).is_empty()


def test_an_article_is_read_for_each_of_its_instruments(warehouse):
    assert found(read_article(warehouse, "x"), "instrument") == ["A", "B"]
    assert read_article(warehouse, "none").is_empty()
    assert list_subjects(warehouse) == ["A", "B"]
