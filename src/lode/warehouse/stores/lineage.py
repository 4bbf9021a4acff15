"""Where trials came from: the operation that made each, and the expressions that it was made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.stores.ledger import Trial

_TYPES = dict.fromkeys(("run", "factor", "parent", "operation"), pl.String)

_AT_ONCE = 300_000  # rows of a run that are read quicker together than generation by generation


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


def read_ancestry(
    warehouse: Warehouse, run: str, factor: str, *, generations: int = 20, most: int = 100
) -> pl.DataFrame:
    """Ancestors of a trial with their expressions, the nearest first: depth, factor, parent, operation, expression, t.

    depth: 0 for the trial's own row. An ancestor stands once, at its least depth. The walk ends after `generations`,
    and with the generation in which the ancestors come to be more than `most`: families double with each.
    """
    edges_of = _reader(warehouse, run)
    levels: list[pl.DataFrame] = []
    wanted, seen = {factor}, set[str]()
    for depth in range(generations):
        if not wanted or len(seen) > most:
            break
        found = edges_of(sorted(wanted)).with_columns(pl.lit(depth, dtype=pl.Int64).alias("depth"))
        levels.append(found)
        seen |= wanted
        wanted = set(found["parent"]) - seen - {""}
    edges = pl.concat(levels)
    scored = _scored(warehouse, run, edges["factor"].unique().to_list())
    return edges.join(scored, on="factor", how="left", maintain_order="left").select(
        "depth", "factor", "parent", "operation", pl.col("expression").fill_null(""), "t_nw"
    )


def _reader(warehouse: Warehouse, run: str) -> Callable[[Sequence[str]], pl.DataFrame]:
    """Return what reads the rows of some trials: in the memory of this process where the run has not too many."""
    counted = warehouse.query("SELECT count() AS n FROM lineage WHERE run = {run:String}", run=run)
    if int(counted["n"][0]) > _AT_ONCE:
        return lambda factors: _edges(warehouse, run, factors)
    every = warehouse.query(
        "SELECT factor, parent, toString(operation) AS operation FROM lineage WHERE run = {run:String}", run=run
    )
    order = ("factor", "parent", "operation")
    return lambda factors: every.filter(pl.col("factor").is_in(factors)).unique().sort(order)


def _edges(warehouse: Warehouse, run: str, factors: Sequence[str]) -> pl.DataFrame:
    return warehouse.query(
        "SELECT factor, parent, toString(operation) AS operation FROM lineage FINAL "
        "WHERE run = {run:String} AND factor IN {factors:Array(String)} ORDER BY factor, parent, operation",
        run=run,
        factors=list(factors),
    )


def _scored(warehouse: Warehouse, run: str, factors: Sequence[str]) -> pl.DataFrame:
    """Expression and t of trials: asked for once, since a join of every generation took most of the time."""
    return warehouse.query(
        "SELECT factor, expression, t_nw FROM trials FINAL "
        "WHERE run = {run:String} AND factor IN {factors:Array(String)}",
        run=run,
        factors=list(factors),
    )
