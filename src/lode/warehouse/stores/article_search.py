"""Articles found by instrument, title and day."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.limits import FIRST_DAY, LAST_DAY

_COLUMNS = (
    "article, instrument, url, title, snippet, published, knowledge_time, toString(provider) AS provider, "
    "toString(language) AS language, backfilled, lake_key, "
    "if(sentiment_model = chosen, sentiment, NULL) AS tone, if(sentiment_model = chosen, chosen, '') AS model"
)
_MODEL = (
    "WITH (SELECT CAST(sentiment_model, 'String') FROM articles WHERE sentiment IS NOT NULL GROUP BY sentiment_model "
    "ORDER BY count() DESC, sentiment_model DESC LIMIT 1) AS found_model, ifNull(found_model, '') AS chosen "
)


def search_articles(
    warehouse: Warehouse,
    *,
    instrument: str | None = None,
    text: str = "",
    since: date | None = None,
    until: date | None = None,
    as_of: datetime,
    most: int = 500,
) -> pl.DataFrame:
    """Articles known by `as_of`, the one that was known last first; one row per article and instrument.

    instrument: None takes all. text: occurs in the title, in any case. since, until: days (UTC) on which an article
    was known, both included. Columns: article, instrument, url, title, snippet, published (null where unknown),
    knowledge_time, provider, language, backfilled (found long after it was published), lake_key, tone in [-1, 1] by
    the model that measured most of all articles (null where it did not), model.
    """
    return warehouse.query(
        f"{_MODEL} SELECT * FROM (SELECT {_COLUMNS} FROM articles FINAL "  # noqa: S608  columns from code
        "  WHERE ({every:Bool} OR instrument = {instrument:String}) "
        "  AND toDate32(articles.knowledge_time) BETWEEN {since:Date32} AND {until:Date32} "
        "  AND ({text:String} = '' OR positionCaseInsensitiveUTF8(title, {text:String}) > 0) "
        "  AND articles.knowledge_time <= {as_of:DateTime64(6, 'UTC')} "
        "  ORDER BY model = '', articles.knowledge_time LIMIT 1 BY instrument, article) "
        "ORDER BY knowledge_time DESC, instrument, article LIMIT {most:UInt64}",
        every=instrument is None,
        instrument=instrument or "",
        text=text,
        since=since or FIRST_DAY,
        until=until or LAST_DAY,
        as_of=as_of,
        most=most,
    )


def read_article(warehouse: Warehouse, article: str) -> pl.DataFrame:
    """Return an article in the columns of `search_articles`, a row per instrument that it was found for."""
    return warehouse.query(
        f"{_MODEL} SELECT {_COLUMNS} FROM articles FINAL WHERE article = {{article:String}} "  # noqa: S608  columns from code
        "ORDER BY instrument, model = '', articles.knowledge_time LIMIT 1 BY instrument",
        article=article,
    )


def list_subjects(warehouse: Warehouse) -> list[str]:
    """Instruments that have articles, sorted."""
    return list(warehouse.query("SELECT DISTINCT instrument FROM articles ORDER BY instrument")["instrument"])
