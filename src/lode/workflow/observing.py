"""What a panel takes beside prices: facts, filings, news and members, read from the warehouse as of a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from lode.panel import NOTHING, Observations
from lode.panel.fundamentals import CONCEPTS
from lode.warehouse import Warehouse
from lode.warehouse.stores.articles import read_articles
from lode.warehouse.stores.collections import read_collections
from lode.warehouse.stores.facts import read_facts
from lode.warehouse.stores.filings import read_filing_texts
from lode.warehouse.stores.instruments import read_instruments

NEWS = "news"
_SUCCESSES = ("collected", "unchanged", "empty")


@dataclass(frozen=True)
class Models:
    """Which model's tone a panel has: of filings and of news; "" where there is none."""

    filings: str = ""
    news: str = ""


def observe(
    warehouse: Warehouse, instruments: Sequence[str], *, as_of: datetime, models: Models | None = None
) -> tuple[Observations, Models]:
    """Rows about these instruments known by `as_of`, and whose tones they are (chosen where `models` does not say).

    A warehouse that has none of them is asked once.
    """
    there = _counts(warehouse)
    if not any(there.values()):
        return NOTHING, Models()
    known = read_instruments(warehouse, instruments).select("instrument", "cik").drop_nulls()
    texts, filing_model = None, models.filings if models else ""
    if there["filing_texts"] and known.height:
        texts = _by_instrument(read_filing_texts(warehouse, ciks=_ciks(known), as_of=as_of), known)
        texts, filing_model = _of_one_model(texts, filing_model)
    articles = searches = None
    if there["articles"]:
        news_model = models.news if models and models.news else None
        articles = read_articles(warehouse, instruments=instruments, as_of=as_of, model=news_model)
    if there["searches"]:
        searches = _searches(warehouse, instruments, as_of)
    facts = None
    if there["facts"] and known.height:
        facts = _by_instrument(read_facts(warehouse, ciks=_ciks(known), concepts=CONCEPTS, as_of=as_of), known)
    return Observations(facts, texts, articles, searches), Models(filing_model, _news_model(articles, models))


def _counts(warehouse: Warehouse) -> Mapping[str, int]:
    """Number of rows of each table."""
    return warehouse.query(
        "SELECT (SELECT count() FROM facts) AS facts, (SELECT count() FROM filing_texts) AS filing_texts, "
        "(SELECT count() FROM articles) AS articles, "
        "(SELECT count() FROM collections WHERE source = {news:String}) AS searches",
        news=NEWS,
    ).row(0, named=True)


def _ciks(known: pl.DataFrame) -> list[int]:
    return known["cik"].unique().sort().to_list()


def _by_instrument(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Rows of a company for each of its instruments."""
    return rows.join(known.with_columns(pl.col("cik").cast(rows.schema["cik"])), on="cik")


def _of_one_model(texts: pl.DataFrame, model: str) -> tuple[pl.DataFrame, str]:
    """Texts by `model`, else by the one that measured most of them (of equals the last by name)."""
    if not model and texts.height:
        model = str(texts.group_by("model").len().sort("len", "model")["model"][-1])
    return texts.filter(pl.col("model") == model), model


def _news_model(articles: pl.DataFrame | None, models: Models | None) -> str:
    if models:
        return models.news
    named = [] if articles is None else articles["sentiment_model"].unique().sort().to_list()
    return max(named, default="")


def _searches(warehouse: Warehouse, instruments: Sequence[str], as_of: datetime) -> pl.DataFrame:
    """Successful searches of each instrument: instrument, collected_at. They were made under one of its tickers."""
    spells = read_instruments(warehouse, instruments).select("instrument", "spells").explode("spells")
    tickers = spells.select("instrument", pl.col("spells").struct.field("symbol").alias("subject"))
    own = pl.DataFrame({"instrument": list(instruments), "subject": list(instruments)})
    subjects = pl.concat([tickers, own]).drop_nulls().unique()
    found = read_collections(
        warehouse, source=NEWS, subjects=subjects["subject"].to_list(), until=as_of.astimezone(UTC)
    )
    searched = pl.col("first_session").is_not_null()  # not so where nothing was asked, or earlier days alone
    succeeded = found.filter(pl.col("outcome").cast(pl.String).is_in(_SUCCESSES) & searched)
    return succeeded.join(subjects, on="subject").select("instrument", "collected_at")
