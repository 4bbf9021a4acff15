"""A user's own frame as a panel: the columns of a bars file, checked row by row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from lode import calendar
from lode.columns import BARS_ALIASES, column_names
from lode.errors import DataError, UsageError
from lode.panel.assemble import TRADED, build_panel
from lode.panel.events import knowledge_time_column
from lode.panel.panel import Panel
from lode.panel.snapshot import with_content_source

if TYPE_CHECKING:
    import pandas as pd

BAR_COLUMNS = ("symbol", "date", *TRADED, "adj_close", "knowledge_time")
_DERIVED = ("returns", "raw_close", "dollar_volume")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def panel_from_frame(frame: pl.DataFrame | pd.DataFrame, *, adjusted: bool, label: str, exchange: str) -> Panel:
    """See Panel.from_frame."""
    rows = _columns(_named(_polars(frame)))
    extra = [name for name in rows.columns if name not in BAR_COLUMNS]
    _check_extra(rows, extra)
    _refuse_bad_rows(rows, exchange)
    rows = rows.rename({"symbol": "instrument", "date": "session"})
    timed = "knowledge_time" in rows.columns
    if not timed:
        closes = calendar.close_time(exchange, rows["session"].to_numpy().astype("datetime64[D]"))
        rows = rows.with_columns(knowledge_time=pl.Series(closes))
    rows = rows.with_columns(backfilled=pl.lit(not timed))
    as_of = rows["knowledge_time"].dt.replace_time_zone("UTC").sort()[-1]
    panel = build_panel(rows, as_of=as_of, extra=extra, adjusted=adjusted, label=label, exchange=exchange)
    return replace(with_content_source(panel, "frame"), bars=rows)


def _polars(frame: pl.DataFrame | pd.DataFrame) -> pl.DataFrame:
    """Polars frame; a pandas index with names becomes columns."""
    if isinstance(frame, pl.DataFrame):
        return frame
    if type(frame).__module__.partition(".")[0] != "pandas":
        raise UsageError(f"a {type(frame).__name__} is no frame; give a polars or pandas DataFrame")
    named = [name for name in frame.index.names if name is not None]
    return pl.from_pandas(frame.reset_index() if named else frame)


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """Call the columns of bars by our names, as those of a file."""
    found = column_names(frame.columns, BAR_COLUMNS, BARS_ALIASES, "the frame")
    return frame.rename({theirs: ours for ours, theirs in found.items()})


def _columns(frame: pl.DataFrame) -> pl.DataFrame:
    """Bars columns in their types; DataError where one is missing or cannot be read."""
    missing = [name for name in ("symbol", "date", "close") if name not in frame.columns]
    if missing:
        raise DataError(f"the frame has no column {', '.join(missing)}; it has {', '.join(frame.columns)}")
    if frame.is_empty():
        raise DataError("the frame has no rows")
    numbers = [pl.col(name).cast(pl.Float64).fill_nan(None) for name in (*TRADED, "adj_close") if name in frame.columns]
    known = [knowledge_time_column(frame)] if "knowledge_time" in frame.columns else []
    day = pl.col("date").str.to_date() if frame.schema["date"] == pl.String else pl.col("date").cast(pl.Date)
    try:
        typed = frame.with_columns(pl.col("symbol").cast(pl.String).str.to_uppercase(), day, *numbers, *known)
    except (pl.exceptions.InvalidOperationError, pl.exceptions.ComputeError) as error:
        raise DataError(f"a column of the frame cannot be read: {error}") from None
    text = [pl.col(name).cast(pl.String) for name, kind in typed.schema.items() if kind in (pl.Categorical, pl.Enum)]
    return typed.with_columns(text)


def _check_extra(rows: pl.DataFrame, extra: list[str]) -> None:
    """Refuse columns that cannot become a field or a group."""
    for name in extra:
        kind = rows.schema[name]
        if not (kind.is_numeric() or kind in (pl.Boolean, pl.String)):
            raise DataError(f"column {name} has type {kind}; numbers become fields, text becomes groups: drop it")
        if not _NAME.fullmatch(name) or name in _DERIVED:
            raise DataError(
                f"column {name!r} cannot be a field's name: rename it (computed here: {', '.join(_DERIVED)})"
            )


def _refuse_bad_rows(rows: pl.DataFrame, exchange: str) -> None:
    """Raise DataError with the number of rows that break each rule, and the first of them."""
    found = {reason: rows.filter(rule) for reason, rule in _rules(rows, exchange).items()}
    bad = {reason: broken for reason, broken in found.items() if len(broken)}
    if bad:
        counts = "; ".join(
            f"{len(broken)} × {reason} (first {broken['symbol'][0]} {broken['date'][0]})"
            for reason, broken in bad.items()
        )
        raise DataError(f"bad rows: {counts}. Drop or correct them; `lode import bars` keeps them aside and goes on")


def _rules(rows: pl.DataFrame, exchange: str) -> Mapping[str, pl.Expr]:
    """Rules of a bar; a missing open, high, low or volume breaks none."""
    has = set(rows.columns)
    numbers = [name for name in (*TRADED, "adj_close") if name in has]
    others = [name for name in ("open", "close") if name in has]
    day = rows["date"].fill_null(pl.Series([0]).cast(pl.Date)[0]).to_numpy().astype("datetime64[D]")
    session = pl.Series(calendar.is_session(exchange, day))
    key = ["symbol", "date", *(["knowledge_time"] if "knowledge_time" in has else [])]
    rules = {
        "no symbol": pl.col("symbol").is_null() | (pl.col("symbol") == ""),
        "close is not a number": ~pl.col("close").is_finite().fill_null(value=False),
        "infinite value": pl.any_horizontal(pl.col(numbers).is_infinite()),
        "negative price or volume": pl.any_horizontal(pl.col(numbers) < 0),
        f"not a session of {exchange}": ~pl.lit(session),
        "second row for the same symbol and session": pl.struct(key).is_duplicated()
        & ~pl.struct(key).is_first_distinct(),
    }
    if "high" in has:
        rules["high below open or close"] = _any(pl.col("high") < pl.col(name) for name in others)
    if "low" in has:
        rules["low above open or close"] = _any(pl.col("low") > pl.col(name) for name in others)
    if {"high", "low"} <= has:
        rules["low above high"] = pl.col("low") > pl.col("high")
    if "knowledge_time" in has:
        rules["no knowledge time"] = pl.col("knowledge_time").is_null()
    return rules


def _any(conditions: object) -> pl.Expr:
    return pl.any_horizontal(list(conditions))  # type: ignore[call-overload]
