"""Text fields: what the latest report reads like, and the news of each session.

A filing's measures hold from the session at whose close it was known until the next report, for `STALE_DAYS` at most.
News are per session: what became known after the close before and up to the session's own.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.errors import DataError
from lode.panel.events import knowledge_time_column
from lode.panel.fundamentals.fields import Built
from lode.panel.fundamentals.grid import STALE_DAYS, Axis, Floats

REPORTS = ("10-K", "10-Q", "20-F", "40-F")
FILING_FIELDS = {
    "filing_tone": "tone",
    "filing_similarity": "similarity",
    "filing_length": "words",
    "filing_readability": "readability",
}
TEXT_FIELDS: tuple[str, ...] = ("news_count", "news_tone", *FILING_FIELDS)


def filing_fields(texts: pl.DataFrame, axis: Axis) -> Built:
    """Measures of the latest annual or quarterly report known at each close (T, N); NaN where it has none.

    texts: instrument, form, model, accession, knowledge_time, words, tone, readability, similarity. Raises DataError
    for measures of several models: their tones cannot be compared.
    """
    rows = _one_model("filing texts", "model", _placed(texts.filter(pl.col("form").is_in(REPORTS)), axis))
    built, at = Built(), _latest(rows, axis)
    known = np.append(rows["knowledge_time"].to_numpy(), np.datetime64("NaT"))[at]
    stale = axis.closes[:, None] - known > np.timedelta64(STALE_DAYS, "D")
    for name, column in FILING_FIELDS.items():
        given = np.append(rows[column].cast(pl.Float32).fill_null(np.nan).to_numpy(), np.float32(np.nan))
        value = np.where(stale, np.float32(np.nan), given[at])
        if np.isfinite(value).any():
            age = np.where(np.isfinite(value), axis.age(known), np.float32(np.nan))
            built.add(name, value, age, "recorded")
    return built


def news_fields(articles: pl.DataFrame | None, searches: pl.DataFrame | None, axis: Axis) -> Built:
    """`news_count` and `news_tone` (T, N) of each session.

    articles: instrument, article, duplicate_group, knowledge_time, sentiment, sentiment_model. Of near-duplicates the
        one that was known first counts, once and for all. The tone is the mean of those that have one.
    searches: instrument, collected_at of every search that succeeded. The count is 0 in a session during which there
        was one and no article; without any search it is missing.
    """
    none = pl.DataFrame(schema={"instrument": pl.String, "knowledge_time": pl.Datetime("us")})
    asked = _during(
        _placed(none if searches is None else searches.rename({"collected_at": "knowledge_time"}), axis), axis
    )
    found = _during(_placed(none if articles is None else _firsts(articles), axis), axis)
    count = np.full(axis.shape, np.nan, np.float32)
    count[_cells(asked)] = 0.0
    number = np.zeros(axis.shape, np.float32)
    np.add.at(number, _cells(found), np.float32(1.0))
    count = np.where(number > 0, number, count)
    built = Built()
    if np.isfinite(count).any():
        built.add("news_count", count, _same_session(count), "recorded")
    tone = _mean_tone(found, axis)
    if np.isfinite(tone).any():
        built.add("news_tone", tone, _same_session(tone), "recorded")
    return built


def _firsts(articles: pl.DataFrame) -> pl.DataFrame:
    """The article of each group of near-duplicates that was known first, per instrument."""
    group = pl.col("article")
    if "duplicate_group" in articles.columns:
        group = pl.when(pl.col("duplicate_group").fill_null("") == "").then(group).otherwise("duplicate_group")
    return (
        articles.with_columns(knowledge_time_column(articles), group.alias("_group"))
        .sort("instrument", "knowledge_time", "article")
        .unique(["instrument", "_group"], keep="first", maintain_order=True)
    )


def _mean_tone(found: pl.DataFrame, axis: Axis) -> Floats:
    """Mean sentiment per session, NaN where no article has one."""
    if "sentiment" not in found.columns:
        return np.full(axis.shape, np.nan, np.float32)
    toned = found.filter(pl.col("sentiment").is_not_null() & pl.col("sentiment").is_not_nan())
    if "sentiment_model" in toned.columns:
        toned = _one_model("articles", "sentiment_model", toned)
    total, number = np.zeros(axis.shape), np.zeros(axis.shape)
    cells = _cells(toned)
    np.add.at(total, cells, toned["sentiment"].cast(pl.Float64).to_numpy())
    np.add.at(number, cells, 1.0)
    return np.where(number > 0, total / np.maximum(number, 1.0), np.nan).astype(np.float32)


def _placed(rows: pl.DataFrame, axis: Axis) -> pl.DataFrame:
    """Rows of the axis' names known by its last close, with `name` (column) and `session` (row), by knowledge."""
    names = pl.DataFrame(
        {"instrument": axis.names, "name": np.arange(len(axis.names))},
        schema={"instrument": pl.String, "name": pl.Int64},
    )
    placed = (
        rows.with_columns(knowledge_time_column(rows))
        .join(names, on="instrument")
        .sort([c for c in ("knowledge_time", "accession", "article") if c in rows.columns], maintain_order=True)
    )
    session = np.searchsorted(axis.closes, placed["knowledge_time"].to_numpy())
    return placed.with_columns(pl.Series("session", session, pl.Int64)).filter(pl.col("session") < len(axis.closes))


def _latest(rows: pl.DataFrame, axis: Axis) -> NDArray[np.int64]:
    """Number of the last row known at each close (T, N), -1 where there is none; rows: by knowledge."""
    at = np.full(axis.shape, -1, np.int64)
    np.maximum.at(at, (rows["session"].to_numpy(), rows["name"].to_numpy()), np.arange(rows.height))
    return np.maximum.accumulate(at, axis=0)


def _during(rows: pl.DataFrame, axis: Axis) -> pl.DataFrame:
    """Rows that became known after the close before the first session."""
    earlier = len(axis.before) - len(axis.sessions)
    return rows.filter(pl.col("knowledge_time") > pl.lit(axis.before[earlier - 1])) if earlier else rows


def _cells(rows: pl.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return rows["session"].to_numpy(), rows["name"].to_numpy()


def _same_session(values: Floats) -> Floats:
    """Age 0 wherever there is a value."""
    return np.where(np.isfinite(values), np.float32(0.0), np.float32(np.nan))


def _one_model(what: str, column: str, rows: pl.DataFrame) -> pl.DataFrame:
    models = rows[column].unique().sort().to_list()
    if len(models) > 1:
        raise DataError(f"{what} of several models ({', '.join(models)}) in one panel; read those of one")
    return rows
