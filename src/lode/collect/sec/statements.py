"""Statements of values: what is new beside what is known, and which filings' facts are not there yet."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from lode.collect.sec.acceptance import NEW_YORK

_KEY = ["concept", "unit", "period_start", "period_end", "accession"]
_LAG = timedelta(days=3)  # within which companyfacts follow a filing
_FORMS = [f"{form}{end}" for form in ("10-K", "10-Q", "20-F", "40-F") for end in ("", "/A")]
_UTC = pl.Datetime("us", "UTC")


def new_statements(rows: pl.DataFrame, known: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Return what is not known yet; a value that the SEC changed under its accession is known from `at`.

    rows, known: columns of the facts' COLUMNS; known in the order of knowledge. A statement whose acceptance was
    unknown is returned again when it becomes known: it moves to its true time.
    """
    newest = known.group_by(_KEY, maintain_order=True).agg(
        pl.col("value").last().alias("_value"), pl.col("accepted").is_not_null().any().alias("_timed")
    )
    joined = rows.join(newest, on=_KEY, how="left", nulls_equal=True, maintain_order="left")
    changed = pl.col("_value").is_not_null() & (pl.col("_value") != pl.col("value"))
    timed = pl.col("_value").is_not_null() & ~pl.col("_timed") & pl.col("accepted").is_not_null()
    news = joined.filter(pl.col("_value").is_null() | changed | timed)
    since = pl.when(changed).then(pl.lit(at).cast(_UTC)).otherwise("knowledge_time")
    return news.with_columns(since.alias("knowledge_time")).drop("_value", "_timed")


def lagging(filings: pl.DataFrame, facts: pl.DataFrame, asked_at: datetime) -> date | None:
    """Return the first filing date of a fresh statement whose facts are not there: the SEC takes a while to add them.

    filings: as in Submissions; facts: as in CompanyFacts. None too for a company without any facts.
    """
    if facts.is_empty():
        return None
    fresh = pl.col("filed") >= asked_at.astimezone(NEW_YORK).date() - _LAG
    waiting = filings.filter(
        fresh
        & pl.col("xbrl")
        & pl.col("form").is_in(_FORMS)
        & ~pl.col("accession").is_in(facts["accession"].unique().implode())
    )
    days: list[date] = waiting["filed"].to_list()
    return min(days, default=None)
