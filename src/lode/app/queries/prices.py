"""Prices of one name as they were known at one time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.app.queries.coverage import label_of_source
from lode.calendar import is_session
from lode.collect.exchanges import exchanges_of
from lode.panel import build_panel
from lode.panel.assemble import NO_ACTIONS
from lode.warehouse import Warehouse
from lode.warehouse.stores.bars import list_sources, read_actions, read_bars

_VERSION = ["instrument", "ex_date", "kind"]
DAYS = pl.Schema({"session": pl.Date, "close": pl.Float64, "adjusted": pl.Float64, "volume": pl.Float64})


@dataclass(frozen=True)
class Prices:
    """What a source knew of a name.

    days: of every session of the exchange between the first and the last bar: session, close (as the source gives it),
        adjusted (times the ratios of the splits and dividends so far, from the first session on), volume; null where
        there is none.
    actions: ex_date, kind, value, knowledge_time; the version known last of each.
    versions: the bars as `read_bars` has them, of sessions. is_adjusted: the source had adjusted before.
    """

    source: str
    exchange: str
    days: pl.DataFrame
    actions: pl.DataFrame
    versions: pl.DataFrame
    is_adjusted: bool
    label: str


def sources_of(warehouse: Warehouse, instrument: str) -> list[str]:
    """Return the sources that have bars of an instrument, the one with the latest session first."""
    found = warehouse.query(
        "SELECT source FROM bars WHERE instrument = {instrument:String} "
        "AND source IN {sources:Array(String)} GROUP BY source ORDER BY max(session) DESC, source",
        instrument=instrument,
        sources=list_sources(warehouse),  # the table is sorted by source first
    )
    return list(found["source"])


def read_prices(warehouse: Warehouse, source: str, instrument: str, *, as_of: datetime) -> Prices:
    """Read a name's prices as known at `as_of`; without a row where nothing was known yet."""
    exchange = exchanges_of(warehouse, source, [instrument])[instrument]
    bars = read_bars(warehouse, source=source, instruments=[instrument], as_of=as_of)
    held = bars.filter(pl.Series(is_session(exchange, bars["session"].to_numpy().astype("datetime64[D]"))))
    versions = read_actions(warehouse, source=source, instruments=[instrument], as_of=as_of)
    actions = versions.unique(_VERSION, keep="last", maintain_order=True)
    days = pl.DataFrame(schema=DAYS)
    if held.height:
        panel = build_panel(held, versions, as_of=as_of, exchange=exchange, adjusted=bool(held["adjusted"].any()))
        days = _days(held, panel.sessions, panel.label_price[:, 0])
    return Prices(
        source=source,
        exchange=exchange,
        days=days,
        actions=actions if actions.height else NO_ACTIONS,
        versions=held,
        is_adjusted=bool(held["adjusted"].any()),
        label=label_of_source(warehouse, source),
    )


def _days(bars: pl.DataFrame, listed: NDArray[np.datetime64], adjusted: NDArray[np.float64]) -> pl.DataFrame:
    latest = bars.unique(["session"], keep="last", maintain_order=True).select("session", "close", "volume")
    every = pl.DataFrame({"session": listed, "adjusted": adjusted}).with_columns(
        pl.col("session").cast(pl.Date), pl.col("adjusted").fill_nan(None)
    )
    return every.join(latest, on="session", how="left", maintain_order="left").select(DAYS.names())


def gaps_of(days: pl.DataFrame) -> pl.DataFrame:
    """Runs of sessions without a bar: before and after (the bars beside them), missing (sessions), the longest first.

    days: as in Prices.
    """
    number = pl.int_range(pl.len()).alias("number")
    held = days.with_columns(number).filter(pl.col("close").is_not_null())
    return (
        held.select(
            pl.col("session").shift().alias("before"),
            pl.col("session").alias("after"),
            (pl.col("number") - pl.col("number").shift() - 1).alias("missing"),
        )
        .filter(pl.col("missing") > 0)
        .sort("missing", "after", descending=True)
    )
