"""Imports and collections: what came, what was refused and why, how far each symbol is collected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.limits import FIRST_DAY, LAST_DAY

_UTC = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class ImportRecord:
    """One imported file. rows = kept + quarantined; `missing_fields` is JSON, rows by field; batch is the sha256."""

    source: str
    batch: str
    path: str
    rows: int
    kept: int
    quarantined: int
    missing_fields: str
    imported_at: datetime


@dataclass(frozen=True)
class Watermark:
    """How far a symbol is collected from a source, both sessions included; `lake_key` is the last raw record."""

    source: str
    symbol: str
    collected_from: date
    collected_to: date
    lake_key: str
    updated_at: datetime


def insert_quarantine(
    warehouse: Warehouse, rows: pl.DataFrame, *, source: str, batch: str, collected_at: datetime
) -> int:
    """Keep refused rows: symbol, session (both may be null), row_number, reason, row_json (the row as it came)."""
    if rows.is_empty():
        return 0
    storable = pl.col("session").is_between(FIRST_DAY, LAST_DAY)
    return warehouse.insert(
        "quarantine",
        rows.select(
            pl.lit(source).alias("source"),
            pl.lit(batch).alias("batch"),
            pl.col("symbol").fill_null(""),
            pl.when(storable).then("session").alias("session"),
            pl.col("row_number").cast(pl.UInt64),
            "reason",
            "row_json",
            pl.lit(collected_at).cast(_UTC).alias("collected_at"),
        ),
    )


def read_quarantine(warehouse: Warehouse, *, source: str) -> pl.DataFrame:
    """Refused rows of a source, sorted by batch and row number."""
    return warehouse.query(
        "SELECT batch, symbol, session, row_number, reason, row_json, collected_at FROM quarantine FINAL "
        "WHERE source = {source:String} ORDER BY batch, row_number",
        source=source,
    )


def record_import(warehouse: Warehouse, record: ImportRecord) -> None:
    """Write the record of an import; the same file again replaces it."""
    counts = dict.fromkeys(("rows", "kept", "quarantined"), pl.UInt64)
    warehouse.insert("imports", pl.DataFrame([asdict(record)], schema_overrides={**counts, "imported_at": _UTC}))


def read_watermarks(warehouse: Warehouse, *, source: str) -> dict[str, Watermark]:
    """Watermarks of a source by symbol."""
    found = warehouse.query(
        "SELECT source, symbol, collected_from, collected_to, lake_key, updated_at FROM watermarks FINAL "
        "WHERE source = {source:String} ORDER BY symbol",
        source=source,
    )
    return {row["symbol"]: Watermark(**row) for row in found.iter_rows(named=True)}


def insert_watermarks(warehouse: Warehouse, watermarks: Sequence[Watermark]) -> None:
    """Move watermarks; called after the rows they stand for are in the warehouse."""
    if watermarks:
        rows = [asdict(mark) for mark in watermarks]
        warehouse.insert("watermarks", pl.DataFrame(rows, schema_overrides={"updated_at": _UTC}))
