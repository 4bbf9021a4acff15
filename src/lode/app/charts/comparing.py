"""Charts of several factors side by side. Factors are numbers here, as in the table beside them."""

from __future__ import annotations

import altair as alt
import polars as pl

from lode.app.charts.theme import FAINT, LINE, themed
from lode.app.charts.timelines import split_marks
from lode.app.clustering import Clusters
from lode.app.series import thinned

# Okabe and Ito's, the order such that the first ones differ the most.
COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8f98a3")
MOST_LINES = len(COLORS)
_NEGATIVE, _MIDDLE, _POSITIVE = "#d55e00", "#f4f4f2", "#0072b2"
_TREE_SHARE = 0.3
_SQUARE_HEIGHT = 520
_LABEL_SHARE = 0.045  # of the height: a line of text
_TIME = alt.Scale(type="utc")


def correlation_matrix(cells: pl.DataFrame, clusters: Clusters, about: str) -> alt.LayerChart:
    """Correlations of factors in the order of their clusters, under the tree that joins them.

    cells: across and down, places from 1 on; correlation, null where undefined; first and second, their formulas.
    """
    count = len(clusters.order)
    depth = max(1.0, _TREE_SHARE * count)
    places = alt.Axis(
        title=None, values=list(range(1, count + 1)), format="d", grid=False, labelOverlap=True, ticks=False
    )
    x_scale = alt.Scale(domain=[0.5, count + 0.5], nice=False, zero=False)
    y_scale = alt.Scale(domain=[0.5 - depth, count + 0.5], reverse=True, nice=False, zero=False)
    edges = cells.with_columns(
        *(pl.col(name) + shift for name, shift in (("across", -0.5), ("down", -0.5))),
        (pl.col("across") + 0.5).alias("across_end"),
        (pl.col("down") + 0.5).alias("down_end"),
    )
    squares: alt.Chart = (
        alt.Chart(edges)
        .mark_rect(invalid=None)
        .encode(
            x=alt.X("across:Q", scale=x_scale, axis=places),
            x2="across_end:Q",
            y=alt.Y("down:Q", scale=y_scale, axis=places),
            y2="down_end:Q",
            color=_diverging("correlation", 1.0, ".1f"),
            tooltip=[
                alt.Tooltip("correlation:Q", title="correlation", format="+.2f"),
                alt.Tooltip("first:N", title="one"),
                alt.Tooltip("second:N", title="other"),
            ],
        )
    )
    tree = clusters.lines.with_columns(
        *((0.5 - pl.col(end) * depth * 0.92).alias(height) for end, height in (("d1", "y1"), ("d2", "y2")))
    )
    branches: alt.Chart = (
        alt.Chart(tree)
        .mark_rule(color=FAINT, strokeWidth=1.2)
        .encode(x=alt.X("x1:Q", scale=x_scale), x2="x2:Q", y=alt.Y("y1:Q", scale=y_scale), y2="y2:Q")
    )
    layers = [squares, branches] if tree.height else [squares]
    return themed(alt.LayerChart(layer=layers), "Correlation", about).properties(height=_SQUARE_HEIGHT)


def pool_growth(growth: pl.DataFrame) -> alt.LayerChart:
    """Rank IC on validation of the pool of its first members. growth: place, rank_ic, expression."""
    known = growth.drop_nulls("rank_ic")
    line: alt.Chart = (
        alt.Chart(known)
        .mark_line(color=LINE, point=alt.OverlayMarkDef(color=LINE, size=35))
        .encode(
            x=alt.X("place:Q", axis=alt.Axis(title="members, the best on train first", format="d", tickMinStep=1)),
            y=alt.Y("rank_ic:Q", axis=alt.Axis(title="rank IC", format=".3f"), scale=alt.Scale(zero=True)),
            tooltip=[
                alt.Tooltip("place:Q", title="members", format="d"),
                alt.Tooltip("rank_ic:Q", title="rank IC", format=".4f"),
                alt.Tooltip("expression:N", title="the last of them"),
            ],
        )
    )
    return themed(alt.LayerChart(layer=[line, _zero()]), "The pool as it grows", "mean daily rank IC on validation")


def marginal_contribution(members: pl.DataFrame) -> alt.LayerChart:
    """What the whole pool would lose without each member. members: number, adds, expression; null where undefined."""
    known = members.drop_nulls("adds").sort("adds", descending=True)
    bars: alt.Chart = (
        alt.Chart(known)
        .mark_bar(color=LINE)
        .encode(
            x=alt.X("number:N", sort=None, axis=alt.Axis(title="factor", labelAngle=0, labelOverlap=True)),
            y=alt.Y("adds:Q", axis=alt.Axis(title="rank IC", format=".4f")),
            tooltip=[
                alt.Tooltip("number:N", title="factor"),
                alt.Tooltip("adds:Q", title="adds to rank IC", format="+.5f"),
                alt.Tooltip("expression:N", title="formula"),
            ],
        )
    )
    about = "rank IC on validation with it less without it"
    return themed(alt.LayerChart(layer=[bars, _zero()]), "Marginal contribution", about)


def weights_over_time(weights: pl.DataFrame) -> alt.Chart:
    """Weight of each factor in each pool. weights: fit (text, in order), number, weight, expression."""
    largest = float(weights["weight"].abs().max() or 1.0)  # type: ignore[arg-type]  # of numbers it is one
    chart: alt.Chart = (
        alt.Chart(weights)
        .mark_rect()
        .encode(
            x=alt.X("fit:N", sort=None, axis=alt.Axis(title="fitted up to, and run", labelAngle=-30, labelLimit=130)),
            y=alt.Y("number:N", sort=None, axis=alt.Axis(title="factor")),
            color=_diverging("weight", largest, ".2f"),
            tooltip=[
                alt.Tooltip("fit:N", title="fitted up to"),
                alt.Tooltip("weight:Q", title="weight", format="+.3f"),
                alt.Tooltip("expression:N", title="formula"),
            ],
        )
    )
    height = 190 + 20 * weights["number"].n_unique()
    return themed(chart, "Pool weights over time", "weight in the signal; blank: no member of that pool").properties(
        height=height
    )


def cumulative_rank_ics(days: pl.DataFrame, spans: pl.DataFrame) -> alt.LayerChart:
    """Sum of the daily rank IC of several factors, one line each.

    days: session, number, sum_rank_ic. spans: as `split_spans`, of the splits that all of them share.
    """
    numbers = days["number"].unique(maintain_order=True).to_list()
    color = alt.Color("number:N", scale=alt.Scale(domain=numbers, range=list(COLORS[: len(numbers)])), legend=None)
    parts = [thinned(part) for part in days.partition_by("number", maintain_order=True)]
    drawn = pl.concat(parts).with_columns(pl.col("session").cast(pl.String).alias("day"))
    last = _apart(days.group_by("number", maintain_order=True).last())
    x = alt.X("session:T", scale=_TIME, axis=alt.Axis(title=None, grid=False, tickCount=6, labelOverlap=True))
    y = alt.Y("sum_rank_ic:Q", axis=alt.Axis(title="sum of rank IC"))
    tips = [
        alt.Tooltip("number:N", title="factor"),
        alt.Tooltip("day:N", title="session"),
        alt.Tooltip("sum_rank_ic:Q", title="sum", format=".2f"),
    ]
    lines: alt.Chart = alt.Chart(drawn).mark_line(strokeWidth=1.8).encode(x, y, color, tooltip=tips)
    names: alt.Chart = (
        alt.Chart(last)
        .mark_text(align="left", dx=4, fontSize=12, fontWeight="bold")
        .encode(x, alt.Y("label:Q"), color, text="number:N")
    )
    about = "sum of daily rank IC × direction; numbers as in the table"
    marks = split_marks(spans) if spans.height else ()  # Vega warns of a scale without a value
    layers: alt.LayerChart = alt.LayerChart(layer=[*marks, _zero(), lines, names]).resolve_scale(color="independent")
    return themed(layers, "Cumulative rank IC", about)


def _apart(last: pl.DataFrame) -> pl.DataFrame:
    """Add `label`, the value at which each line's number stands: near its end, and clear of the others."""
    rows = last.sort("sum_rank_ic")
    ends = rows["sum_rank_ic"].to_list()
    gap = _LABEL_SHARE * (max(0.0, *ends) - min(0.0, *ends))
    labels: list[float] = []
    for end in ends:
        labels.append(max(end, labels[-1] + gap) if labels else end)
    return rows.with_columns(pl.Series("label", labels, dtype=pl.Float64))


def _diverging(column: str, largest: float, form: str) -> alt.Color:
    """Colour from orange over the middle to blue, centred on zero; grey where there is no value."""
    scale = alt.Scale(domain=[-largest, 0, largest], range=[_NEGATIVE, _MIDDLE, _POSITIVE], interpolate="lab")
    legend = alt.Legend(title=None, orient="top", format=form, gradientLength=180, gradientThickness=10)
    return alt.Color(f"{column}:Q", scale=scale, legend=legend)


def _zero() -> alt.Chart:
    zero = alt.Chart(pl.DataFrame({"zero": [0.0]}))
    rule: alt.Chart = zero.mark_rule(color=FAINT, strokeDash=[3, 3]).encode(y="zero:Q")
    return rule
