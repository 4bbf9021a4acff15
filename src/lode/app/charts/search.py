"""A chart of how a search got better. The frame has the columns trial, t and expression."""

from __future__ import annotations

import altair as alt
import polars as pl

from lode.app.charts.theme import LINE, themed


def best_over_trials(steps: pl.DataFrame, trials: int) -> alt.LayerChart:
    """|t| of the best trial so far, by the number of trials; a point where one was better than all before it."""
    last = steps.tail(1).with_columns(pl.lit(trials, dtype=pl.Int64).alias("trial"))
    x = alt.X("trial:Q", axis=alt.Axis(title="trials", format=",d"), scale=alt.Scale(domain=[1, max(trials, 2)]))
    y = alt.Y("t:Q", axis=alt.Axis(title="|t|"), scale=alt.Scale(zero=True))
    tips = [
        alt.Tooltip("trial:Q", title="trial", format=",d"),
        alt.Tooltip("t:Q", title="|t|", format=".2f"),
        alt.Tooltip("expression:N", title="formula"),
    ]
    line = alt.Chart(pl.concat([steps, last])).mark_line(interpolate="step-after", color=LINE).encode(x, y)
    points = alt.Chart(steps).mark_point(filled=True, size=45, color=LINE).encode(x, y, tooltip=tips)
    about = "|t| of the daily rank IC on train, Newey-West; chance gives the best of many tries a large one, too"
    return themed(alt.LayerChart(layer=[line, points]), "Best so far", about)
