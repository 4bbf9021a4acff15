"""Charts as pages draw them, with words for whoever does not see them."""

from __future__ import annotations

import altair as alt
import streamlit as st

Picture = alt.Chart | alt.LayerChart


def picture(chart: Picture, *, told: str = "") -> None:
    """Draw a chart over the width that there is; its alternative text is `told`, else its title and what it shows."""
    st.altair_chart(chart, width="stretch", alt=told or f"{chart.title.text}: {chart.title.subtitle}")
