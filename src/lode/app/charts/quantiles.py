"""Charts of what quantiles earn."""

from __future__ import annotations

import altair as alt
import polars as pl

from lode.app.charts.theme import FAINT, SPLIT_COLORS, ordered_colors, split_color, themed


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


def quantile_boxes(boxes: pl.DataFrame) -> alt.LayerChart:
    """Distribution of each quantile's daily return. boxes: quantile, p5, p25, median, p75, p95, in basis points."""
    x = alt.X("quantile:O", axis=alt.Axis(title="quantile; the bet is on the highest", labelAngle=0))
    places = boxes["quantile"].to_list()
    scale = alt.Scale(domain=places, range=ordered_colors(len(places)))
    color = alt.Color("quantile:O", scale=scale, legend=None)
    tips = [alt.Tooltip("quantile:O", title="quantile")] + [
        alt.Tooltip(f"{name}:Q", title=label, format=",.1f")
        for name, label in (("p5", "5 %"), ("p25", "25 %"), ("median", "median"), ("p75", "75 %"), ("p95", "95 %"))
    ]
    base = alt.Chart(boxes)
    y = alt.Y("p5:Q", axis=alt.Axis(title="basis points"))
    spans = base.mark_rule(strokeWidth=1.5).encode(x, y, alt.Y2("p95:Q"), color, tooltip=tips)
    middle = base.mark_bar(size=22).encode(x, alt.Y("p25:Q"), alt.Y2("p75:Q"), color, tooltip=tips)
    ticks = base.mark_tick(size=22, thickness=2, color="#22272e").encode(x, alt.Y("median:Q"), tooltip=tips)
    zero = alt.Chart(pl.DataFrame({"zero": [0.0]})).mark_rule(strokeWidth=1, color=FAINT).encode(y="zero:Q")
    return themed(
        alt.LayerChart(layer=[zero, spans, middle, ticks]),
        "Daily returns of quantiles",
        "basis points; box: the middle half, line: 5 to 95 %",
    )
