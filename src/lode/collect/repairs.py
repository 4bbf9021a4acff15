"""Repairs of stored bars: few rules, each asked for by name, recorded on the row, and undone by one call.

    minor_unit     a session quoted in the other unit of its currency (pence for pounds): every price 100 or 1/100 times
                   what it is in the sessions before and after
    decimal_slip   a session printed with its point one place off: every price 10 or 1/10 times its neighbours

Both ask for a single session whose neighbours, at most a week apart, agree with each other within 20 %, as the bar does
once it is divided by the factor, and for no split within three days. Nothing else is repaired: a missing price stays
missing, and a jump that does not come back is a finding (checks/series.py).

A repair is a new version of the bar that names its rule (bars.repairs); what came stays as the version before it. A
session later the slip is plain, so where the bar's knowledge time was assumed, the repaired version is known from the
close of the session after it; where it was recorded, from the repair. Undoing appends what came once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from lode.calendar import DEFAULT_EXCHANGE
from lode.collect.quality import PRICES, with_sessions
from lode.errors import UsageError
from lode.warehouse import Warehouse
from lode.warehouse.stores.bars import (
    insert_bars,
    latest_bars,
    list_instruments,
    read_actions,
    read_bars,
    repaired_bars,
)

RULES: Mapping[str, float] = {"minor_unit": 100.0, "decimal_slip": 10.0}  # rule to factor
_KEY = ["instrument", "session"]
_AGREE = 0.20
_NEIGHBOUR_DAYS = 7
_NEAR_DAYS = 3
_EVER = datetime(2290, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_NAMES_AT_ONCE = 100


@dataclass(frozen=True)
class RepairReport:
    """Bars that were changed, by rule."""

    source: str
    repaired: dict[str, int]

    @property
    def rows(self) -> int:
        """Changed bars in all."""
        return sum(self.repaired.values())


def require_rules(rules: Sequence[str]) -> None:
    """Raise UsageError for a rule that there is not."""
    unknown = [rule for rule in rules if rule not in RULES]
    if unknown:
        raise UsageError(f"no repair rule {', '.join(map(repr, unknown))}; there are: {', '.join(RULES)}")


def repair_bars(
    warehouse: Warehouse, *, source: str, rules: Sequence[str], at: datetime, exchange: str = DEFAULT_EXCHANGE
) -> RepairReport:
    """Apply the rules to the latest versions of the source's bars; applying them again changes nothing.

    Raises UsageError for an unknown rule.
    """
    require_rules(rules)
    counts = dict.fromkeys(rules, 0)
    names = list_instruments(warehouse, source=source)["instrument"].to_list()
    for start in range(0, len(names), _NAMES_AT_ONCE):
        chunk = names[start : start + _NAMES_AT_ONCE]
        bars = _latest(warehouse, source, chunk)
        actions = read_actions(warehouse, source=source, instruments=chunk, as_of=at)
        for rule in rules:
            repaired = propose(bars, actions, rule, at=at, exchange=exchange)
            if repaired.height:
                counts[rule] += insert_bars(warehouse, repaired, source=source, collected_at=at)
    return RepairReport(source, counts)


def undo_repairs(warehouse: Warehouse, *, source: str, at: datetime) -> int:
    """Let what came stand again wherever the latest version is a repaired one; returns how many bars that were.

    The appended version is known right after the repaired one.
    """
    repaired = repaired_bars(warehouse, source=source).unique(_KEY, keep="last", maintain_order=True)
    if repaired.is_empty():
        return 0
    came = latest_bars(warehouse, source=source, instruments=repaired["instrument"].unique().to_list())
    undone = came.join(repaired, on=_KEY, suffix="_repaired").filter(
        pl.col("knowledge_time_repaired") > pl.col("knowledge_time")
    )
    rows = undone.with_columns(
        (pl.col("knowledge_time_repaired") + _TICK).alias("knowledge_time"), pl.lit("").alias("repairs")
    )
    return insert_bars(warehouse, rows, source=source, collected_at=at) if rows.height else 0


def propose(bars: pl.DataFrame, actions: pl.DataFrame, rule: str, *, at: datetime, exchange: str) -> pl.DataFrame:
    """Return repaired versions of the bars that `rule` changes, with `repairs` and their knowledge time.

    bars: the latest version of each bar, sorted by instrument and session. actions: instrument, ex_date, kind.
    """
    slipped = pl.concat([_slipped(bars, factor) for factor in (RULES[rule], 1 / RULES[rule])])
    near = slipped.join(actions.filter(pl.col("kind") == "split"), on="instrument").filter(
        (pl.col("ex_date") - pl.col("session")).dt.total_days().abs() <= _NEAR_DAYS
    )
    chosen = slipped.join(near, on=_KEY, how="anti")
    if chosen.is_empty():
        return chosen
    closes = with_sessions(chosen.select(pl.col("next_session").alias("session")), exchange)["close_time"]
    confirmed = pl.when("backfilled").then(pl.col("confirmed")).otherwise(pl.lit(at).cast(pl.Datetime("us", "UTC")))
    known = pl.max_horizontal(confirmed, pl.col("knowledge_time") + _TICK)
    return (
        chosen.with_columns(closes.alias("confirmed"))
        .with_columns(known.alias("knowledge_time"), pl.lit(rule).alias("repairs"))
        .with_columns(_divided(name) for name in PRICES)
        .select(*bars.columns, "repairs")
    )


def _latest(warehouse: Warehouse, source: str, instruments: list[str]) -> pl.DataFrame:
    """Latest versions, repaired ones among them."""
    versions = read_bars(warehouse, source=source, instruments=instruments, as_of=_EVER)
    return versions.unique(_KEY, keep="last", maintain_order=True)


def _slipped(bars: pl.DataFrame, factor: float) -> pl.DataFrame:
    """Return the bars all of whose prices are `factor` times their neighbours', with factor and next_session."""
    placed = bars.with_columns(
        pl.col("close").shift().over("instrument").alias("before"),
        pl.col("close").shift(-1).over("instrument").alias("after"),
        pl.col("session").shift().over("instrument").alias("session_before"),
        pl.col("session").shift(-1).over("instrument").alias("next_session"),
        pl.lit(factor).alias("factor"),
    )
    close = pl.col("close") / factor
    others = [
        _agree(pl.col(name) / factor, close).fill_null(value=True)
        for name in PRICES
        if name not in {"close", "adj_close"}
    ]
    return placed.filter(
        _agree(close, pl.col("before")),
        _agree(close, pl.col("after")),
        _agree(pl.col("after"), pl.col("before")),
        (pl.col("next_session") - pl.col("session_before")).dt.total_days() <= _NEIGHBOUR_DAYS,
        *others,
    )


def _agree(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    return (one / other - 1).abs() <= _AGREE


def _divided(name: str) -> pl.Expr:
    """Divide the price by the row's factor; an adjusted close only where it slipped with the close."""
    value = pl.col(name) / pl.col("factor")
    if name != "adj_close":
        return value.alias(name)
    slipped = _agree(pl.col(name) / pl.col("factor"), pl.col("close") / pl.col("factor"))
    return pl.when(slipped).then(value).otherwise(pl.col(name)).alias(name)
