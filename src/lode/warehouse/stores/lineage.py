"""Where trials came from: the operation that made each, and the expressions that it was made of."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.stores.ledger import Trial

_TYPES = dict.fromkeys(("run", "factor", "parent", "operation"), pl.String)


def lineage_frame(trials: Sequence[Trial], *, run: str) -> pl.DataFrame:
    """Rows of the table `lineage`: one for each parent of a trial, one with an empty parent where it has none."""
    rows = [
        {"run": run, "factor": trial.factor, "parent": parent, "operation": trial.operation}
        for trial in trials
        if trial.operation
        for parent in (trial.parents or ("",))
    ]
    return pl.DataFrame(rows, schema=_TYPES)


def record_lineage(warehouse: Warehouse, rows: pl.DataFrame) -> int:
    """Enter rows of `lineage_frame`; the same rows again change nothing."""
    return warehouse.insert("lineage", rows) if rows.height else 0


def read_ancestry(warehouse: Warehouse, run: str, factor: str, *, generations: int = 20) -> pl.DataFrame:
    """Ancestors of a trial with their expressions, the nearest first: depth, factor, parent, operation, expression, t.

    depth: 0 for the trial's own row. An ancestor stands once, at its least depth; `generations` bounds the walk.
    """
    levels: list[pl.DataFrame] = []
    wanted, seen = {factor}, set[str]()
    for depth in range(generations):
        if not wanted:
            break
        found = _rows(warehouse, run, sorted(wanted)).with_columns(pl.lit(depth, dtype=pl.Int64).alias("depth"))
        levels.append(found)
        seen |= wanted
        wanted = set(found["parent"]) - seen - {""}
    return pl.concat(levels).select("depth", "factor", "parent", "operation", "expression", "t_nw")


def _rows(warehouse: Warehouse, run: str, factors: Sequence[str]) -> pl.DataFrame:
    return warehouse.query(
        "SELECT l.factor AS factor, l.parent AS parent, l.operation AS operation, t.expression AS expression, "
        "t.t_nw AS t_nw FROM lineage AS l FINAL "
        "LEFT JOIN (SELECT * FROM trials FINAL WHERE run = {run:String} AND factor IN {factors:Array(String)}) AS t "
        "ON l.factor = t.factor "
        "WHERE l.run = {run:String} AND l.factor IN {factors:Array(String)} ORDER BY factor, parent, operation",
        run=run,
        factors=list(factors),
    )
