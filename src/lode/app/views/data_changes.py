"""What later knowledge changed: the section of the data page on restatements, and its tables for a symbol's page."""

from __future__ import annotations

import polars as pl
import streamlit as st

from lode.app import frames
from lode.app.navigation import Go
from lode.app.queries.coverage import SHOWN, read_restatements
from lode.settings import Settings

BARS = ("instrument", "session", "field", "value_before", "value_after", "change", "known_before", "known_after",
         "repairs")  # fmt: skip
FACTS = ("symbol", "concept", "unit", "period_start", "period_end", "value_before", "value_after", "change",
          "known_before", "known_after", "form", "accession")  # fmt: skip


def draw_restatements(settings: Settings, source: str, go: Go) -> None:
    """Draw the bars of a source, and the facts, that a later version changed; a row leads to its symbol."""
    st.header("Restatements", anchor=False)
    found = read_restatements(settings, source)
    bars, facts = found.bars, found.facts
    st.caption(
        "Values that changed with a later knowledge time: both stay, and a panel takes the one known by then. Facts "
        f"are those that became known in the latest year. Read at {found.read_at:%H:%M:%S} UTC."
    )
    if bars.is_empty():
        st.success("No bar of this source was changed.")
    elif row := frames.pick(
        with_change(bars),
        order=BARS,
        key="restated_bars",
        alt="Bars that a later version changed, the latest change first",
    ):
        go("symbol", symbol=row["instrument"], source=source)
    if facts.is_empty():
        st.info("No fact that a field is made of was restated in that year.")
    elif row := frames.pick(
        with_change(facts),
        order=FACTS,
        key="restated_facts",
        alt="Facts that a later statement changed, the latest change first",
    ):
        go("symbol", symbol=row["instrument"] or "")
    if max(bars.height, facts.height) == SHOWN:
        st.caption(f"The newest {SHOWN:,} of each.")


def with_change(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the relative change; null where a value is missing or the one before is 0."""
    before, after = pl.col("value_before"), pl.col("value_after")
    return rows.with_columns(pl.when(before != 0).then((after - before) / before.abs()).alias("change"))
