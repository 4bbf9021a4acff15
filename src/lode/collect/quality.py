"""The rules that a daily bar must keep, declared once for every source.

A row that breaks a rule is quarantined with its reasons; it is never repaired and never dropped without a trace. A
missing open, high, low or volume breaks no rule.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from lode import calendar
from lode.warehouse.stores.bars import NUMBERS

PRICES = ("open", "high", "low", "close", "adj_close", "vwap")
REASONS_BETWEEN = "; "
REPEATED_HEADER = "a header among the rows"  # also the column that marks such rows


@dataclass(frozen=True)
class Rule:
    """What a row must not be. `breaks`: true where the row breaks the rule; null counts as kept."""

    reason: str
    breaks: pl.Expr


def unreadable(field: str) -> str:
    """Name of the column that marks values of `field` which are there and cannot be read."""
    return f"{field} is unreadable"


def bar_rules(columns: frozenset[str], exchange: str) -> tuple[Rule, ...]:
    """Rules for a frame with these columns (symbol, session, close and any others), in the order they are reported.

    Expected beside them: `holds_session` and, of every field that came as text, the mark `unreadable(field)`. A row
    that REPEATED_HEADER marks breaks that rule alone.
    """
    col = pl.col
    prices = [name for name in PRICES if name in columns]
    above = [name for name in ("open", "close", "high") if name in columns]
    below = [name for name in ("open", "close") if name in columns]
    rules = [
        Rule("no symbol", col("symbol").is_null()),
        Rule("unreadable date", col("session").is_null()),
        Rule(f"not a session of {exchange}", ~col("holds_session") & col("session").is_not_null()),
        Rule("close is not a number", col("close").is_null()),
        *(Rule(f"{name} is not a number", col(unreadable(name))) for name in NUMBERS if unreadable(name) in columns),
        Rule("a price of 0 or less", pl.any_horizontal(col(name) <= 0 for name in prices)),
    ]
    if "volume" in columns:
        rules.append(Rule("negative volume", col("volume") < 0))
    if "low" in columns:
        rules.append(Rule("low above open, high or close", pl.any_horizontal(col("low") > col(name) for name in above)))
    if "high" in columns:
        rules.append(Rule("high below open or close", pl.any_horizontal(col("high") < col(name) for name in below)))
    if "knowledge_time" in columns:
        if unreadable("knowledge_time") in columns:
            rules.append(Rule("unreadable knowledge time", col(unreadable("knowledge_time"))))
        rules.append(Rule("known before the session's close", col("knowledge_time") < col("close_time")))
    second = ~pl.struct("symbol", "session").is_first_distinct()
    identified = col("symbol").is_not_null() & col("session").is_not_null()
    rules.append(Rule("a second row for the same symbol and session", second & identified))
    if REPEATED_HEADER not in columns:
        return tuple(rules)
    header = col(REPEATED_HEADER).fill_null(value=False)  # and breaks nothing else
    return (Rule(REPEATED_HEADER, header), *(Rule(rule.reason, rule.breaks & ~header) for rule in rules))


def with_sessions(rows: pl.DataFrame, exchange: str) -> pl.DataFrame:
    """Add `holds_session` and `close_time` (UTC; null where there is no session)."""
    days = rows.select(pl.col("session").unique().drop_nulls())["session"].sort()
    values = days.to_numpy().astype("datetime64[D]")
    holds = calendar.is_session(exchange, values)
    closes = np.full(len(values), np.datetime64("NaT"), "datetime64[us]")
    closes[holds] = calendar.close_time(exchange, values[holds])
    known = pl.DataFrame({"session": days, "holds_session": holds, "close_time": closes}).with_columns(
        pl.col("session").cast(pl.Date), pl.col("close_time").dt.replace_time_zone("UTC")
    )
    return rows.join(known, on="session", how="left", maintain_order="left").with_columns(
        pl.col("holds_session").fill_null(value=False)
    )


def with_reasons(rows: pl.DataFrame, exchange: str) -> pl.DataFrame:
    """Add `reason`: every rule that the row breaks, joined; null where it keeps them all. Needs `row_number`."""
    rules = bar_rules(frozenset(rows.columns), exchange)
    marks = rows.select("row_number", *(rule.breaks.fill_null(value=False).alias(rule.reason) for rule in rules))
    broken = marks.filter(pl.any_horizontal(rule.reason for rule in rules))
    named = [pl.when(rule.reason).then(pl.lit(rule.reason)) for rule in rules]
    reasons = broken.select(
        "row_number", pl.concat_str(named, separator=REASONS_BETWEEN, ignore_nulls=True).alias("reason")
    )
    return rows.join(reasons, on="row_number", how="left", maintain_order="left")
