"""What collections and checks leave behind: findings, refused rows, outcomes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.stores.collections import Collection, record_collections
from lode.warehouse.stores.findings import record_findings
from lode.warehouse.stores.imports import insert_quarantine

_RULES = ("jump", "repeat", "gap", "restatement")
_SEVERITIES = ("warning", "notice", "error")
_AT = datetime(2026, 11, 20, 21, 5, tzinfo=UTC)
_COLLECTIONS = 4


def fill(warehouse: Warehouse, source: str, *, findings: int, refused: int) -> None:
    """Write findings on a source's bars, rows that were refused, and collections of every name."""
    bars = warehouse.query(
        "SELECT instrument, session FROM bars WHERE source = {source:String} "
        "ORDER BY cityHash64(instrument, session) LIMIT {most:UInt64}",
        source=source,
        most=max(findings, refused),
    )
    _findings(warehouse, source, bars.head(findings))
    _quarantine(warehouse, source, bars.head(refused))
    _collections(warehouse, source, bars["instrument"].unique().sort().to_list())


def _findings(warehouse: Warehouse, source: str, bars: pl.DataFrame) -> None:
    at = np.arange(bars.height)
    rows = bars.with_columns(
        rule=pl.Series(np.array(_RULES)[at % len(_RULES)].tolist()),
        severity=pl.Series(np.array(_SEVERITIES)[at % len(_SEVERITIES)].tolist()),
        detail=pl.lit("close 12.31 is 3.1 times the close before; simulated"),
    )
    record_findings(warehouse, rows, source=source, rules=_RULES, at=_AT)


def _quarantine(warehouse: Warehouse, source: str, bars: pl.DataFrame) -> None:
    row = json.dumps({"symbol": "SIM", "date": "2019-01-02", "close": "-1", "volume": "100"})
    rows = bars.select(
        pl.col("instrument").alias("symbol"),
        "session",
        pl.int_range(1, bars.height + 1).alias("row_number"),
        pl.lit("close: not above 0; volume: not a count").alias("reason"),
        pl.lit(row).alias("row_json"),
    )
    insert_quarantine(warehouse, rows, source=source, batch="0" * 64, collected_at=_AT)


def _collections(warehouse: Warehouse, source: str, names: list[str]) -> None:
    outcomes = ("collected", "unchanged", "collected", "failed")
    record_collections(
        warehouse,
        [
            Collection(
                source,
                name,
                _AT - timedelta(days=ago),
                outcomes[(at + ago) % len(outcomes)],
                rows=5,
                message="simulated" if outcomes[(at + ago) % len(outcomes)] == "failed" else "",
            )
            for at, name in enumerate(names)
            for ago in range(_COLLECTIONS)
        ],
    )
