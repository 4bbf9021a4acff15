"""What the charts of several symbols become: checked bars, news of corporate actions. Pure.

A batch is a frame of the rows of all its charts; `place` says which chart a row came from.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from lode.collect.chart import Chart
from lode.collect.quality import with_reasons, with_sessions
from lode.warehouse.stores.imports import Watermark

EVENT = ("instrument", "ex_date", "kind")
NO_EFFECT = {"split": 1.0, "dividend": 0.0, "capital-gain": 0.0}
_UTC = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Piece:
    """One chart of a batch: the sessions wanted of it, the instrument it is of, and the symbol's watermark before.

    exchange: whose sessions it keeps. first to last: wanted sessions, the last of which had closed when it came.
    """

    symbol: str
    instrument: str
    exchange: str
    chart: Chart
    first: date
    last: date
    fetched: datetime
    mark: Watermark | None


def checked_bars(pieces: Sequence[Piece]) -> pl.DataFrame:
    """Bars of the wanted sessions with `reason`, null where a row keeps every rule, each held against its exchange.

    body_row: the row's place in the answer, from 1. again: the session was collected before, so that a bar which comes
    now for the first time was not there then.
    """
    frames = [_wanted(place, piece) for place, piece in enumerate(pieces)]
    rows = pl.concat(frames).with_row_index("row_number", offset=1)
    checked = [
        with_reasons(with_sessions(rows.filter(pl.col("exchange") == exchange), exchange), exchange)
        for exchange in dict.fromkeys(piece.exchange for piece in pieces)
    ]
    return pl.concat(checked).sort("row_number")


def as_refused(refused: pl.DataFrame) -> pl.DataFrame:
    """Rows for the quarantine, with the row as it came."""
    came = ("session", "open", "high", "low", "close", "volume")
    texts = [json.dumps(row, default=str) for row in refused.select(came).iter_rows(named=True)]
    numbered = refused.select("symbol", "session", pl.col("body_row").alias("row_number"), "reason")
    return numbered.with_columns(pl.Series("row_json", texts, pl.String))


def action_news(pieces: Sequence[Piece], seen: pl.DataFrame, *, tolerance: float) -> pl.DataFrame:
    """Events that are new, changed or withdrawn: instrument, ex_date, kind, value, knowledge_time.

    seen: every version that is known, as read_actions gives it. An event is known from the beginning of its ex-date,
    unless a collection that reached that day did not have it, or had another value: then it is known from this fetch.
    One that was known and that an answer with bars of its ex-date lacks is withdrawn: from this fetch on it has the
    value that changes nothing (0 cash, a ratio of 1); the version before it stays what was known before.
    """
    asked = _asked(pieces)
    latest = seen.group_by(EVENT).agg(pl.col("value").sort_by("knowledge_time").last().alias("seen"))
    changed = asked.join(latest, on=list(EVENT), how="left").filter(
        pl.col("seen").is_null() | ((pl.col("value") - pl.col("seen")).abs() > tolerance * pl.col("value").abs())
    )
    late = pl.col("seen").is_not_null() | pl.col("ex_date").is_between("mark_from", "mark_to").fill_null(value=False)
    begins = pl.col("ex_date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    news = changed.with_columns(pl.when(late).then("fetched").otherwise(begins).alias("knowledge_time"))
    gone = _withdrawn(pieces, asked, latest)
    return pl.concat([frame.select(*EVENT, "value", "knowledge_time") for frame in (news, gone)]).sort(EVENT)


def _wanted(place: int, piece: Piece) -> pl.DataFrame:
    numbered = piece.chart.bars.with_row_index("body_row", offset=1)
    begun, reached = (piece.mark.collected_from, piece.mark.collected_to) if piece.mark else (None, None)
    within = pl.col("session").is_between(pl.lit(begun, pl.Date), pl.lit(reached, pl.Date))
    return numbered.filter(pl.col("session").is_between(piece.first, piece.last)).with_columns(
        pl.lit(place, pl.UInt32).alias("place"),
        pl.lit(piece.symbol).alias("symbol"),
        pl.lit(piece.instrument).alias("instrument"),
        pl.lit(piece.exchange).alias("exchange"),
        pl.lit(piece.chart.currency).alias("currency"),
        pl.lit(value=False).alias("adjusted"),
        pl.lit(piece.fetched).cast(_UTC).alias("collected_at"),
        within.fill_null(value=False).alias("again"),
    )


def _asked(pieces: Sequence[Piece]) -> pl.DataFrame:
    """Events of the wanted days, one a kind and day: cash adds up, ratios multiply."""
    frames = []
    for piece in pieces:
        mark = piece.mark
        frames.append(
            piece.chart.actions.filter(pl.col("ex_date").is_between(piece.first, piece.last)).with_columns(
                pl.lit(piece.instrument).alias("instrument"),
                pl.lit(piece.fetched).cast(_UTC).alias("fetched"),
                pl.lit(mark.collected_from if mark else None, pl.Date).alias("mark_from"),
                pl.lit(mark.collected_to if mark else None, pl.Date).alias("mark_to"),
            )
        )
    combined = (
        pl.when(pl.col("kind").first() == "split")
        .then(pl.col("value").product())
        .otherwise(pl.col("value").sum())
        .alias("value")
    )
    circumstances = [pl.col(name).first() for name in ("fetched", "mark_from", "mark_to")]
    return pl.concat(frames).group_by(EVENT, maintain_order=True).agg(combined, *circumstances)


def _withdrawn(pieces: Sequence[Piece], asked: pl.DataFrame, latest: pl.DataFrame) -> pl.DataFrame:
    """Events that have an effect and that the answer, which has a bar of their day, does not have."""
    without = pl.col("kind").replace_strict(NO_EFFECT, default=None, return_dtype=pl.Float64)
    standing = latest.filter(pl.col("seen") != without)
    if standing.is_empty():
        return standing.with_columns(without.alias("value"), pl.lit(None, _UTC).alias("knowledge_time"))
    covered = pl.concat(
        [
            piece.chart.bars.filter(
                pl.col("session").is_between(piece.first, piece.last) & pl.col("close").is_not_null()
            ).select(
                pl.lit(piece.instrument).alias("instrument"),
                pl.col("session").alias("ex_date"),
                pl.lit(piece.fetched).cast(_UTC).alias("knowledge_time"),
            )
            for piece in pieces
        ]
    ).unique(["instrument", "ex_date"], keep="first")
    gone = standing.join(asked, on=list(EVENT), how="anti").join(covered, on=["instrument", "ex_date"])
    return gone.with_columns(without.alias("value"))
