"""Pools: the weights of their members, what they are worth, and how they grew. A run's pool has the run's id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from lode.warehouse import Warehouse

_TYPES: dict[str, Any] = {
    "value": pl.Float64,
    "place": pl.UInt32,
    "weight": pl.Float64,
    "rank_ic": pl.Float64,
    "rank_ic_without": pl.Float64,
    "updated_at": pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True)
class FigureRecord:
    """One figure: of a method, or of the best member beside them, on a split. NaN where it is not defined."""

    method: str
    split: str
    metric: str
    value: float


@dataclass(frozen=True)
class GrowthRecord:
    """The member at a place, from 1 on. None where it was not measured or is not defined.

    rank_ic: mean daily rank IC on validation of the pool of the members up to this place; rank_ic_without: of the whole
    pool without this one.
    """

    place: int
    factor: str
    rank_ic: float | None
    rank_ic_without: float | None


def record_weights(warehouse: Warehouse, pool: str, fitted_on: date, weights: Mapping[str, float]) -> int:
    """Write the weights of a pool by factor; `fitted_on` is the last session that they were learned from."""
    rows = [{"pool": pool, "fitted_on": fitted_on, "factor": f, "weight": w} for f, w in weights.items()]
    return _insert(warehouse, "pool_weights", rows)


def record_figures(warehouse: Warehouse, pool: str, records: Sequence[FigureRecord]) -> int:
    """Write figures of a pool; the same figure again replaces its row."""
    return _insert(warehouse, "pool_figures", [{"pool": pool} | asdict(record) for record in records])


def record_growth(warehouse: Warehouse, pool: str, records: Sequence[GrowthRecord]) -> int:
    """Write how a pool grew; the same place again replaces its row."""
    return _insert(warehouse, "pool_growth", [{"pool": pool} | asdict(record) for record in records])


def read_weights_of(warehouse: Warehouse, pools: Sequence[str]) -> pl.DataFrame:
    """Weights of several pools: pool, fitted_on, factor, weight; the earliest fit first."""
    return warehouse.query(
        "SELECT pool, fitted_on, factor, weight FROM pool_weights FINAL WHERE pool IN {pools:Array(String)} "
        "ORDER BY fitted_on, pool, factor",
        pools=list(pools),
    )


def read_weights(warehouse: Warehouse, pool: str) -> pl.DataFrame:
    """Weights of a pool: fitted_on, factor, weight; the largest first, whatever their sign."""
    return warehouse.query(
        "SELECT fitted_on, factor, weight FROM pool_weights FINAL WHERE pool = {pool:String} "
        "ORDER BY fitted_on, abs(weight) DESC, factor",
        pool=pool,
    )


def read_figures(warehouse: Warehouse, pool: str) -> pl.DataFrame:
    """Figures of a pool: method, split, metric, value."""
    return warehouse.query(
        "SELECT method, split, metric, value FROM pool_figures FINAL WHERE pool = {pool:String} "
        "ORDER BY method, split, metric",
        pool=pool,
    )


def read_growth(warehouse: Warehouse, pool: str) -> pl.DataFrame:
    """How a pool grew: place, factor, rank_ic, rank_ic_without, in order of place."""
    return warehouse.query(
        "SELECT place, factor, rank_ic, rank_ic_without FROM pool_growth FINAL WHERE pool = {pool:String} "
        "ORDER BY place",
        pool=pool,
    )


def _insert(warehouse: Warehouse, table: str, rows: Sequence[Mapping[str, Any]]) -> int:
    if not rows:
        return 0
    frame = pl.DataFrame(rows).with_columns(pl.lit(datetime.now(UTC)).alias("updated_at"))
    return warehouse.insert(table, frame.cast({name: kind for name, kind in _TYPES.items() if name in frame.columns}))
