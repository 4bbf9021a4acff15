"""Fundamentals as they were known on a day: the section of a symbol's page."""

from __future__ import annotations

import polars as pl
import streamlit as st

from lode.app import frames
from lode.app.navigation import Go
from lode.app.queries.symbol import SymbolPage

_ITEMS = ("item", "shown", "unit", "period_end", "known_at", "form", "facts", "state", "accession")
_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"))


def draw_fundamentals(page: SymbolPage, go: Go) -> None:
    """Draw items and ratios as a panel has them; a row leads to the filing that stated it last."""
    st.header("Fundamentals as known", anchor=False)
    if page.items.is_empty():
        st.info("No fact was known. `lode collect filings` brings those of companies that file with the SEC.")
        return
    st.caption(
        "Flows are of the trailing year, those named quarter of the last quarter; stale: the period ended so long ago "
        "that formulas see no value. Select a row to read the filing that stated it last."
    )
    state = pl.when(pl.col("stale")).then(pl.lit("– stale")).otherwise(pl.lit("✔ in force"))
    rows = page.items.with_columns(
        pl.Series("shown", [short(value) for value in page.items["value"]], pl.String), state.alias("state")
    )
    row = frames.pick(rows, order=_ITEMS, key="items", alt="Items of the statements as known on the day")
    if row:
        go("filings-and-news", symbol=page.instrument, filing=row["accession"])
    if page.ratios.height and page.prices:
        st.caption(f"Ratios at the close of {page.prices.days['session'][-1]}, as formulas read them.")
        shown = pl.Series("shown", [short(value) for value in page.ratios["value"]], pl.String)
        rows = page.ratios.with_columns(shown)
        frames.draw(rows, order=("field", "shown", "formula"), alt="Ratios as known on the day")


def short(value: float) -> str:
    """Write a number with four figures or more, and T, B or M for its size.

    >>> [short(x) for x in (391035000000.0, -1250000.0, 6.42, 15115823000.0)]
    ['391.0 B', '-1.250 M', '6.42', '15.12 B']
    """
    for size, name in _UNITS:
        if abs(value) >= size:
            return f"{value / size:#.4g} {name}"
    return f"{value:,.5g}" if abs(value) < 1e5 else f"{value:,.0f}"
