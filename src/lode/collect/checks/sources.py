"""Where two sources of the same prices disagree."""

from __future__ import annotations

import polars as pl

from lode.collect.checks.series import in_sessions, none
from lode.warehouse.stores.findings import VALUES

DISAGREES = "second source disagrees"


def disagreements(ours: pl.DataFrame, theirs: pl.DataFrame, other: str, *, least: float = 0.005) -> pl.DataFrame:
    """Closes as traded that differ by more than `least` from the source `other`, one finding a run of sessions.

    ours, theirs: instrument, session, close, adjusted, currency; one row a session. Prices that were adjusted before
    they came, and prices in two currencies, are not compared; an unknown currency is taken as the same.
    """
    both = (
        ours.select("instrument", "session", "close", "adjusted", "currency")
        .join(theirs, on=["instrument", "session"], suffix="_theirs")
        .filter(
            ~pl.col("adjusted") & ~pl.col("adjusted_theirs"),
            (pl.col("currency") == pl.col("currency_theirs"))
            | (pl.col("currency") == "")
            | (pl.col("currency_theirs") == ""),
        )
    )
    if both.is_empty():
        return none()
    apart = (pl.col("close") / pl.col("close_theirs") - 1).abs()
    marked = both.sort("instrument", "session").with_columns(apart.alias("apart"), (apart > least).alias("differs"))
    runs = (
        marked.with_columns(pl.col("differs").rle_id().over("instrument").alias("run"))
        .filter("differs")
        .group_by("instrument", "run", maintain_order=True)
        .agg(
            pl.len().alias("sessions"),
            pl.col("session").min().alias("from"),
            pl.col("session").max().alias("to"),
            (pl.col("apart").max() * 100).round(2).alias("most"),
        )
    )
    detail = pl.format(
        "the close of {}, {} to {}, differs from {} by up to {}%",
        in_sessions("sessions"),
        "from",
        "to",
        pl.lit(other),
        "most",
    )
    return runs.select(
        pl.lit(DISAGREES).alias("rule"),
        "instrument",
        pl.col("from").alias("session"),
        pl.lit("warning").alias("severity"),
        detail.alias("detail"),
    ).select(VALUES)
