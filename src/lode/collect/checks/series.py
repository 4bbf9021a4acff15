"""What looks wrong in one source's daily bars although every row keeps the rules: frames in, findings out.

All take bars of whole instruments and return findings (stores/findings.VALUES); a missing value is never a fault by
itself. Thresholds are arguments; the defaults are what a daily share price hardly does without a reason.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from lode import calendar
from lode.warehouse.stores.findings import SCHEMA, VALUES

GAP, JUMP, REPEAT, RESTATED = "calendar gap", "jump without an event", "stale repeat", "restated"
_NEAR_DAYS = 3
_MAD_TO_SIGMA = 1.4826  # of a normal distribution
_WORN = ("open", "high", "low", "close", "volume")


def gaps(bars: pl.DataFrame, exchange: str) -> pl.DataFrame:
    """Sessions of `exchange` between an instrument's first and last bar that have none, one finding a run.

    bars: instrument, session; one row each.
    """
    if bars.is_empty():
        return none()
    days = calendar.sessions(exchange, bars["session"].min(), bars["session"].max())  # type: ignore[arg-type]
    numbers = pl.DataFrame({"session": pl.Series(days).cast(pl.Date), "number": np.arange(len(days))})
    placed = bars.select("instrument", "session").join(numbers, on="session").sort("instrument", "number")
    before = pl.col("number").shift().over("instrument")
    holes = placed.with_columns((pl.col("number") - before - 1).alias("missing"), before.alias("before")).filter(
        pl.col("missing") > 0
    )
    bounds = [
        pl.Series(name, days[holes["before"].to_numpy() + 1 if name == "from" else holes["number"].to_numpy() - 1])
        for name in ("from", "to")
    ]
    found = holes.with_columns(pl.Series(s.name, s).cast(pl.Date) for s in bounds)
    detail = pl.format("{} without a bar, {} to {}", in_sessions("missing"), "from", "to")
    return _findings(found, GAP, "notice", pl.col("from"), detail)


def jumps(bars: pl.DataFrame, actions: pl.DataFrame, *, least: float = 0.30, scales: float = 10.0) -> pl.DataFrame:
    """Changes of the close by more than `least` and more than `scales` robust scales that no event explains.

    bars: instrument, session, close, adj_close, sorted. The scale is 1.4826 times the median absolute log return of
    the instrument. actions: instrument, ex_date, kind, value. Events within three days of the session explain a jump
    when it is at most `least` once they are undone; so does an `adj_close` that did not jump.
    """

    def log_return(name: str) -> pl.Expr:
        return (pl.col(name) / pl.col(name).shift().over("instrument")).log()

    moved = bars.select("instrument", "session", "close", "adj_close").with_columns(
        log_return("close").alias("move"),
        log_return("adj_close").alias("adjusted_move"),
        pl.col("close").shift().over("instrument").alias("before"),
    )
    moved = moved.with_columns(
        (pl.col("move").abs().median().over("instrument") * _MAD_TO_SIGMA).alias("scale"),
        (pl.col("close") / pl.col("before") - 1).alias("change"),
        (pl.col("move").shift(-1).over("instrument") + pl.col("move")).abs().alias("after_next"),
    )
    large = moved.filter(pl.col("change").abs() > least, pl.col("move").abs() > scales * pl.col("scale"))
    explained = _explained(large, actions, least)
    by_adjusted = ((pl.col("adjusted_move").exp() - 1).abs() <= least).fill_null(value=False)
    found = large.join(explained, on=["instrument", "session"], how="anti").filter(~by_adjusted)
    back = pl.when(pl.col("after_next") < pl.col("move").abs() / 4).then(pl.lit(", taken back in the next session"))
    detail = pl.format(
        "close {} after {} ({}%), no split or dividend near{}",
        "close",
        "before",
        (pl.col("change") * 100).round(1),
        back.otherwise(pl.lit("")),
    )
    return _findings(found, JUMP, "warning", pl.col("session"), detail)


def repeats(bars: pl.DataFrame, *, whole: int = 3, closes: int = 10) -> pl.DataFrame:
    """Bars that stand still: the same numbers with volume for `whole` sessions, or the same close for `closes`.

    bars: instrument, session and _WORN, sorted. One finding a run, at its first session.
    """
    traded = (pl.col("volume") > 0).fill_null(value=False)
    same_close = pl.col("close") == pl.col("close").shift().over("instrument")
    same_all = pl.all_horizontal(pl.col(n).eq_missing(pl.col(n).shift().over("instrument")) for n in _WORN) & traded
    runs = []
    for same, least, what in (
        (same_all, whole, "the same numbers, volume among them, for {}, {} to {}"),
        (same_close, closes, "the same close for {}, {} to {}"),
    ):
        begins = (~same.fill_null(value=False)).cum_sum().over("instrument").alias("run")
        run = (
            bars.select("instrument", "session", begins)
            .group_by("instrument", "run", maintain_order=True)
            .agg(pl.len().alias("length"), pl.col("session").min().alias("from"), pl.col("session").max().alias("to"))
        )
        found = run.filter(pl.col("length") >= least)
        runs.append(
            _findings(found, REPEAT, "notice", pl.col("from"), pl.format(what, in_sessions("length"), "from", "to"))
        )
    return joined(runs)


def restatements(versions: pl.DataFrame, *, least: float = 0.01) -> pl.DataFrame:
    """Closes that a later version changed by more than `least`, one finding per instrument and time of the change.

    versions: instrument, session, knowledge_time, close; sorted by them, repaired versions left out.
    """
    before = pl.col("close").shift().over("instrument", "session")
    changed = versions.with_columns((pl.col("close") / before - 1).alias("change")).filter(
        pl.col("change").abs() > least
    )
    found = changed.group_by("instrument", "knowledge_time", maintain_order=True).agg(
        pl.len().alias("sessions"),
        pl.col("session").min().alias("from"),
        pl.col("session").max().alias("to"),
        (pl.col("change").abs().max() * 100).round(2).alias("most"),
    )
    detail = pl.format(
        "the close of {}, {} to {}, changed by up to {}%, known from {}",
        in_sessions("sessions"),
        "from",
        "to",
        "most",
        pl.col("knowledge_time").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return _findings(found, RESTATED, "warning", pl.col("from"), detail)


def in_sessions(count: str) -> pl.Expr:
    """A column of counts in words: 1 session, 2 sessions."""
    return pl.format("{} session{}", count, pl.when(pl.col(count) == 1).then(pl.lit("")).otherwise(pl.lit("s")))


def none() -> pl.DataFrame:
    """No findings."""
    return pl.DataFrame(schema=SCHEMA)


def joined(findings: list[pl.DataFrame]) -> pl.DataFrame:
    """All of these findings, one a rule, instrument and session: what several say of the same is joined."""
    return (
        pl.concat([none(), *findings])
        .group_by("rule", "instrument", "session", maintain_order=True)
        .agg(pl.col("severity").first(), pl.col("detail").unique(maintain_order=True).str.join("; "))
        .sort("rule", "instrument", "session")
    )


def _explained(large: pl.DataFrame, actions: pl.DataFrame, least: float) -> pl.DataFrame:
    """Return instrument and session of the jumps that are at most `least` with the events near them undone."""
    near = large.join(actions, on="instrument").filter(
        (pl.col("ex_date") - pl.col("session")).dt.total_days().abs() <= _NEAR_DAYS
    )
    split = pl.col("kind") == "split"
    undone = near.group_by("instrument", "session", maintain_order=True).agg(
        pl.col("close").first(),
        pl.col("before").first(),
        pl.col("value").filter(split).product().alias("ratio"),
        pl.col("value").filter(~split).sum().alias("cash"),
    )
    change = (pl.col("close") * pl.col("ratio") + pl.col("cash")) / pl.col("before") - 1
    return undone.filter(change.abs() <= least).select("instrument", "session")


def _findings(found: pl.DataFrame, rule: str, severity: str, session: pl.Expr, detail: pl.Expr) -> pl.DataFrame:
    return found.select(
        pl.lit(rule).alias("rule"),
        "instrument",
        session.cast(pl.Date).alias("session"),
        pl.lit(severity).alias("severity"),
        detail.alias("detail"),
    ).select(VALUES)
