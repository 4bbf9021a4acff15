"""Means with their intervals: by horizon, by quantile, by name."""

from __future__ import annotations

import altair as alt
import polars as pl

from lode.app.charts.theme import FAINT, HEIGHT, LINE, LINES, largest_size, themed

_ROW = 17  # pixels of a name
_AROUND = 40


def bars_with_intervals(
    rows: pl.DataFrame, title: str, about: str, *, by: str, axis: str, form: str = ".3f"
) -> alt.LayerChart:
    """Draw a bar for each row in its order, with a whisker from low to high where known. rows: at, mean, low, high."""
    x = alt.X("at:N", sort=None, axis=alt.Axis(title=by, labelAngle=0))
    known = rows.drop_nulls(["low", "high"])
    told = {"mean": "mean", "low": "95 % from", "high": "to"} if known.height else {"mean": axis}
    tips = [alt.Tooltip("at:N", title=by)]
    tips += [alt.Tooltip(f"{name}:Q", title=label, format=form) for name, label in told.items()]
    bars = alt.Chart(rows).mark_bar(color=LINE, opacity=0.85).encode(
        x, alt.Y("mean:Q", axis=alt.Axis(title=axis, format=form)), tooltip=tips
    )  # fmt: skip
    known = rows.drop_nulls(["low", "high"])
    whiskers = alt.Chart(known).mark_rule(color=LINES[1], strokeWidth=2).encode(
        x, alt.Y("low:Q"), alt.Y2("high:Q"), tooltip=tips
    )  # fmt: skip
    layers = [bars, *([whiskers] if known.height else []), _zero("y")]
    return themed(alt.LayerChart(layer=layers), title, about)


def centred_bars(rows: pl.DataFrame, title: str, about: str, *, form: str = ".3f") -> alt.LayerChart:
    """Draw a bar to the left or the right of zero for each row. rows: at, mean."""
    largest = largest_size(rows["mean"])
    y = alt.Y("at:N", sort=None, axis=alt.Axis(title=None, labelLimit=140))
    x = alt.X(
        "mean:Q", axis=alt.Axis(title=None, format=".2f", tickCount=6), scale=alt.Scale(domain=[-largest, largest])
    )
    tips = [alt.Tooltip("at:N", title="of"), alt.Tooltip("mean:Q", title="value", format=form)]
    color = alt.condition("datum.mean < 0", alt.value(LINES[1]), alt.value(LINE))
    bars = alt.Chart(rows).mark_bar(height={"band": 0.65}).encode(x, y, color=color, tooltip=tips)
    return themed(alt.LayerChart(layer=[bars, _zero("x")]), title, about)


def betas(rows: pl.DataFrame, title: str, about: str) -> alt.LayerChart:
    """Draw a dot with its interval for each name, in the rows' order. rows: name, beta, low, high, t, sessions."""
    y = alt.Y("name:N", sort=None, axis=alt.Axis(title=None, labelLimit=110, labelFontSize=9, labelOverlap=False))
    axis = alt.Axis(title="beta", format=".2f")
    tips = [alt.Tooltip("name:N", title="name")] + [
        alt.Tooltip(f"{name}:Q", title=name, format=form)
        for name, form in (("beta", ".3f"), ("low", ".3f"), ("high", ".3f"), ("t", ".2f"), ("sessions", ",d"))
    ]
    color = alt.condition("datum.beta < 0", alt.value(LINES[1]), alt.value(LINE))
    spans = alt.Chart(rows).mark_rule(strokeWidth=2).encode(
        y, alt.X("low:Q", axis=axis), alt.X2("high:Q"), color=color, tooltip=tips
    )  # fmt: skip
    dots = (
        alt.Chart(rows).mark_circle(size=46, opacity=1).encode(y, alt.X("beta:Q", axis=axis), color=color, tooltip=tips)
    )
    height = max(HEIGHT, _AROUND + _ROW * rows.height)
    return themed(alt.LayerChart(layer=[spans, dots, _zero("x")]), title, about, height=height)


def _zero(channel: str) -> alt.Chart:
    rule: alt.Chart = alt.Chart(pl.DataFrame({"zero": [0.0]})).mark_rule(color=FAINT).encode(**{channel: "zero:Q"})
    return rule
