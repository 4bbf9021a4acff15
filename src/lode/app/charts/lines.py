"""Lines over sessions, several in one picture, the splits marked behind them. Frames are those of `sheet_frames`."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import polars as pl

from lode.app.charts.theme import FAINT, HEIGHT, LINES, themed
from lode.app.charts.timelines import AXIS, TIME, split_marks, zero_rule
from lode.app.series import split_spans, thinned

_DRAWN = 1000
_LEGEND = 34  # pixels of a row of the legend
_A_ROW, _LONG = 3, 12  # names of a legend beside each other in a narrow window; of more characters, one less


def lines_over_time(
    days: pl.DataFrame,
    columns: Sequence[str],
    title: str,
    about: str,
    *,
    axis: str,
    form: str = ".3f",
    colors: Sequence[str] = LINES,
    band: tuple[str, str] | None = None,
) -> alt.LayerChart:
    """Draw each of the columns as a line that breaks between the splits.

    days: session, split, and the columns; band: those of the lower and upper bound of what is shaded.
    """
    bands, names = split_marks(split_spans(days.filter(pl.col("split") != "")))
    kept = days.drop_nulls("split").gather_every(max(1, -(-days.height // _DRAWN)))
    layers = [bands, zero_rule(days), *([_shade(kept, band, axis)] if band else [])]
    layers += [_lines(kept, columns, axis, colors), names, *_pointer(kept, columns, form, title)]
    layers = [layer for layer in layers if layer.data.height]  # Vega warns of a scale without a value
    rows = -(-len(columns) // _a_row(columns)) if len(columns) > 1 else 0
    chart: alt.LayerChart = alt.LayerChart(layer=layers).resolve_scale(color="independent")
    return themed(chart, title, about, height=HEIGHT + _LEGEND * rows)


def _a_row(columns: Sequence[str]) -> int:
    return _A_ROW - (max(map(len, columns)) > _LONG)


def _lines(days: pl.DataFrame, columns: Sequence[str], axis: str, colors: Sequence[str]) -> alt.Chart:
    drawn = [column for column in columns if days[column].count()]
    rows = days.select("session", "split", *drawn).unpivot(drawn, index=["session", "split"], variable_name="line")
    legend = alt.Legend(title=None, orient="top", columns=_a_row(columns)) if len(columns) > 1 else None
    scale = alt.Scale(domain=list(columns), range=list(colors[: len(columns)]))
    lines: alt.Chart = (
        alt.Chart(rows if drawn else rows.clear())
        .mark_line(strokeWidth=1.6)
        .encode(
            x=alt.X("session:T", scale=TIME, axis=AXIS),
            y=alt.Y("value:Q", axis=alt.Axis(title=axis)),
            color=alt.Color("line:N", scale=scale, legend=legend),
            detail="split:N",
        )
    )
    return lines


def _shade(days: pl.DataFrame, band: tuple[str, str], axis: str) -> alt.Chart:
    low, high = band
    known = days.drop_nulls([low, high])
    shade: alt.Chart = (
        alt.Chart(known.select("session", "split", low, high))
        .mark_area(opacity=0.18, color=FAINT)
        .encode(
            x=alt.X("session:T", scale=TIME, axis=AXIS),
            y=alt.Y(f"{low}:Q", axis=alt.Axis(title=axis)),
            y2=alt.Y2(f"{high}:Q"),
            detail="split:N",
        )
    )
    return shade


def _pointer(days: pl.DataFrame, columns: Sequence[str], form: str, title: str) -> list[alt.Chart]:
    """Show the session and every line's value nearest to the pointer."""
    points = thinned(days.drop_nulls(columns[0])).with_columns(pl.col("session").cast(pl.String).alias("day"))
    nearest = alt.selection_point(
        name="near_" + "".join(sign if sign.isalnum() else "_" for sign in title.lower()),
        on="pointermove",
        nearest=True,
        encodings=["x"],
        empty=False,
        clear="pointerout",
    )
    tips = [
        alt.Tooltip("day:N", title="session"),
        alt.Tooltip("split:N", title="split"),
        *(alt.Tooltip(f"{column}:Q", title=column, format=form) for column in columns),
    ]
    rule: alt.Chart = (
        alt.Chart(points.select("session", "day", "split", *columns))
        .mark_rule(color=FAINT, strokeWidth=1)
        .encode(
            x=alt.X("session:T", scale=TIME, axis=AXIS),
            opacity=alt.condition(nearest, alt.value(1), alt.value(0)),
            tooltip=tips,
        )
        .add_params(nearest)
    )
    return [rule]
