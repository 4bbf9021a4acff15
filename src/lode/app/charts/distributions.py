"""How a daily series is distributed: histogram and quantile-quantile plot beside the normal law, a month's colours."""

from __future__ import annotations

import calendar

import altair as alt
import polars as pl

from lode.app.charts.theme import FAINT, HEIGHT, LINE, LINES, diverging_color, largest_size, themed

_ROW = 26  # pixels of a year in a heat map
_AROUND = 70
_STRONG = 0.92  # of the largest: from there on white is read on blue, below it black; on orange always black


def distribution(
    bins: pl.DataFrame, title: str, about: str, *, axis: str, form: str = ".2f", of: str = "sessions"
) -> alt.LayerChart:
    """Histogram with the normal law of the same mean and deviation.

    bins: start, end, count, normal. of: what is counted.
    """
    x = alt.X("start:Q", axis=alt.Axis(title=axis, format=form))
    tips = [
        alt.Tooltip("start:Q", title="from", format=form),
        alt.Tooltip("end:Q", title="to", format=form),
        alt.Tooltip("count:Q", title=of, format=",d"),
        alt.Tooltip("normal:Q", title="normal law", format=",.1f"),
    ]
    bars = alt.Chart(bins).mark_rect(color=LINE, opacity=0.75, stroke=None).encode(
        x, alt.X2("end:Q"), alt.Y("count:Q", axis=alt.Axis(title=of)), alt.Y2(datum=0), tooltip=tips
    )  # fmt: skip
    middle = bins.with_columns(((pl.col("start") + pl.col("end")) / 2).alias("middle"))
    law = (
        alt.Chart(middle)
        .mark_line(color=LINES[1], strokeWidth=2, interpolate="monotone")
        .encode(alt.X("middle:Q", axis=alt.Axis(title=axis, format=form)), alt.Y("normal:Q"))
    )
    zero = alt.Chart(pl.DataFrame({"zero": [0.0]})).mark_rule(color=FAINT, strokeDash=[3, 3]).encode(x="zero:Q")
    return themed(alt.LayerChart(layer=[bars, law, zero]), title, about)


def quantile_quantile(points: pl.DataFrame, title: str) -> alt.LayerChart:
    """Standardised values against the normal law's. points: normal, value."""
    x = alt.X("normal:Q", axis=alt.Axis(title="of the normal law"))
    y = alt.Y("value:Q", axis=alt.Axis(title="observed"))
    dots = alt.Chart(points).mark_circle(size=22, color=LINE, opacity=0.8).encode(
        x, y, tooltip=[alt.Tooltip("normal:Q", format=".2f"), alt.Tooltip("value:Q", title="observed", format=".2f")]
    )  # fmt: skip
    ends = [points["normal"].min(), points["normal"].max()]
    same = alt.Chart(pl.DataFrame({"normal": ends, "value": ends})).mark_line(color=LINES[1], strokeWidth=1.5)
    return themed(
        alt.LayerChart(layer=[same.encode(x, y), dots]), title, "standard deviations; on the line: as the normal law"
    )


def month_colors(months: pl.DataFrame, title: str, about: str, *, form: str, scale: float = 1) -> alt.LayerChart:
    """Colour and number of each month, a row a year. months: year, month, value; scale: what numbers are times."""
    rows = months.with_columns((pl.col("value") * scale).alias("shown"))
    largest = largest_size(rows["shown"])
    order = list(calendar.month_abbr)[1:]
    x = alt.X("month:O", sort=order, axis=alt.Axis(title=None, labelAngle=0), scale=alt.Scale(domain=order))
    y = alt.Y("year:O", axis=alt.Axis(title=None))
    tips = [
        alt.Tooltip("year:O", title="year"),
        alt.Tooltip("month:O", title="month"),
        alt.Tooltip("shown:Q", title="value", format=form),
    ]
    cells = alt.Chart(rows).mark_rect().encode(x, y, diverging_color("shown", largest), tooltip=tips)
    strong = f"datum.shown > {_STRONG * largest}"
    numbers = alt.Chart(rows).mark_text(fontSize=9).encode(
        x, y, alt.Text("shown:Q", format=form), color=alt.condition(strong, alt.value("#ffffff"), alt.value("#000000"))
    )  # fmt: skip
    height = max(HEIGHT - _AROUND, _ROW * rows["year"].n_unique())
    return themed(alt.LayerChart(layer=[cells, numbers]), title, about, height=height)
