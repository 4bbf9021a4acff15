"""How factors have done over time, summed up where the rows are: by month, and since their vault."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lode.warehouse import Warehouse


def read_monthly_rank_ic(warehouse: Warehouse, standings: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """Sum of the daily rank IC of each month, of the formula as written, of some factors in their runs.

    standings: (factor, run). Columns: factor, run, horizon, month (its first day), rank_ic; in order of month.
    """
    summed = warehouse.query(
        "SELECT factor, run, horizon, toStartOfMonth(session) AS month, sum(daily) AS rank_ic FROM ("
        "  SELECT run, factor, horizon, session, rank_ic AS daily FROM factor_series FINAL "
        "  WHERE run IN {runs:Array(String)} AND factor IN {factors:Array(String)}) "
        "WHERE isFinite(daily) GROUP BY factor, run, horizon, month ORDER BY run, factor, horizon, month",
        factors=[factor for factor, _ in standings],
        runs=[run for _, run in standings],
    )
    asked = pl.DataFrame(standings, schema={"factor": pl.String, "run": pl.String}, orient="row")
    return summed.join(asked, on=["factor", "run"], how="semi").with_columns(pl.col("month").cast(pl.Date))


def read_since_vault(warehouse: Warehouse) -> pl.DataFrame:
    """Daily rank IC of every proven factor that has sessions after its run, on the vault and since.

    Columns: factor, run, expression, direction, horizon, and of each of the splits vault and live, for the formula as
    written: {split}_mean, {split}_variance (null of one session), {split}_sessions; last_session.
    """
    moments = ", ".join(
        f"avgOrNullIf(rank_ic, split = '{split}') AS {split}_mean, "
        f"varSampOrNullIf(rank_ic, split = '{split}') AS {split}_variance, "
        f"countIf(split = '{split}') AS {split}_sessions"
        for split in ("vault", "live")
    )
    return warehouse.query(
        "SELECT f.factor AS factor, f.run AS run, expression, direction, f.horizon AS horizon, vault_mean, "  # noqa: S608  columns from code
        "vault_variance, vault_sessions, live_mean, live_variance, live_sessions, last_session FROM ("
        f"  SELECT run, factor, horizon, {moments}, max(session) AS last_session FROM factor_series FINAL "
        "  WHERE (run, factor) IN (SELECT run, factor FROM factors FINAL WHERE state = 'proven') "
        "  AND split IN ('vault', 'live') AND isFinite(rank_ic) GROUP BY run, factor, horizon) AS s "
        "INNER JOIN (SELECT factor, run, expression, direction, horizon FROM factors FINAL) AS f "
        "USING (run, factor, horizon) WHERE live_sessions > 0 ORDER BY run, factor"
    )
