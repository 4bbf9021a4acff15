"""The ledger: every expression that anything ever scored is a trial, once per run under its canonical form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from lode.warehouse import Warehouse

MOST_SHARDS = 65_536
_HIGHEST_PRIORITY = 4_294_967_295
_PARTIAL = 1 << 31  # an exact score goes before every partial one


@dataclass(frozen=True)
class Trial:
    """One scored expression; scores are of the train split, unitless, NaN where undefined.

    `partial` marks the score of a candidate that racing dropped: an estimate from a look at a share of the names.
    `rank_ic_error` and `t_error` are its standard errors; 0 for an exact score. `operation` is how the searcher made
    the expression, `parents` are the ids of those that it was made of. `behaviour` is its daily rank IC in short,
    `turnover` the share of its rank book that is traded a session; both are for the searcher, and not in the table.
    """

    factor: str
    expression: str
    size: int
    rank_ic: float
    t_nw: float
    coverage: float
    generation: int = 0
    partial: bool = False
    rank_ic_error: float = 0.0
    t_error: float = 0.0
    operation: str = ""
    parents: tuple[str, ...] = ()
    behaviour: str = ""
    turnover: float = math.nan


def trials_frame(
    trials: Sequence[Trial], *, run: str, epoch: int, shard: int, horizon: int, delay: int
) -> pl.DataFrame:
    """Rows of the table `trials`; the lowest epoch and shard has the highest priority, so that its score stays.

    Exact scores go before partial ones.
    """
    first = _HIGHEST_PRIORITY - epoch * MOST_SHARDS - shard
    return pl.DataFrame(
        {
            "run": [run] * len(trials),
            "factor": [t.factor for t in trials],
            "expression": [t.expression for t in trials],
            "shard": pl.Series([shard] * len(trials), dtype=pl.UInt32),
            "generation": pl.Series([t.generation for t in trials], dtype=pl.UInt32),
            "size": pl.Series([t.size for t in trials], dtype=pl.UInt32),
            "rank_ic": pl.Series([t.rank_ic for t in trials], dtype=pl.Float64).fill_nan(None),
            "t_nw": pl.Series([t.t_nw for t in trials], dtype=pl.Float64).fill_nan(None),
            "coverage": pl.Series([t.coverage for t in trials], dtype=pl.Float64).fill_nan(None),
            "partial": [t.partial for t in trials],
            "rank_ic_error": pl.Series([t.rank_ic_error for t in trials], dtype=pl.Float64),
            "t_error": pl.Series([t.t_error for t in trials], dtype=pl.Float64),
            "priority": pl.Series([first - _PARTIAL * t.partial for t in trials], dtype=pl.UInt32),
            "horizon": pl.Series([horizon] * len(trials), dtype=pl.UInt16),
            "delay": pl.Series([delay] * len(trials), dtype=pl.UInt8),
        },
        schema_overrides={"run": pl.String, "factor": pl.String, "expression": pl.String, "partial": pl.Boolean},
    )


def record_trials(warehouse: Warehouse, rows: pl.DataFrame) -> int:
    """Enter rows of `trials_frame`; the same trial again changes nothing."""
    return warehouse.insert("trials", rows) if rows.height else 0


def count_trials(warehouse: Warehouse, runs: Sequence[str]) -> int:
    """Distinct trials of all `runs` together: canonical form, horizon and delay tell one from another."""
    counted = warehouse.query(
        "SELECT uniqExact(factor, horizon, delay) AS n FROM trials FINAL WHERE run IN {runs:Array(String)}",
        runs=list(runs),
    )
    return int(counted["n"][0])


def is_tried(warehouse: Warehouse, factor: str, run: str) -> bool:
    """Whether a factor is a trial of a run."""
    found = warehouse.query(
        "SELECT count() AS n FROM trials WHERE run = {run:String} AND factor = {factor:String}", run=run, factor=factor
    )
    return bool(found["n"][0])


def score_variance(warehouse: Warehouse, runs: Sequence[str]) -> float:
    """Variance of t_nw of the trials of all `runs` that have one, partial scores left out; NaN of fewer than two."""
    told = warehouse.query(
        "SELECT varSamp(t_nw) AS variance, count() AS n FROM trials FINAL "
        "WHERE run IN {runs:Array(String)} AND NOT partial AND isFinite(t_nw)",
        runs=list(runs),
    )
    return float(told["variance"][0]) if int(told["n"][0]) > 1 else float("nan")


def read_generations(warehouse: Warehouse, run: str) -> pl.DataFrame:
    """Generations of a run in the order in which they were asked for, while it is mined, too.

    epoch, generation, shard, trials (rows: one that was entered twice counts twice until the table merges them), best_t
    (largest |t_nw| of them, unitless, null where none has one; partial scores are left out) and its expression. What
    was merged away is not seen, so that of a run that has ended the shards' own counts say more.
    """
    return warehouse.query(
        "WITH {highest:UInt32} - priority - partial * {partial:UInt32} AS place, "
        "isFinite(t_nw) AND NOT partial AS exact "
        "SELECT toInt64(intDiv(place, {most:UInt32})) AS epoch, toInt64(generation) AS generation, "
        "toInt64(shard) AS shard, toInt64(count()) AS trials, "
        "if(countIf(exact) = 0, NULL, maxIf(abs(t_nw), exact)) AS best_t, "
        "argMaxIf(expression, abs(t_nw), exact) AS expression "
        "FROM trials WHERE run = {run:String} GROUP BY epoch, generation, shard ORDER BY epoch, generation, shard",
        run=run,
        highest=_HIGHEST_PRIORITY,
        partial=_PARTIAL,
        most=MOST_SHARDS,
    )


def read_trials(warehouse: Warehouse, run: str, *, most: int = 1_000_000) -> pl.DataFrame:
    """Trials of one run, the strongest |t| first."""
    return warehouse.query(
        "SELECT factor, expression, shard, generation, size, rank_ic, t_nw, coverage, partial, "
        "rank_ic_error, t_error FROM trials FINAL "
        "WHERE run = {run:String} ORDER BY abs(t_nw) DESC NULLS LAST, factor LIMIT {most:UInt64}",
        run=run,
        most=most,
    )
