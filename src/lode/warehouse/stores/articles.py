"""Articles: one row per article, instrument and tone model, as first collected; only ever appended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from lode.warehouse import Warehouse

_UTC = pl.Datetime("us", "UTC")
_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "article": pl.String,
    "instrument": pl.String,
    "source": pl.String,
    "url": pl.String,
    "title": pl.String,
    "snippet": pl.String,
    "published": _UTC,
    "knowledge_time": _UTC,
    "provider": pl.String,
    "query": pl.String,
    "rank": pl.UInt32,
    "language": pl.String,
    "duplicate_group": pl.String,
    "sentiment": pl.Float64,
    "sentiment_model": pl.String,
    "backfilled": pl.Boolean,
    "lake_key": pl.String,
    "collected_at": _UTC,
}
COLUMNS = tuple(_TYPES)
_PLAIN = {"source", "provider", "language", "sentiment_model"}
_SELECTED = ", ".join(f"toString({name}) AS {name}" if name in _PLAIN else name for name in COLUMNS)


def insert_articles(warehouse: Warehouse, articles: pl.DataFrame) -> int:
    """Append articles (COLUMNS); the same rows again change nothing. Returns the number of rows.

    published and sentiment may be missing; of an article without a sentiment the model that found none is named.
    """
    return warehouse.insert("articles", articles.select(pl.col(name).cast(kind) for name, kind in _TYPES.items()))


def read_articles(
    warehouse: Warehouse,
    *,
    instruments: Sequence[str],
    as_of: datetime,
    include_backfilled: bool = False,
    model: str | None = None,
) -> pl.DataFrame:
    """Articles of these instruments that were known by `as_of`, sorted by instrument, knowledge_time, rank, article.

    One row per article and instrument, its earliest: COLUMNS, times in UTC; published is null where unknown. Articles
    that were published long before they were collected are left out unless asked for. Sentiments are of one model:
    `model`, else the one that measured most of these articles (of equals the last by name); null where it did not.
    """
    found = warehouse.query(
        f"SELECT {_SELECTED} FROM articles FINAL WHERE instrument IN {{instruments:Array(String)}} "  # noqa: S608  columns from code
        "AND knowledge_time <= {as_of:DateTime64(6, 'UTC')} AND ({every:Bool} OR NOT backfilled) "
        "ORDER BY instrument, knowledge_time, rank, article, sentiment_model",
        instruments=list(instruments),
        as_of=as_of,
        every=include_backfilled,
    )
    return _of_one_model(found, model or _commonest(found))


def read_known(warehouse: Warehouse, *, instrument: str, before: datetime) -> pl.DataFrame:
    """What of an instrument was collected before `before`, earliest first, one row per article.

    Columns: article, title, snippet, duplicate_group, collected_at.
    """
    return warehouse.query(
        "SELECT article, title, snippet, duplicate_group, collected_at FROM articles FINAL "
        "WHERE instrument = {instrument:String} AND collected_at < {before:DateTime64(6, 'UTC')} "
        "ORDER BY collected_at, rank, article, sentiment_model LIMIT 1 BY article",
        instrument=instrument,
        before=before,
    )


def _commonest(found: pl.DataFrame) -> str:
    measured = found.filter(pl.col("sentiment").is_not_null()).group_by("sentiment_model").len()
    return str(measured.sort("len", "sentiment_model")["sentiment_model"][-1]) if measured.height else ""


def _of_one_model(found: pl.DataFrame, model: str) -> pl.DataFrame:
    """One row per article: that of `model`, else its earliest without a sentiment."""
    own = pl.col("sentiment_model") == model
    order = ["instrument", "knowledge_time", "rank", "article"]
    return (
        found.sort(own, "knowledge_time", descending=[True, False], maintain_order=True)
        .unique(["instrument", "article"], keep="first", maintain_order=True)
        .with_columns(
            pl.when(own).then("sentiment").alias("sentiment"),
            pl.when(own).then("sentiment_model").otherwise(pl.lit("")).alias("sentiment_model"),
        )
        .sort(order)
    )
