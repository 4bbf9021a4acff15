"""Openings of the vault, as the warehouse tells of them; the lake's claims decide their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from lode.warehouse import Warehouse

_TYPES: dict[str, Any] = {
    "opening": pl.UInt32,
    "k": pl.UInt32,
    "finalists": pl.List(pl.String),
    "instruments": pl.List(pl.String),
    "opened_at": pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True)
class OpeningRecord:
    """One opening: the `k`-th look at this vault, at level `alpha`; `opening` counts the looks at any vault."""

    opening: int
    run: str
    universe: str
    first_session: date
    last_session: date
    instruments: Sequence[str]
    k: int
    alpha: float
    finalists: Sequence[str]
    opened_at: datetime


def record_opening(warehouse: Warehouse, record: OpeningRecord) -> None:
    """Write an opening; the same opening again changes nothing."""
    row = asdict(record) | {"instruments": list(record.instruments), "finalists": list(record.finalists)}
    warehouse.insert("vault_openings", pl.DataFrame([row], schema_overrides=_TYPES))


def list_openings(warehouse: Warehouse) -> pl.DataFrame:
    """Openings in their order, without the instruments."""
    return warehouse.query(
        "SELECT opening, run, universe, first_session, last_session, length(instruments) AS names, k, alpha, "
        "finalists, opened_at FROM vault_openings FINAL ORDER BY opening"
    )
