"""Returns of published market factors: every value that a source has stated, with the time it became known here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.limits import FIRST_DAY, LAST_DAY

_UTC = pl.Datetime("us", "UTC")
_LATEST = (
    "SELECT toString(factor) AS factor, session, value, vintage, knowledge_time FROM market_factors FINAL "
    "WHERE source = {source:String} AND ({every:Bool} OR factor IN {factors:Array(String)}) "
    "AND session BETWEEN {start:Date32} AND {end:Date32} AND knowledge_time <= {as_of:DateTime64(6, 'UTC')} "
    "ORDER BY factor, session, knowledge_time DESC LIMIT 1 BY factor, session"
)


def insert_market_factors(warehouse: Warehouse, factors: pl.DataFrame, *, source: str, known_at: datetime) -> int:
    """Append what is new or restated: factor, session, value (a decimal return), vintage. Returns how many rows.

    known_at: UTC time at which these values became known. A value that is as it was then known is not written again,
    so that its vintage is that in which it first appeared.
    """
    known = read_market_factors(warehouse, source=source, factors=factors["factor"].unique().to_list(), as_of=known_at)
    rows = factors.join(known.select("factor", "session", "value"), on=["factor", "session", "value"], how="anti")
    if rows.is_empty():
        return 0
    return warehouse.insert(
        "market_factors",
        rows.select(
            pl.lit(source).alias("source"),
            "factor",
            "session",
            pl.col("value").cast(pl.Float64),
            "vintage",
            pl.lit(known_at).cast(_UTC).alias("knowledge_time"),
        ),
    )


def read_market_factors(
    warehouse: Warehouse,
    *,
    source: str = "french",
    factors: Sequence[str] | None = None,
    start: date | None = None,
    end: date | None = None,
    as_of: datetime,
) -> pl.DataFrame:
    """Values as they were known at `as_of`, one per factor and session, sorted by both.

    Columns: factor, session, value (a decimal return of that session), vintage, knowledge_time. A missing value has
    no row. Bounds are included, None leaves them open. Restated values replace earlier ones from their knowledge time.
    """
    return warehouse.query(
        _LATEST,
        source=source,
        every=factors is None,
        factors=list(factors or ()),
        start=start or FIRST_DAY,
        end=end or LAST_DAY,
        as_of=as_of,
    )
