"""Daily series of a factor made ready for charts. Pure: frames in, frames out."""

from __future__ import annotations

import polars as pl

ROLLING_SESSIONS = 63
_DRAWN_POINTS = 400
SPARK_POINTS = 48


def timeline(series: pl.DataFrame, *, direction: int, horizon: int) -> pl.DataFrame:
    """One row per session: what the charts over time show.

    series: session, split, rank_ic, quantile_returns (lowest first, of values times direction), turnover; in order of
        session. A quantile return is that of `horizon` sessions.
    Returns session, split, and, null where undefined:
        rank_ic        daily rank IC times direction
        mean_rank_ic   its mean over the last 63 sessions of the same split (from 21 on)
        sum_rank_ic    its sum up to the session
        sum_spread     sum of the top less the bottom quantile's return per session held, in per cent, not compounded
        turnover       share of names that are new in the outer quantiles
        mean_turnover  its mean, as for the rank IC
    """
    returns = pl.col("quantile_returns").list
    spread = (returns.last() - returns.first()).fill_nan(None) / horizon * 100
    return series.select(
        "session",
        "split",
        (pl.col("rank_ic") * direction).fill_nan(None).alias("rank_ic"),
        spread.alias("spread"),
        pl.col("turnover").fill_nan(None),
    ).select(
        "session",
        "split",
        "rank_ic",
        _rolling("rank_ic").alias("mean_rank_ic"),
        pl.col("rank_ic").fill_null(0).cum_sum().alias("sum_rank_ic"),
        pl.col("spread").fill_null(0).cum_sum().alias("sum_spread"),
        "turnover",
        _rolling("turnover").alias("mean_turnover"),
    )


def split_spans(days: pl.DataFrame) -> pl.DataFrame:
    """First and last session of each split of a timeline: split, start, end, in time order."""
    return (
        days.group_by("split")
        .agg(pl.col("session").min().alias("start"), pl.col("session").max().alias("end"))
        .sort("start")
    )


def quantile_means(series: pl.DataFrame) -> pl.DataFrame:
    """Mean return of each quantile by split, less the mean of all quantiles: split, quantile (from 1), excess_bp.

    series: as for `timeline`. Basis points per `horizon` sessions; a session counts where every quantile has a return.
    """
    whole = series.filter(
        pl.col("quantile_returns").list.len() > 1,
        pl.col("quantile_returns").list.eval(pl.element().is_finite().fill_null(value=False)).list.all(),
    )
    return (
        whole.select(
            "split",
            (pl.col("quantile_returns") - pl.col("quantile_returns").list.mean()).alias("excess"),
            pl.int_ranges(1, pl.col("quantile_returns").list.len() + 1).alias("quantile"),
        )
        .explode("excess", "quantile")
        .group_by("split", "quantile", maintain_order=True)
        .agg((pl.col("excess").mean() * 1e4).alias("excess_bp"))
    )


def thinned(days: pl.DataFrame) -> pl.DataFrame:
    """Every n-th row, 400 at most: the points of a chart that answer to a pointer."""
    return days.gather_every(max(1, -(-days.height // _DRAWN_POINTS)))


def cumulated(monthly: pl.DataFrame, standings: pl.DataFrame) -> pl.DataFrame:
    """Cumulative rank IC of some factors in their direction: factor, run, cumulative (a list, 48 points at most).

    monthly: factor, run, horizon, month, rank_ic (summed over the month), in order of month. standings: factor, run,
    horizon, direction. The last month is always a point.
    """
    summed = monthly.join(standings, on=["factor", "run", "horizon"], maintain_order="left").with_columns(
        (pl.col("rank_ic") * pl.col("direction")).cum_sum().over("factor", "run").alias("cumulative")
    )
    left = pl.int_range(pl.len(), 0, -1).over("factor", "run") - 1
    every = ((pl.len().over("factor", "run") + SPARK_POINTS - 1) // SPARK_POINTS).clip(1)
    kept = summed.filter(left % every == 0)
    return kept.group_by("factor", "run", maintain_order=True).agg("cumulative")


def _rolling(column: str) -> pl.Expr:
    return pl.col(column).rolling_mean(ROLLING_SESSIONS, min_samples=ROLLING_SESSIONS // 3).over("split")
