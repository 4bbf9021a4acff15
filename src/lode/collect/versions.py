"""Which of the rows that came are new, which changed, and from when each is known.

A bar that was never seen is known from its session's close (or from the time that came with it). A bar whose values
differ from the latest version is a new version, known from the collection that brought it. The same values again
are nothing new. Applying it twice, or going on after a kill in the middle, therefore adds no row twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from lode.warehouse.stores.bars import NUMBERS

KEY = ("instrument", "session")
VALUES = (*NUMBERS, "adjusted", "currency")
_BEFORE = "_before"
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Tolerance:
    """Largest relative difference that is no change: a source that rounds needs one."""

    price: float = 0.0
    volume: float = 0.0


@dataclass(frozen=True)
class Versions:
    """Rows to insert, and how many of the rows that came were fresh, changed and unchanged."""

    rows: pl.DataFrame
    fresh: int
    changed: int
    unchanged: int


def new_versions(
    bars: pl.DataFrame, latest: pl.DataFrame, *, at: datetime | pl.Expr, tolerance: Tolerance | None = None
) -> Versions:
    """Compare bars, one row a (instrument, session), with the latest version of each.

    bars: KEY, close_time, any of VALUES, and knowledge_time (null, or absent: not recorded by the source).
    latest: KEY, knowledge_time and VALUES; at most one row a KEY.
    at: the time of the collection, or the column of `bars` that has it. Fields that did not come are not compared.
    Returns rows with knowledge_time and `backfilled`: true where the knowledge time is assumed.
    """
    fields = [name for name in VALUES if name in bars.columns]
    given = pl.col("knowledge_time") if "knowledge_time" in bars.columns else pl.lit(None, pl.Datetime("us", "UTC"))
    came = bars.with_columns(given.alias("recorded")).drop("knowledge_time", strict=False)
    before = latest.select(*KEY, pl.col("knowledge_time"), *fields).rename(
        {name: name + _BEFORE for name in ("knowledge_time", *fields)}
    )
    joined = came.join(before, on=list(KEY), how="left", maintain_order="left")
    known_before = pl.col("knowledge_time" + _BEFORE)
    same = pl.all_horizontal(_same(name, tolerance or Tolerance()) for name in fields)
    collected = at if isinstance(at, pl.Expr) else pl.lit(at)
    later = pl.max_horizontal(collected.cast(pl.Datetime("us", "UTC")), known_before + _TICK, pl.col("close_time"))
    marked = joined.with_columns(
        pl.when(known_before.is_null())
        .then(pl.lit("fresh"))
        .when(same)
        .then(pl.lit("unchanged"))
        .otherwise(pl.lit("changed"))
        .alias("news")
    )
    knowledge = (
        pl.when(known_before.is_null())
        .then(pl.coalesce("recorded", "close_time"))
        .when(pl.col("recorded") > known_before)
        .then(pl.col("recorded"))
        .otherwise(later)
    )
    rows = marked.filter(pl.col("news") != "unchanged").with_columns(
        knowledge.alias("knowledge_time"), (known_before.is_null() & pl.col("recorded").is_null()).alias("backfilled")
    )
    counts = dict(marked["news"].value_counts().iter_rows())
    return Versions(
        rows.select(*KEY, "knowledge_time", "backfilled", *fields),
        *(counts.get(name, 0) for name in ("fresh", "changed", "unchanged")),
    )


def _same(name: str, tolerance: Tolerance) -> pl.Expr:
    now, before = pl.col(name), pl.col(name + _BEFORE)
    if name in {"adjusted", "currency"}:
        return now.eq_missing(before)
    allowed = (tolerance.volume if name == "volume" else tolerance.price) * pl.max_horizontal(now.abs(), before.abs())
    return now.eq_missing(before) | ((now - before).abs() <= allowed).fill_null(value=False)
