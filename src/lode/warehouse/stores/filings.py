"""Filings and what was measured of their texts; unknown times and measures are null, unknown texts are empty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from lode.warehouse import Warehouse

_UTC = pl.Datetime("us", "UTC")
FILING_COLUMNS: dict[str, pl.DataType] = {
    "cik": pl.UInt64(),
    "accession": pl.String(),
    "form": pl.String(),
    "filed": pl.Date(),
    "accepted": _UTC,
    "knowledge_time": _UTC,
    "period": pl.Date(),
    "title": pl.String(),
    "lake_key": pl.String(),
    "url": pl.String(),
    "items": pl.String(),
}
TEXT_COLUMNS: dict[str, pl.DataType] = {
    "cik": pl.UInt64(),
    "accession": pl.String(),
    "form": pl.String(),
    "model": pl.String(),
    "knowledge_time": _UTC,
    "words": pl.UInt64(),
    "tone": pl.Float64(),
    "readability": pl.Float64(),
    "similarity": pl.Float64(),
    "previous": pl.String(),
    "lake_key": pl.String(),
}


def insert_filings(warehouse: Warehouse, filings: pl.DataFrame, *, collected_at: datetime) -> int:
    """Record filings by the columns of FILING_COLUMNS; a later collection of the same filing replaces the row.

    lake_key: the document in the lake, empty where it is not there.
    """
    if filings.is_empty():
        return 0
    rows = filings.select(pl.col(name).cast(kind) for name, kind in FILING_COLUMNS.items())
    added = (pl.lit("").alias("sentiment_model"), pl.lit(collected_at).cast(_UTC).alias("collected_at"))
    return warehouse.insert("filings", rows.with_columns(added))


def read_filings(
    warehouse: Warehouse, *, ciks: Sequence[int], forms: Sequence[str] | None = None, as_of: datetime
) -> pl.DataFrame:
    """Filings of these companies that were known by `as_of`, by FILING_COLUMNS; sorted by cik, knowledge_time."""
    found = warehouse.query(
        "SELECT cik, accession, toString(form) AS form, filed, accepted, knowledge_time, period, title, lake_key, "
        "url, items FROM filings FINAL WHERE cik IN {ciks:Array(UInt64)} "
        "AND ({every:Bool} OR form IN {forms:Array(String)}) AND knowledge_time <= {as_of:DateTime64(6, 'UTC')} "
        "ORDER BY cik, knowledge_time, accession",
        ciks=list(ciks),
        every=forms is None,
        forms=list(forms or ()),
        as_of=as_of,
    )
    return found.select(pl.col(name).cast(kind) for name, kind in FILING_COLUMNS.items())


def insert_filing_texts(warehouse: Warehouse, texts: pl.DataFrame, *, collected_at: datetime) -> int:
    """Record what was measured of documents, by the columns of TEXT_COLUMNS; `model` names what measured the tone."""
    if texts.is_empty():
        return 0
    rows = texts.select(pl.col(name).cast(kind) for name, kind in TEXT_COLUMNS.items())
    return warehouse.insert("filing_texts", rows.with_columns(pl.lit(collected_at).cast(_UTC).alias("collected_at")))


def read_filing_texts(
    warehouse: Warehouse, *, ciks: Sequence[int], model: str | None = None, as_of: datetime
) -> pl.DataFrame:
    """Texts of these companies' filings known by `as_of`, by TEXT_COLUMNS; `model` None takes every model's.

    Sorted by cik, knowledge_time, accession, model.
    """
    found = warehouse.query(
        "SELECT cik, accession, toString(form) AS form, toString(model) AS model, knowledge_time, words, tone, "
        "readability, similarity, previous, lake_key FROM filing_texts FINAL WHERE cik IN {ciks:Array(UInt64)} "
        "AND ({every:Bool} OR model = {model:String}) AND knowledge_time <= {as_of:DateTime64(6, 'UTC')} "
        "ORDER BY cik, knowledge_time, accession, model",
        ciks=list(ciks),
        every=model is None,
        model=model or "",
        as_of=as_of,
    )
    return found.select(pl.col(name).cast(kind) for name, kind in TEXT_COLUMNS.items())
