"""What the number of shards does to a run: time and processor time of runs that differ in nothing else."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.stores.runs import RunRecord

_SCHEMA: dict[str, Any] = {
    "run": pl.String,
    "shards": pl.Int64,
    **dict.fromkeys(("seconds", "mine_seconds", "cpu_seconds", "mine_cpu_seconds", "cost"), pl.Float64),
    "interrupted": pl.Boolean,
}


def read_scaling(warehouse: Warehouse, record: RunRecord) -> pl.DataFrame:
    """Finished runs of the same snapshot, code and options but for the shards, `record` among them; by shards.

    run, shards, seconds (from the first shard's start to the last step's end), mine_seconds (to the last shard's end),
    cpu_seconds (of all processes, shards and the steps after them), mine_cpu_seconds (of the shards), cost (US
    dollars), interrupted (a step was begun more than once, so that the times are of no use). What comes before the
    shards, collecting and freezing, is the same for any number of them and not in it.
    """
    shards = {run: count for run, count in _comparable(warehouse, record).items() if count}
    if not shards:
        return pl.DataFrame(schema=_SCHEMA)
    found = warehouse.query(
        "WITH (step = 'mine') AS m SELECT run, "
        "(max(toUnixTimestamp64Micro(ended)) - minIf(toUnixTimestamp64Micro(started), m)) / 1e6 AS seconds, "
        "(maxIf(toUnixTimestamp64Micro(ended), m) - minIf(toUnixTimestamp64Micro(started), m)) / 1e6 AS mine_seconds, "
        "sum(r.cpu_seconds) AS cpu_seconds, sumIf(r.cpu_seconds, m) AS mine_cpu_seconds, sum(r.cost) AS cost, "
        "max(attempts) > 1 AS interrupted "
        "FROM (SELECT * FROM run_steps FINAL WHERE run IN {runs:Array(String)} "
        "AND step IN ('mine', 'select', 'prove', 'publish', 'notify')) AS r "
        "GROUP BY run HAVING countIf(m) > 0 AND countIf(ended IS NULL) = 0 ORDER BY run",
        runs=sorted(shards),
    )
    counted = found.with_columns(
        pl.col("run").replace_strict(shards, return_dtype=pl.Int64).alias("shards"), pl.col("interrupted").cast(bool)
    )
    return counted.select(*_SCHEMA).sort("shards", "run")


def _comparable(warehouse: Warehouse, record: RunRecord) -> dict[str, int]:
    """Shards by run, of the finished runs whose options are those of `record` in everything else."""
    found = warehouse.query(
        "SELECT run, settings FROM runs FINAL WHERE state = 'succeeded' AND snapshot = {snapshot:String} "
        "AND code_version = {code:String}",
        snapshot=record.snapshot,
        code=record.code_version,
    )
    _, wanted = _options(record.settings)
    apart = {run: _options(settings) for run, settings in found.iter_rows()}
    return {run: shards for run, (shards, options) in apart.items() if options and options == wanted}


def _options(settings: str) -> tuple[int, dict[str, Any]]:
    """Return a run's shards and its other options; (0, {}) where the stored settings are none."""
    try:
        options = dict(json.loads(settings)["options"])
        return int(options.pop("shards")), options
    except (ValueError, KeyError, TypeError):
        return 0, {}
