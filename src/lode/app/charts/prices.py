"""Charts of one name's prices. `days` and `actions` are those of `lode.app.queries.prices.Prices`."""

from __future__ import annotations

import altair as alt
import polars as pl

from lode.app.charts.theme import FAINT, LINE, themed
from lode.app.events import actions_on
from lode.app.series import thinned

_TRADED, _ADJUSTED, _GIVEN = "as traded", "adjusted", "as the source adjusted it"
_SERIES = {_TRADED: LINE, _GIVEN: LINE, _ADJUSTED: "#e69f00"}
ACTIONS = {
    "split": ("#d55e00", "diamond", 80),
    "dividend": ("#009e73", "triangle-up", 24),
    "spin-off": ("#cc79a7", "square", 60),
    "capital-gain": ("#56b4e9", "triangle-down", 40),
}
"""Colour, shape and area in pixels of each kind of action; dividends are many."""
_MARGIN = 56  # pixels of every vertical axis, so that charts below each other have one time axis
_WEEKLY_FROM = 700  # sessions; more bars than that are no longer told apart


def price_chart(days: pl.DataFrame, actions: pl.DataFrame, *, is_adjusted: bool) -> alt.LayerChart:
    """Close as traded and adjusted, with the corporate actions of the same span marked."""
    shown = {_GIVEN: "close"} if is_adjusted else {_ADJUSTED: "adjusted", _TRADED: "close"}
    rows = pl.concat(
        days.select("session", pl.col(column).alias("price"), pl.lit(name).alias("what"))
        for name, column in shown.items()
    )
    marks = actions_on(days, actions)
    kinds = [kind for kind in ACTIONS if kind in marks["kind"]]
    colors = {name: _SERIES[name] for name in shown} | {kind: ACTIONS[kind][0] for kind in kinds}
    color = alt.Color(
        "what:N",
        scale=alt.Scale(domain=list(colors), range=list(colors.values())),
        legend=alt.Legend(title=None, orient="top", columns=3),
    )
    lines = (
        alt.Chart(rows).mark_line(strokeWidth=1.6).encode(x=time_axis(), y=price_axis("price:Q", "price"), color=color)
    )
    layers = [lines, *_actions(marks, kinds, color), _pointer(days)]
    about = "close; the source has none as traded" if is_adjusted else "close; adjusted: as formulas read it"
    return themed(alt.LayerChart(layer=layers), "Price", about).properties(height=330)


def volume_chart(days: pl.DataFrame) -> alt.LayerChart:
    """Shares traded per session; the mean of each week where there are more than 700 sessions."""
    by_week = days.height > _WEEKLY_FROM
    rows = days.select("session", "volume").drop_nulls()
    if by_week:
        rows = rows.group_by(pl.col("session").dt.truncate("1w")).agg(pl.col("volume").mean()).sort("session")
    bars: alt.Chart = (
        alt.Chart(rows.with_columns(pl.col("session").cast(pl.String).alias("day")))
        .mark_bar(color=FAINT, width=1.5)
        .encode(
            x=time_axis(),
            y=price_axis("volume:Q", "shares", form="~s"),
            tooltip=[
                alt.Tooltip("day:N", title="week of" if by_week else "session"),
                alt.Tooltip("volume:Q", title="shares", format=",.0f"),
            ],
        )
    )
    span = alt.Chart(days.select("session")).mark_point(opacity=0, size=0).encode(x=time_axis())
    about = "shares per session as traded" + (", mean of each week" if by_week else "")
    return themed(alt.LayerChart(layer=[span, bars]), "Volume", about).properties(height=190)


def _actions(marks: pl.DataFrame, kinds: list[str], color: alt.Color) -> list[alt.Chart]:
    """One layer a kind: a shape that is encoded would be drawn into the legend of the colours."""
    tips = [
        alt.Tooltip("what:N", title="action"),
        alt.Tooltip("day:N", title="ex-date"),
        alt.Tooltip("amount:N", title="amount"),
    ]
    return [
        alt.Chart(marks.filter(pl.col("kind") == kind).rename({"kind": "what"}))
        .mark_point(filled=True, opacity=0.95, shape=ACTIONS[kind][1], size=ACTIONS[kind][2])
        .encode(x=time_axis(), y=price_axis("close:Q", "price"), color=color, tooltip=tips)
        for kind in kinds
    ]


def _pointer(days: pl.DataFrame) -> alt.Chart:
    """Show the session and the prices nearest to the pointer."""
    points = thinned(days.drop_nulls("close")).with_columns(pl.col("session").cast(pl.String).alias("day"))
    nearest = alt.selection_point(
        name="near_price", on="pointermove", nearest=True, encodings=["x"], empty=False, clear="pointerout"
    )
    pointer: alt.Chart = (
        alt.Chart(points)
        .mark_circle(size=45, color=LINE)
        .encode(
            x=time_axis(),
            y=price_axis("close:Q", "price"),
            opacity=alt.condition(nearest, alt.value(1), alt.value(0)),
            tooltip=[
                alt.Tooltip("day:N", title="session"),
                alt.Tooltip("close:Q", title="close", format=",.2f"),
                alt.Tooltip("adjusted:Q", title="adjusted", format=",.2f"),
                alt.Tooltip("volume:Q", title="shares", format=",.0f"),
            ],
        )
        .add_params(nearest)
    )
    return pointer


def time_axis() -> alt.X:
    """Sessions of days, whatever the reader's time zone."""
    axis = alt.Axis(title=None, grid=False, tickCount=6, labelOverlap=True)
    return alt.X("session:T", scale=alt.Scale(type="utc"), axis=axis)


def price_axis(column: str, title: str, form: str = ",.2~f") -> alt.Y:
    """Return the vertical axis of a chart that stands below others with the same times: all are equally wide."""
    axis = alt.Axis(title=title, format=form, minExtent=_MARGIN, maxExtent=_MARGIN)
    return alt.Y(column, axis=axis, scale=alt.Scale(zero=column.startswith("volume")))
