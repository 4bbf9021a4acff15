"""Frames of a sheet's record for its pictures. Pure: a record of `lode.workflow.sheets` in, frames out.

A frame of sessions has `session`, a date, and `split`, null outside of the splits; a record without splits has one
without a name.
"""

from __future__ import annotations

import calendar
from datetime import date
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl

from lode.app.series import ROLLING_SESSIONS
from lode.evaluation.portfolio import SESSIONS_A_YEAR

Record = dict[str, Any]

_FEWEST = ROLLING_SESSIONS // 3
_INTERVAL = 1.96
_WORST = 5


def sessions_of(record: Record) -> pl.DataFrame:
    """One row per session: session, split, each daily series of the record, and its quantiles as q1, q2 and so on."""
    series = record["series"]
    floats = {name: pl.Series(each, dtype=pl.Float64) for name, each in series.items() if name != "session"}
    floats |= {f"q{n}": pl.Series(each, dtype=pl.Float64) for n, each in enumerate(record["quantiles"], 1)}
    days = pl.DataFrame({"session": pl.Series(series["session"], dtype=pl.String).str.to_date()} | floats)
    return days.with_columns(_split(record["splits"]).alias("split"))


def _split(spans: list[dict[str, str]]) -> pl.Expr:
    if not spans:
        return pl.lit("")
    inside = (
        pl.when(pl.col("session").is_between(date.fromisoformat(span["first"]), date.fromisoformat(span["last"])))
        .then(pl.lit(span["split"]))
        for span in spans
    )  # fmt: skip
    return pl.coalesce(list(inside))


def rank_ic_days(days: pl.DataFrame) -> pl.DataFrame:
    """Sessions of the splits: session, split, rank_ic, mean_rank_ic over 63 sessions of the split, sum_rank_ic."""
    mean = pl.col("rank_ic").rolling_mean(ROLLING_SESSIONS, min_samples=_FEWEST).over("split")
    inside = days.drop_nulls("split")
    return inside.select(
        "session", "split", "rank_ic", mean.alias("mean_rank_ic"), _sum("rank_ic").alias("sum_rank_ic")
    )


def rolling_days(days: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Means over 63 sessions of the same split."""
    means = (pl.col(name).rolling_mean(ROLLING_SESSIONS, min_samples=_FEWEST).over("split") for name in columns)
    return days.select("session", "split", *means)


def quantile_days(days: pl.DataFrame) -> pl.DataFrame:
    """Summed daily return of each quantile less the mean of all of them, in per cent."""
    names = [name for name in days.columns if name[0] == "q" and name[1:].isdigit()]
    mean = pl.mean_horizontal(names)
    less = days.with_columns((pl.col(name) - mean) * 100 for name in names)
    return less.select("session", "split", *(_sum(name).alias(name) for name in names))


def spread_days(days: pl.DataFrame) -> pl.DataFrame:
    """Summed spread before and after cost in per cent, and the 95 % band of a sum whose sessions are independent.

    The band is around the straight line of the mean: ± 1.96 standard deviations √n after n sessions.
    """
    spread = pl.col("spread") * 100
    n = pl.col("spread").is_not_null().cum_sum().cast(pl.Float64)
    line, wide = n * spread.mean(), _INTERVAL * spread.std() * n.sqrt()
    return days.select(
        "session",
        "split",
        (_sum("spread") * 100).alias("before cost"),
        (_sum("net_spread") * 100).alias("after cost"),
        (line - wide).alias("low"),
        (line + wide).alias("high"),
    )


def rolling_spread_days(days: pl.DataFrame) -> pl.DataFrame:
    """Mean spread of 63 sessions, before and after cost, in basis points, with the 95 % band of the former."""
    spread, net = (pl.col(name) * 1e4 for name in ("spread", "net_spread"))

    def mean(of: pl.Expr) -> pl.Expr:
        return of.rolling_mean(ROLLING_SESSIONS, min_samples=_FEWEST).over("split")

    deviation = spread.rolling_std(ROLLING_SESSIONS, min_samples=_FEWEST).over("split")
    half = _INTERVAL * deviation / np.sqrt(ROLLING_SESSIONS)
    return days.select(
        "session",
        "split",
        mean(spread).alias("before cost"),
        mean(net).alias("after cost"),
        (mean(spread) - half).alias("low"),
        (mean(spread) + half).alias("high"),
    )


def book_days(days: pl.DataFrame) -> pl.DataFrame:
    """Summed daily returns of the books in per cent, the long-only one less the market."""
    books = days.with_columns((pl.col("long_only") - pl.col("market")).alias("long-only less market"))
    names = {"brain": "BRAIN", "brain_net": "BRAIN after cost", "long_short": "long-short"}
    return books.select(
        "session",
        "split",
        *((_sum(name) * 100).alias(shown) for name, shown in names.items()),
        (_sum("long-only less market") * 100).alias("long-only less market"),
    )


def drawdown_days(days: pl.DataFrame) -> pl.DataFrame:
    """How far the summed returns of the BRAIN book, before and after cost, are below their height, in per cent."""
    falls = []
    for name, shown in (("brain", "before cost"), ("brain_net", "after cost")):
        level = _sum(name)
        falls.append(((level - level.cum_max().clip(lower_bound=0)) * 100).alias(shown))
    return days.select("session", "split", *falls)


def rolling_sharpe(days: pl.DataFrame) -> pl.DataFrame:
    """Sharpe ratio a year of the BRAIN book over the last 252 sessions, before and after cost."""
    shown = {"brain": "before cost", "brain_net": "after cost"}
    ratios = []
    for name, label in shown.items():
        window = pl.col(name)
        mean, std = (
            of(SESSIONS_A_YEAR, min_samples=SESSIONS_A_YEAR // 2) for of in (window.rolling_mean, window.rolling_std)
        )
        ratios.append(pl.when(std > 0).then(mean / std * np.sqrt(SESSIONS_A_YEAR)).alias(label))
    return days.select("session", "split", *ratios)


def worst_drawdowns(days: pl.DataFrame, column: str = "brain_net") -> pl.DataFrame:
    """Five deepest falls of summed returns: from, lowest, until (null where not over), sessions, depth (positive)."""
    level = days.select("session", _sum(column).alias("level")).drop_nulls().with_columns(
        pl.col("level").cum_max().clip(lower_bound=0).alias("height")
    )  # fmt: skip
    below = level.with_columns(
        (pl.col("height") - pl.col("level")).alias("depth"), (pl.col("level") < pl.col("height")).alias("is_below")
    ).with_columns(pl.col("is_below").rle_id().alias("spell"))
    last = level["session"].max()
    return (
        below.filter("is_below")
        .group_by("spell")
        .agg(
            pl.col("session").min().alias("first_session"),
            pl.col("session").sort_by("depth").last().alias("lowest"),
            pl.col("session").max().alias("until"),
            pl.len().alias("sessions"),
            pl.col("depth").max(),
        )
        .with_columns(pl.when(pl.col("until") < last).then(pl.col("until")).alias("until"))
        .sort("depth", descending=True)
        .head(_WORST)
        .drop("spell")
    )


def months_of(days: pl.DataFrame, column: str, *, how: str) -> pl.DataFrame:
    """One row per month with a value: year, month (Jan, …), value, the mean or the sum of its sessions."""
    value = pl.col(column)
    months = days.drop_nulls(column).group_by(
        pl.col("session").dt.year().alias("year"), pl.col("session").dt.month().alias("number")
    )
    told = months.agg((value.mean() if how == "mean" else value.sum()).alias("value")).sort("year", "number")
    names = pl.col("number").replace_strict(dict(enumerate(calendar.month_abbr)), return_dtype=pl.String)
    return told.with_columns(names.alias("month"))


def normal_quantiles(series: pl.Series, points: int = 200) -> pl.DataFrame:
    """Standardised values against those of the normal law: `normal`, `value`; empty where the series does not vary."""
    known = np.sort(series.drop_nulls().to_numpy())
    spread = float(known.std(ddof=1)) if known.size > 1 else 0.0
    if not spread > 0:
        return pl.DataFrame(schema={"normal": pl.Float64, "value": pl.Float64})
    share = (np.arange(known.size) + 0.5) / known.size
    tail = min(20, known.size)  # every one of the outermost, which are what a reader looks for
    inner = np.linspace(0, known.size - 1, points).astype(int)
    kept = np.unique(np.concatenate([np.arange(tail), inner, known.size - 1 - np.arange(tail)]))
    normal = [NormalDist().inv_cdf(each) for each in share[kept].tolist()]
    return pl.DataFrame({"normal": normal, "value": (known[kept] - known.mean()) / spread})


def histogram(series: pl.Series, bins: int = 41) -> pl.DataFrame:
    """Counts by value: `start`, `end`, `count`, and `normal`, what the normal law of that mean and deviation has."""
    known = series.drop_nulls().to_numpy()
    if not known.size:
        return pl.DataFrame(schema=dict.fromkeys(("start", "end", "count", "normal"), pl.Float64))
    counts, edges = np.histogram(known, bins=min(bins, max(5, known.size // 5)))
    mean, std = float(known.mean()), float(known.std())
    law = [NormalDist(mean, std).cdf(edge) for edge in edges.tolist()] if std > 0 else np.linspace(0, 1, len(edges))
    return pl.DataFrame(
        {"start": edges[:-1], "end": edges[1:], "count": counts.astype(float), "normal": np.diff(law) * known.size}
    )


def quantile_boxes(days: pl.DataFrame) -> pl.DataFrame:
    """Daily return of each quantile in basis points: quantile, p5, p25, median, p75, p95."""
    names = [name for name in days.columns if name[0] == "q" and name[1:].isdigit()]
    shares = {"p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
    rows = [
        {"quantile": int(name[1:])} | {label: _quantile(days[name], share) for label, share in shares.items()}
        for name in names
    ]
    return pl.DataFrame(rows, schema={"quantile": pl.Int64} | dict.fromkeys(shares, pl.Float64)).drop_nulls()


def _quantile(series: pl.Series, share: float) -> float | None:
    found = series.drop_nulls().quantile(share, "linear")
    return None if found is None else float(found) * 1e4


def _sum(column: str) -> pl.Expr:
    """Sum so far; null before the first value."""
    known = pl.col(column).is_not_null().cum_sum() > 0
    return pl.when(known).then(pl.col(column).fill_null(0).cum_sum())
