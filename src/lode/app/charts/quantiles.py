"""Charts of what quantiles earn."""

from __future__ import annotations

import altair as alt
import polars as pl

from lode.app.charts.theme import FAINT, SPLIT_COLORS, split_color, themed


def quantile_bars(means: pl.DataFrame, *, horizon: int) -> alt.LayerChart:
    """Mean return of each quantile less the mean of all, a bar per split. means: split, quantile, excess_bp."""
    bars: alt.Chart = (
        alt.Chart(means)
        .mark_bar()
        .encode(
            x=alt.X("quantile:O", axis=alt.Axis(title="quantile; the bet is on the highest", labelAngle=0)),
            xOffset=alt.XOffset("split:N", sort=list(SPLIT_COLORS)),
            y=alt.Y("excess_bp:Q", axis=alt.Axis(title="basis points")),
            color=split_color(means["split"].unique(), legend=True),
            tooltip=[
                alt.Tooltip("split:N", title="split"),
                alt.Tooltip("quantile:O", title="quantile"),
                alt.Tooltip("excess_bp:Q", title="excess, basis points", format=".2f"),
            ],
        )
    )
    zero = alt.Chart(pl.DataFrame({"zero": [0.0]})).mark_rule(strokeWidth=1, color=FAINT).encode(y="zero:Q")
    held = "session" if horizon == 1 else f"{horizon} sessions"
    return themed(
        alt.LayerChart(layer=[bars, zero]), "Mean return by quantile", f"basis points per {held}, less the mean of all"
    )
