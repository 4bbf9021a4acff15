"""Factors, what is known of them, and their series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import polars as pl

from lode.errors import NotFoundError
from lode.warehouse import Warehouse

State = Literal["candidate", "proven", "refused", "retired"]
_FACTOR_TYPES: dict[str, Any] = {
    "direction": pl.Int8,
    "lookback": pl.UInt32,
    "horizon": pl.UInt16,
    "delay": pl.UInt8,
    "updated_at": pl.Datetime("us", "UTC"),
}
_COLUMNS = "factor, run, expression, origin, state, reason, direction, lookback, horizon, delay, snapshot"


@dataclass(frozen=True)
class FactorRecord:
    """A factor's standing in one run. `direction` is +1 or -1, fixed on train; `lookback` counts sessions."""

    factor: str
    run: str
    expression: str
    origin: str
    state: State
    reason: str
    direction: int
    lookback: int
    horizon: int
    delay: int
    snapshot: str


def record_factors(warehouse: Warehouse, records: Sequence[FactorRecord]) -> int:
    """Write factors; the same factor of the same run again replaces its row."""
    if not records:
        return 0
    now = datetime.now(UTC)
    rows = [asdict(r) | {"updated_at": now} for r in records]
    return warehouse.insert("factors", pl.DataFrame(rows, schema_overrides=_FACTOR_TYPES))


def list_factors(warehouse: Warehouse, *, state: str | None = None, run: str | None = None) -> pl.DataFrame:
    """Factors with their rank IC and t by split, what they add on train and whether they are of the spanning set.

    The proven ones first, then the strongest on train.
    """
    return warehouse.query(
        f"""SELECT f.*, e.train_rank_ic, e.train_t, e.validation_rank_ic, e.validation_t, e.validation_q,
                   e.vault_rank_ic, e.vault_t, e.vault_p, e.added_t, e.spanning
            FROM (SELECT {_COLUMNS}, updated_at FROM factors FINAL) AS f
            LEFT JOIN (SELECT factor, run,
                    maxOrNullIf(value, split = 'train' AND metric = 'rank_ic') AS train_rank_ic,
                    maxOrNullIf(value, split = 'train' AND metric = 't_nw') AS train_t,
                    maxOrNullIf(value, split = 'train' AND metric = 'added_t') AS added_t,
                    maxOrNullIf(value, split = 'train' AND metric = 'spanning') AS spanning,
                    maxOrNullIf(value, split = 'validation' AND metric = 'rank_ic') AS validation_rank_ic,
                    maxOrNullIf(value, split = 'validation' AND metric = 't_nw') AS validation_t,
                    maxOrNullIf(value, split = 'validation' AND metric = 'q') AS validation_q,
                    maxOrNullIf(value, split = 'vault' AND metric = 'rank_ic') AS vault_rank_ic,
                    maxOrNullIf(value, split = 'vault' AND metric = 't_nw') AS vault_t,
                    maxOrNullIf(value, split = 'vault' AND metric = 'p') AS vault_p
                FROM evidence FINAL GROUP BY factor, run) AS e USING (factor, run)
            WHERE ({{state:String}} = '' OR f.state = {{state:String}})
                AND ({{run:String}} = '' OR f.run = {{run:String}})
            ORDER BY f.state = 'proven' DESC, abs(train_t) DESC, f.factor, f.run""",  # noqa: S608  columns from code
        state=state or "",
        run=run or "",
    ).with_columns(pl.col("spanning") == 1)


def read_factor(warehouse: Warehouse, factor: str) -> list[FactorRecord]:
    """A factor's standing in every run that judged it, the newest first; NotFoundError when there is none.

    `factor` may be the first characters of an id when they name one factor only.
    """
    found = warehouse.query(
        f"SELECT {_COLUMNS} FROM factors FINAL WHERE startsWith(factor, {{factor:String}}) "  # noqa: S608  columns from code
        "ORDER BY updated_at DESC, run",
        factor=factor,
    )
    ids = sorted(found["factor"].unique())
    if len(ids) != 1:
        several = f"{len(ids)} factors begin with {factor!r}: {', '.join(ids[:5])}" if ids else f"no factor {factor!r}"
        msg = f"{several}; `lode factors list` shows those that are known"
        raise NotFoundError(msg)
    return [FactorRecord(**row) for row in found.iter_rows(named=True)]


def record_evidence(warehouse: Warehouse, rows: Sequence[dict[str, Any]]) -> int:
    """Write evidence rows: factor, run, split, metric, value, low, high."""
    if not rows:
        return 0
    frame = pl.DataFrame(rows, schema_overrides={"value": pl.Float64, "low": pl.Float64, "high": pl.Float64})
    return warehouse.insert("evidence", frame)


def read_evidence(warehouse: Warehouse, factor: str, run: str) -> pl.DataFrame:
    """Evidence of a factor in a run: split, metric, value, low, high."""
    return warehouse.query(
        "SELECT split, metric, value, low, high FROM evidence FINAL "
        "WHERE factor = {factor:String} AND run = {run:String} ORDER BY split, metric",
        factor=factor,
        run=run,
    )


def record_series(warehouse: Warehouse, rows: pl.DataFrame) -> int:
    """Write daily series: factor, run, horizon, session, split, ic, rank_ic, quantile_returns, turnover."""
    return warehouse.insert("factor_series", rows) if rows.height else 0


def read_alike(warehouse: Warehouse, factor: str, run: str, *, most: int = 10) -> pl.DataFrame:
    """The run's other factors whose daily rank IC goes most along with a factor's, or against it.

    Returns factor, expression, state, direction, and correlation, of the formulas as written, over the sessions of
    train and validation that both have; the largest size first, ties by id.
    """
    series = warehouse.query(
        "SELECT factor, horizon, session, rank_ic FROM factor_series FINAL WHERE run = {run:String} "
        "AND split IN ('train', 'validation') AND isFinite(rank_ic)",
        run=run,
    )
    known = warehouse.query(
        "SELECT factor, expression, state, direction FROM factors FINAL WHERE run = {run:String}", run=run
    )
    own = pl.col("factor") == factor
    pairs = series.filter(~own).join(series.filter(own).drop("factor"), on=["horizon", "session"], suffix="_own")
    return (
        pairs.group_by("factor")
        .agg(pl.corr("rank_ic", "rank_ic_own").alias("correlation"))
        .filter(pl.col("correlation").is_finite())
        .join(known, on="factor")
        .sort(pl.col("correlation").abs(), "factor", descending=[True, False])
        .select("factor", "expression", "state", "direction", "correlation")
        .head(most)
    )


def read_series(warehouse: Warehouse, factor: str, run: str) -> pl.DataFrame:
    """Daily series of a factor in a run, in order of session."""
    return warehouse.query(
        "SELECT session, horizon, split, ic, rank_ic, quantile_returns, turnover FROM factor_series FINAL "
        "WHERE factor = {factor:String} AND run = {run:String} ORDER BY horizon, session",
        factor=factor,
        run=run,
    )


def read_rank_ics(warehouse: Warehouse, standings: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """Daily series of several factors, each of one run, (factor, run): both, session, split, rank_ic, turnover.

    In order of session; of the horizon that the factor was judged by, rank_ic null where undefined.
    """
    return warehouse.query(
        "SELECT factor, run, session, split, rank_ic, turnover FROM factor_series FINAL "
        "WHERE (factor, run, horizon) IN (SELECT factor, run, horizon FROM factors FINAL "
        "WHERE factor IN {factors:Array(String)} AND concat(factor, ' ', run) IN {standings:Array(String)}) "
        "ORDER BY session, factor, run",
        factors=sorted({factor for factor, _ in standings}),
        standings=[f"{factor} {run}" for factor, run in standings],
    )


def record_values(warehouse: Warehouse, rows: pl.DataFrame) -> int:
    """Write values of proven factors: factor, session, instrument, value."""
    return warehouse.insert("factor_values", rows) if rows.height else 0
