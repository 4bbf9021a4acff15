"""What the page of filings and news reads: search results, a filing's text and measures, an article."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from lode.app.queries.caching import cached, kept
from lode.app.queries.coverage import with_symbols
from lode.app.queries.names import cik_of, instrument_of
from lode.app.queries.prices import Prices, read_prices, sources_of
from lode.errors import NotFoundError
from lode.lake import open_lake
from lode.settings import Settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.article_search import read_article, search_articles
from lode.warehouse.stores.filing_search import read_filing, read_measures, search_filings
from lode.warehouse.stores.instruments import read_instruments
from lode.workflow.reading import filing_text, new_passages

MOST = 500


@dataclass(frozen=True)
class Wanted:
    """What is searched for; "" and () and None take all."""

    symbol: str = ""
    forms: tuple[str, ...] = ()
    text: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class FoundTexts:
    """Filings with instrument, symbol and measures, and articles, 500 of each at most; prices of the one symbol.

    filings: as `search_filings` and `read_measures`, with tone_change (to the filing before of the same form).
    """

    instrument: str
    filings: pl.DataFrame
    articles: pl.DataFrame
    prices: Prices | None
    read_at: datetime


@dataclass(frozen=True)
class FilingPage:
    """One filing: a row of FoundTexts.filings, and the one before it of the same form, {} where its text is unknown."""

    filing: dict[str, Any]
    before: dict[str, Any]
    read_at: datetime


@cached
def search_texts(settings: Settings, wanted: Wanted) -> FoundTexts:
    """Search filings and articles; NotFoundError for a symbol that no stored row has."""
    now = datetime.now(UTC)
    common: dict[str, Any] = {"text": wanted.text, "since": wanted.since, "until": wanted.until, "as_of": now}
    with open_warehouse(settings, access="read") as warehouse:
        name = instrument_of(warehouse, wanted.symbol, None) if wanted.symbol else ""
        cik = cik_of(read_instruments(warehouse, [name])) if name else None
        most = 0 if name and cik is None else MOST
        found = search_filings(warehouse, cik=cik, forms=wanted.forms, most=most, **common)
        articles = search_articles(warehouse, instrument=name or None, most=MOST, **common)
        sources = sources_of(warehouse, name) if name else []
        return FoundTexts(
            instrument=name,
            filings=with_measures(
                with_symbols(warehouse, found), read_measures(warehouse, found["accession"].to_list())
            ),
            articles=articles,
            prices=read_prices(warehouse, sources[0], name, as_of=now) if sources else None,
            read_at=now,
        )


@cached
def read_filing_page(settings: Settings, accession: str) -> FilingPage:
    """Read a filing's row and the one before it; NotFoundError for an accession number that is not there."""
    with open_warehouse(settings, access="read") as warehouse:
        found = read_filing(warehouse, accession)
        if found.is_empty():
            raise NotFoundError(
                f"no filing {accession!r}; an accession number is written as 0000320193-24-000123: search for the "
                "filing, or collect it with `lode collect filings`"
            )
        row = with_measures(with_symbols(warehouse, found), read_measures(warehouse, [accession])).row(0, named=True)
        before = read_filing(warehouse, row["previous"]) if row["previous"] else found.clear()
        return FilingPage(row, next(before.iter_rows(named=True), {}), datetime.now(UTC))


@cached
def read_article_page(settings: Settings, article: str) -> tuple[dict[str, Any], list[str]]:
    """Read an article, by the columns of `search_articles`, and the instruments that it was found for.

    Raises NotFoundError for an id that is not there.
    """
    with open_warehouse(settings, access="read") as warehouse:
        found = read_article(warehouse, article)
    if found.is_empty():
        raise NotFoundError(f"no article {article!r}; search for it, or collect it with `lode collect news`")
    return found.row(0, named=True), found["instrument"].to_list()


@kept
def read_text(settings: Settings, key: str) -> str:
    """Read a document's text from the lake, see `lode.workflow.reading.filing_text`."""
    return filing_text(open_lake(settings), key)


@kept
def read_new_passages(settings: Settings, key: str, key_before: str) -> list[str]:
    """Read what a document says that the one before did not."""
    return new_passages(read_text(settings, key), read_text(settings, key_before))


def with_measures(filings: pl.DataFrame, measures: pl.DataFrame) -> pl.DataFrame:
    """Add the measures of each filing's text, null where there are none, and tone_change, tone less the one before."""
    return filings.join(measures, on="accession", how="left", maintain_order="left").with_columns(
        (pl.col("tone") - pl.col("previous_tone")).alias("tone_change")
    )
