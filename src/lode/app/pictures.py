"""Charts as pages draw them, with words for whoever does not see them."""

from __future__ import annotations

import altair as alt
import polars as pl
import streamlit as st

Picture = alt.Chart | alt.LayerChart

UNFILLED_QUANTILES = "no session has a return in every quantile, as where a formula has few distinct values"


def picture(chart: Picture, *, told: str = "") -> None:
    """Draw a chart over the width that there is; its alternative text is `told`, else its title and what it shows."""
    st.altair_chart(chart, width="stretch", alt=told or f"{chart.title.text}: {chart.title.subtitle}")


def picture_of(figures: pl.Series, chart: Picture, *, missing: str) -> None:
    """Draw the chart of these figures; where none of them is defined, `missing` says why in the chart's place."""
    if figures.drop_nulls().is_empty():
        st.info(f"{chart.title.text}: {missing}.")
    else:
        picture(chart)
