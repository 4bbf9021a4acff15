"""The series that a run stores of every finalist, drawn where it has no evidence sheet."""

from __future__ import annotations

import streamlit as st

from lode.app import charts
from lode.app.pictures import UNFILLED_QUANTILES, picture, picture_of
from lode.app.queries.factor import FactorPage
from lode.app.series import quantile_means, timeline


def stored_series(page: FactorPage) -> None:
    """Draw daily rank IC, its sum, the quantiles and the turnover of the bet."""
    if page.series["rank_ic"].drop_nulls().is_empty():
        st.info("No session has a rank IC, so there is nothing to draw.")
        return
    record = page.record
    days = timeline(page.series, direction=record.direction, horizon=record.horizon)
    signed = "rank IC" if record.direction > 0 else "rank IC × −1"
    if record.direction < 0:
        st.caption("The charts show the bet: rank IC times direction −1, and low values in the top quantile.")
    picture(charts.daily_rank_ic(days, signed=signed))
    left, right = st.columns(2)
    with left:
        picture(charts.cumulative_rank_ic(days, signed=signed))
        picture(charts.cumulative_spread(days))
    with right:
        means = quantile_means(page.series)
        bars = charts.quantile_bars(means, horizon=record.horizon)
        picture_of(means["excess_bp"], bars, missing=UNFILLED_QUANTILES)
        picture(charts.daily_turnover(days))
