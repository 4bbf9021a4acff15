"""Proven factors as `lode update` keeps them up: who they are, and how far a source's bars reach."""

from __future__ import annotations

from datetime import date

import polars as pl

from lode.warehouse import Warehouse


def read_proven(warehouse: Warehouse) -> pl.DataFrame:
    """Proven factors, the newest first: factor, run, expression, direction, horizon, delay."""
    return warehouse.query(
        "SELECT factor, run, expression, direction, horizon, delay FROM factors FINAL WHERE state = 'proven' "
        "ORDER BY updated_at DESC, run, factor"
    )


def last_session(warehouse: Warehouse, source: str) -> date | None:
    """Last session of which a source has a bar; None where it has none."""
    found = warehouse.query(
        "SELECT max(session) AS last, count() AS bars FROM bars WHERE source = {source:String}", source=source
    )
    return found["last"][0] if found["bars"][0] else None
