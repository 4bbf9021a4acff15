"""A heat map of how complete a source's fields are. The frame is that of `SourceCoverage.cells`."""

from __future__ import annotations

import altair as alt
import polars as pl

from lode.app.charts.theme import themed

# Lower bound of the share, name, colour: from orange to blue, which colour-blind readers tell apart.
STEPS = (
    (1.0, "all", "#2a86c4"),
    (0.99, "≥ 99 %", "#86bde0"),
    (0.9, "≥ 90 %", "#c3cbd3"),
    (0.5, "≥ 50 %", "#efb64d"),
    (0.0, "< 50 %", "#d55e00"),
)
_NONE = ("none", "#6d747c")
ORDER = ("close", "open", "high", "low", "volume", "adj_close", "vwap")
_HEIGHT = 330  # pixels, title and legend included


def coverage_heat_map(cells: pl.DataFrame, *, per: str) -> alt.LayerChart:
    """Share of the expected bars that have each field, a row per field, over time. per: what a cell is, "month"."""
    named = cells.with_columns(step_of(pl.col("share")).alias("step"), pl.col("period").cast(pl.String).alias("day"))
    domain = [name for _, name, _ in STEPS] + [_NONE[0]]
    color = alt.Color(
        "step:N",
        scale=alt.Scale(domain=domain, range=[color for _, _, color in STEPS] + [_NONE[1]]),
        legend=alt.Legend(title=None, orient="top", columns=3, symbolType="square"),
    )
    rects: alt.Chart = (
        alt.Chart(named)
        .mark_rect()
        .encode(
            x=alt.X("period:T", scale=alt.Scale(type="utc"), axis=alt.Axis(title=None, tickCount=6, grid=False)),
            x2="end:T",
            y=alt.Y("field:N", sort=list(ORDER), axis=alt.Axis(title=None)),
            color=color,
            tooltip=[
                alt.Tooltip("field:N", title="field"),
                alt.Tooltip("day:N", title="session" if per == "session" else "month of"),
                alt.Tooltip("share:Q", title="coverage", format=".2%"),
                alt.Tooltip("bars:Q", title="bars with it", format=",d"),
                alt.Tooltip("expected:Q", title="bars expected", format=",d"),
            ],
        )
    )
    about = f"share of the expected bars that have it, by {per}"
    return themed(alt.LayerChart(layer=[rects]), "Coverage by field", about).properties(height=_HEIGHT)


def step_of(share: pl.Expr) -> pl.Expr:
    """Name of the step that a share in [0, 1] is on."""
    named = pl.lit(STEPS[-1][1])
    for least, name, _ in reversed(STEPS[:-1]):
        named = pl.when(share >= least).then(pl.lit(name)).otherwise(named)
    return pl.when(share <= 0).then(pl.lit(_NONE[0])).otherwise(named)
