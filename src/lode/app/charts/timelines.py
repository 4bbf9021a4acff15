"""Charts over sessions, the splits marked on the time axis. Frames are those of `lode.app.series`."""

from __future__ import annotations

import altair as alt
import polars as pl

from lode.app.charts.theme import FAINT, LINE, split_color, themed
from lode.app.series import ROLLING_SESSIONS, split_spans, thinned

TIME = alt.Scale(type="utc")  # a session is a day, whatever the reader's time zone
_TICK = "utcdate(datum.value) > 1 ? '%d %b' : utcmonth(datum.value) > 0 ? '%b %Y' : '%Y'"  # a month names its year
AXIS = alt.Axis(title=None, grid=False, tickCount=6, labelOverlap=True, labelExpr=f"utcFormat(datum.value, {_TICK})")


def daily_rank_ic(days: pl.DataFrame, *, signed: str) -> alt.LayerChart:
    """Rank IC of each session, thin, under its rolling mean. signed: "rank IC", or "rank IC × -1"."""
    lines = [_line(days, "rank_ic", signed, faint=True), zero_rule(days), _line(days, "mean_rank_ic", signed)]
    about = f"{signed}; thin: a session, bold: mean of {ROLLING_SESSIONS}"
    return _timeline(days, lines, "mean_rank_ic", ".3f", "Daily rank IC", about)


def cumulative_rank_ic(days: pl.DataFrame, *, signed: str) -> alt.LayerChart:
    """Sum of the daily rank IC."""
    lines = [zero_rule(days), _line(days, "sum_rank_ic", f"sum of {signed}")]
    return _timeline(days, lines, "sum_rank_ic", ".2f", "Cumulative rank IC", f"sum of daily {signed}")


def cumulative_spread(days: pl.DataFrame) -> alt.LayerChart:
    """Sum of the top quantile's return less the bottom one's."""
    lines = [zero_rule(days), _line(days, "sum_spread", "per cent")]
    about = "%, sum of daily returns, before cost"
    return _timeline(days, lines, "sum_spread", ".1f", "Top less bottom quantile", about)


def daily_turnover(days: pl.DataFrame) -> alt.LayerChart:
    """Share of the outer quantiles' names that are new, thin, under its rolling mean."""
    lines = [
        _line(days, "turnover", "share of names", faint=True, percent=True),
        _line(days, "mean_turnover", "share of names", percent=True),
    ]
    about = f"new names in the outer quantiles; bold: mean of {ROLLING_SESSIONS}"
    return _timeline(days, lines, "mean_turnover", ".1%", "Turnover per session", about)


def _timeline(
    days: pl.DataFrame, lines: list[alt.Chart], pointed: str, form: str, title: str, about: str
) -> alt.LayerChart:
    bands, names = split_marks(split_spans(days.filter(pl.col("split") != "")))
    layers = [bands, *lines, names, _pointer(days, pointed, form)]
    layers = [layer for layer in layers if layer.data.height]  # Vega warns of a scale without a value
    return themed(alt.LayerChart(layer=layers), title, about)


def _line(days: pl.DataFrame, column: str, axis: str, *, faint: bool = False, percent: bool = False) -> alt.Chart:
    """Draw a line that breaks where values are missing and between the splits; no rows where all are missing."""
    y_axis = alt.Axis(title=axis, format="%") if percent else alt.Axis(title=axis)
    known = days if days[column].count() else days.clear()
    chart = alt.Chart(known.select("session", "split", column))
    veil = min(0.55, max(0.15, 900 / max(1, days.height)))  # thousands of sessions would cover what is behind them
    width, opacity, color = (0.6, veil, FAINT) if faint else (1.8, 1.0, LINE)
    line: alt.Chart = chart.mark_line(strokeWidth=width, opacity=opacity, color=color).encode(
        x=_x(), y=alt.Y(f"{column}:Q", axis=y_axis), detail="split:N"
    )
    return line


def _x() -> alt.X:
    return alt.X("session:T", scale=TIME, axis=AXIS)


def zero_rule(days: pl.DataFrame) -> alt.Chart:
    """Line at zero, where there is anything to draw."""
    zero = pl.DataFrame({"zero": [0.0][: days.height]}, schema={"zero": pl.Float64})
    rule: alt.Chart = alt.Chart(zero).mark_rule(color=FAINT, strokeDash=[3, 3]).encode(y="zero:Q")
    return rule


def split_marks(spans: pl.DataFrame) -> tuple[alt.Chart, alt.Chart]:
    """Mark the splits of `split_spans`: a band of colour behind each, its name at its upper left."""
    base = alt.Chart(spans)
    bands = base.mark_rect(opacity=0.13).encode(
        x=alt.X("start:T", scale=TIME, axis=AXIS), x2="end:T", color=split_color(spans["split"], legend=False)
    )
    names = base.mark_text(align="left", baseline="top", dx=3, dy=3, fontSize=11, color=FAINT).encode(
        x=alt.X("start:T", scale=TIME, axis=AXIS), y=alt.value(0), text="split:N"
    )
    return bands, names


def _pointer(days: pl.DataFrame, column: str, form: str) -> alt.Chart:
    """Show the session and the value nearest to the pointer."""
    points = thinned(days.drop_nulls(column)).with_columns(pl.col("session").cast(pl.String).alias("day"))
    nearest = alt.selection_point(
        name=f"near_{column}", on="pointermove", nearest=True, encodings=["x"], empty=False, clear="pointerout"
    )
    shown: alt.Chart = (
        alt.Chart(points.select("session", "day", "split", column))
        .mark_circle(size=45, color=LINE)
        .encode(
            x=_x(),
            y=f"{column}:Q",
            opacity=alt.condition(nearest, alt.value(1), alt.value(0)),
            tooltip=[
                alt.Tooltip("day:N", title="session"),
                alt.Tooltip("split:N", title="split"),
                alt.Tooltip(f"{column}:Q", title=column.replace("_", " "), format=form),
            ],
        )
        .add_params(nearest)
    )
    return shown
