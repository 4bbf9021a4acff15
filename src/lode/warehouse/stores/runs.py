"""Runs and their steps: what was asked, how far it is, what it took."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import polars as pl

from lode.errors import NotFoundError
from lode.warehouse import Warehouse

_UNSIGNED = {"seed": pl.UInt64, "trials": pl.UInt64, "trials_on_vault": pl.UInt64}
_RUN_TYPES: dict[str, Any] = {
    **_UNSIGNED,
    **dict.fromkeys(("finalists", "proven", "refused"), pl.UInt32),
    **dict.fromkeys(("effective_trials", "pbo"), pl.Float64),
    **dict.fromkeys(("started", "ended", "updated_at"), pl.Datetime("us", "UTC")),
}
_STEP_TYPES: dict[str, Any] = {
    "shard": pl.Int32,
    "attempts": pl.UInt32,
    "rows": pl.UInt64,
    "peak_memory": pl.UInt64,
    **dict.fromkeys(("started", "ended", "updated_at"), pl.Datetime("us", "UTC")),
}


@dataclass(frozen=True)
class RunRecord:
    """One run. `settings` is JSON: the mining options, the vault's bounds and the panel's instruments.

    effective_trials, pbo: what its trials say of its search; None until it has chosen, and where it cannot be said.
    """

    run: str
    snapshot: str
    source: str
    universe: str
    settings: str
    code_version: str
    seed: int
    state: str
    started: datetime
    ended: datetime | None = None
    trials: int = 0
    trials_on_vault: int = 0
    effective_trials: float | None = None
    pbo: float | None = None
    finalists: int = 0
    proven: int = 0
    refused: int = 0
    message: str = ""

    def ending(self, state: str, now: datetime, **counts: Any) -> RunRecord:  # noqa: ANN401  counts and message
        """Return the record of the same run at its end."""
        return replace(self, state=state, ended=now, **counts)


@dataclass(frozen=True)
class StepRecord:
    """One step (or shard) of a run. Memory in bytes, processor time in seconds, cost in US dollars (0 locally)."""

    run: str
    step: str
    shard: int
    state: str
    attempts: int
    started: datetime
    ended: datetime | None = None
    rows: int = 0
    cpu_seconds: float = 0.0
    peak_memory: int = 0
    cost: float = 0.0
    error: str = ""


def record_run(warehouse: Warehouse, record: RunRecord) -> None:
    """Write a run's latest state."""
    row = asdict(record) | {"updated_at": datetime.now(UTC)}
    warehouse.insert("runs", pl.DataFrame([row], schema_overrides=_RUN_TYPES))


def record_step(warehouse: Warehouse, record: StepRecord) -> None:
    """Write a step's latest state."""
    row = asdict(record) | {"updated_at": datetime.now(UTC)}
    warehouse.insert("run_steps", pl.DataFrame([row], schema_overrides=_STEP_TYPES))


def read_run(warehouse: Warehouse, run: str) -> RunRecord:
    """Return the latest state of a run; NotFoundError lists the newest ones."""
    found = warehouse.query("SELECT * EXCEPT updated_at FROM runs FINAL WHERE run = {run:String}", run=run)
    if found.is_empty():
        newest = ", ".join(list_runs(warehouse, most=5)["run"]) or "none yet"
        msg = f"no run {run!r}; the newest runs: {newest}. `lode runs list` shows all."
        raise NotFoundError(msg)
    return RunRecord(**found.row(0, named=True))


def list_runs(warehouse: Warehouse, *, most: int = 100) -> pl.DataFrame:
    """Runs, the newest first."""
    return warehouse.query(
        "SELECT run, state, source, universe, snapshot, seed, trials, trials_on_vault, effective_trials, pbo, "
        "finalists, proven, refused, started, ended, message FROM runs FINAL "
        "ORDER BY started DESC, run LIMIT {most:UInt64}",
        most=most,
    )


def read_steps(warehouse: Warehouse, run: str) -> pl.DataFrame:
    """Steps of a run in the order in which they began."""
    return warehouse.query(
        "SELECT step, shard, state, attempts, started, ended, rows, cpu_seconds, peak_memory, cost, error "
        "FROM run_steps FINAL WHERE run = {run:String} ORDER BY started, step, shard",
        run=run,
    )


def read_attempts(warehouse: Warehouse, run: str, step: str, shard: int) -> int:
    """Return how often a step of a run was begun so far."""
    found = warehouse.query(
        "SELECT max(attempts) AS n FROM run_steps "
        "WHERE run = {run:String} AND step = {step:String} AND shard = {shard:Int32}",
        run=run,
        step=step,
        shard=shard,
    )
    return int(found["n"][0] or 0)


def read_trial_rate(warehouse: Warehouse, run: str) -> float | None:
    """Trials a second of a run's shards, from the first one's start to the last one's end; None without a shard."""
    found = warehouse.query(
        "SELECT sum(rows) / (max(toUnixTimestamp64Micro(ended)) - min(toUnixTimestamp64Micro(started))) * 1e6 AS rate "
        "FROM run_steps FINAL WHERE run = {run:String} AND step = 'mine' AND ended IS NOT NULL",
        run=run,
    )
    rate = found["rate"][0]
    return round(float(rate), 1) if rate is not None and math.isfinite(rate) else None


def read_panels_of_runs(warehouse: Warehouse) -> list[tuple[str, dict[str, Any]]]:
    """Every run with its settings: what is needed to tell which runs share a vault."""
    found = warehouse.query("SELECT run, settings FROM runs FINAL ORDER BY run")
    return [(run, json.loads(settings)) for run, settings in found.iter_rows()]
