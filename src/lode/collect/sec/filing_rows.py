"""Rows of filings: what is new beside what is known; a time of acceptance that was found stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from lode.collect.sec.documents import document_url
from lode.collect.sec.submissions import Submissions
from lode.warehouse.stores.filings import FILING_COLUMNS


def filing_rows(cik: int, came: Sequence[Submissions], base: str) -> pl.DataFrame:
    """Return the filings of a company's answers, each once, as the warehouse's rows without documents."""
    if not came:
        return pl.DataFrame(schema=FILING_COLUMNS)
    rows = pl.concat([answer.filings for answer in came]).unique("accession", keep="first", maintain_order=True)
    urls = [document_url(base, cik, *row) for row in rows.select("accession", "document").iter_rows()]
    return rows.drop("document", "xbrl").with_columns(
        pl.lit(cik, pl.UInt64).alias("cik"), pl.lit("").alias("lake_key"), pl.Series("url", urls, pl.String)
    )


def merged_filings(known: pl.DataFrame, rows: pl.DataFrame, documents: Mapping[str, str]) -> pl.DataFrame:
    """Return all filings: known ones as they were, unless their time of acceptance comes only now.

    known, rows: columns of FILING_COLUMNS. documents: lake key of a filing's document, by accession.
    """
    timeless = known.filter(pl.col("accepted").is_null())["accession"].implode()
    there = known["accession"].implode()
    timed = pl.col("accession").is_in(timeless) & pl.col("accepted").is_not_null()
    fresh = rows.select(known.columns).filter(~pl.col("accession").is_in(there) | timed)
    held = known.select("accession", held="lake_key")
    fresh = fresh.join(held, on="accession", how="left", maintain_order="left")
    fresh = fresh.with_columns(pl.coalesce("held", "lake_key").alias("lake_key")).drop("held")
    merged = pl.concat([fresh, known.join(fresh, on="accession", how="anti")])
    key = pl.col("accession").replace_strict(documents, default=None, return_dtype=pl.String)
    return merged.with_columns(pl.coalesce(key, "lake_key").alias("lake_key"))
