"""Instruments: what is known of each name beside its prices. An unknown text is empty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from lode.warehouse import Warehouse

DETAILS = ("name", "exchange", "currency", "sector")
_SINCE_EVER = date(1900, 1, 1)  # from when on the ticker was the instrument's: not known yet


def insert_instruments(warehouse: Warehouse, instruments: pl.DataFrame, *, source: str, known_at: datetime) -> int:
    """Record instruments: `instrument` and any of DETAILS; null or empty details keep what is known already.

    Returns how many rows were new or changed; the others are not written again.
    """
    known = read_instruments(warehouse, instruments["instrument"].to_list())
    given = [name for name in DETAILS if name in instruments.columns]
    merged = instruments.select("instrument", *given).join(known, on="instrument", how="left", suffix="_known")
    columns = []
    for name in DETAILS:
        before = pl.col(f"{name}_known" if name in given else name).fill_null("")
        columns.append((pl.coalesce(pl.col(name).replace("", None), before) if name in given else before).alias(name))
    rows = merged.select("instrument", *columns).join(known, on=["instrument", *DETAILS], how="anti")
    if rows.is_empty():
        return 0
    return warehouse.insert(
        "instruments",
        rows.with_columns(
            pl.col("instrument").alias("symbol"),
            pl.lit(_SINCE_EVER).alias("first_session"),
            pl.lit(source).alias("source"),
            pl.lit(known_at).cast(pl.Datetime("us", "UTC")).alias("updated_at"),
        ),
    )


def read_instruments(warehouse: Warehouse, instruments: Sequence[str]) -> pl.DataFrame:
    """Return instrument and DETAILS of those of these instruments that are known, sorted."""
    return warehouse.query(
        "SELECT instrument, name, toString(exchange) AS exchange, toString(currency) AS currency, "
        "toString(sector) AS sector FROM instruments FINAL WHERE instrument IN {instruments:Array(String)} "
        "ORDER BY instrument, updated_at DESC LIMIT 1 BY instrument",
        instruments=list(instruments),
    )
