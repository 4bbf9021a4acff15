"""Corporate actions, filings and articles placed on the sessions of a name's prices. Pure: frames in, frames out."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

KINDS = ("annual or quarterly report", "8-K", "other filing", "article")
"""What an event may be, the one that is drawn on top first."""
_REPORTS = ("10-K", "10-K405", "10-KT", "10-Q", "10-QT", "20-F", "40-F")
_SOON = timedelta(days=7)


def actions_on(days: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Actions within the span of `days`, at the next session that has a close: session, close, kind, day, amount."""
    known = days.drop_nulls("close").select("session", "close")
    placed = actions.select("ex_date", pl.col("kind").cast(pl.String), "value").sort("ex_date")
    joined = placed.join_asof(known, left_on="ex_date", right_on="session", strategy="forward", coalesce=False)
    first = known["session"].min()
    return joined.filter(pl.col("session").is_not_null(), pl.col("ex_date") > first).select(
        "session",
        "close",
        "kind",
        pl.col("ex_date").cast(pl.String).alias("day"),
        amount_of(pl.col("kind"), pl.col("value")).alias("amount"),
    )


def events_on(days: pl.DataFrame, filings: pl.DataFrame, articles: pl.DataFrame) -> pl.DataFrame:
    """Filings and articles within the span of `days`, at the first session on or after the day they were known.

    What became known in the week after the last bar is at that one: the next session may not have closed yet.
    filings: accession, form, title, knowledge_time. articles: article, title, knowledge_time. Columns: session, close,
    kind (of KINDS), known, text, id ("filing …" or "article …"), rank (of the kind).
    """
    reports = pl.col("form").str.strip_suffix("/A").is_in(_REPORTS)
    kind = (
        pl.when(reports)
        .then(pl.lit(KINDS[0]))
        .when(pl.col("form").str.starts_with("8-K"))
        .then(pl.lit("8-K"))
        .otherwise(pl.lit("other filing"))
    )
    told = pl.concat(
        [
            filings.select(
                "knowledge_time",
                kind.alias("kind"),
                pl.concat_str("form", pl.lit("  "), "title").alias("text"),
                pl.format("filing {}", "accession").alias("id"),
            ),
            articles.select(
                "knowledge_time",
                pl.lit("article").alias("kind"),
                pl.col("title").alias("text"),
                pl.format("article {}", "article").alias("id"),
            ),
        ]
    )
    known = days.drop_nulls("close").select("session", "close")
    last = known["session"].max()
    day = pl.col("knowledge_time").dt.convert_time_zone("America/New_York").dt.date()
    soon = (day > last) & (day - pl.lit(last, pl.Date) <= _SOON)
    placed = told.with_columns(pl.when(soon).then(pl.lit(last, pl.Date)).otherwise(day).alias("day")).sort("day")
    joined = placed.join_asof(known, left_on="day", right_on="session", strategy="forward", coalesce=False)
    return joined.filter(pl.col("session").is_not_null(), pl.col("day") >= known["session"].min()).select(
        "session",
        "close",
        "kind",
        pl.col("knowledge_time").dt.strftime("%Y-%m-%d %H:%M").alias("known"),
        "text",
        "id",
        pl.col("kind").replace_strict(list(KINDS), range(len(KINDS)), return_dtype=pl.Int64).alias("rank"),
    )


def amount_of(kind: pl.Expr, value: pl.Expr) -> pl.Expr:
    """Write what an action is worth: new shares for an old one, a price ratio, or cash a share."""
    number = value.round(6).cast(pl.String).str.strip_suffix(".0")
    return (
        pl.when(kind == "split")
        .then(pl.format("{} for 1", number))
        .when(kind == "spin-off")
        .then(pl.format("ratio {}", number))
        .otherwise(pl.format("{} a share", number))
    )
