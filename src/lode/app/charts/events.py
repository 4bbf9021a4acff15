"""A chart of when filings and articles became known. The frames are those of `lode.app.events`."""

from __future__ import annotations

import altair as alt
import polars as pl

from lode.app.charts.prices import price_axis, time_axis
from lode.app.charts.theme import FAINT, LINE, themed
from lode.app.events import KINDS

_LOOKS = dict(
    zip(
        KINDS,
        (("#d55e00", "diamond", 90), ("#cc79a7", "triangle-up", 60), (FAINT, "circle", 22), ("#009e73", "square", 50)),
        strict=True,
    )
)


def events_chart(days: pl.DataFrame, events: pl.DataFrame, *, picked: str) -> alt.LayerChart:
    """Filings and articles on the line of the close, each where it became known.

    events: as `events_on` returns them. picked: name of the selection of a point, whose field is `id`.
    """
    line: alt.Chart = (
        alt.Chart(days.select("session", "close"))
        .mark_line(strokeWidth=1.1, color=LINE, opacity=0.8)
        .encode(x=time_axis(), y=price_axis("close:Q", "close"))
    )
    kinds = [kind for kind in KINDS if kind in events["kind"]]
    legend = alt.Legend(title=None, orient="top", columns=2)
    colors, shapes = ([_LOOKS[kind][at] for kind in kinds] for at in (0, 1))
    area = pl.col("kind").replace_strict({kind: look[2] for kind, look in _LOOKS.items()}, return_dtype=pl.Int64)
    points: alt.Chart = (
        alt.Chart(events.sort("rank", descending=True).with_columns(area.alias("area")).drop("rank"))
        .mark_point(filled=True, opacity=0.9)
        .encode(
            x=time_axis(),
            y=price_axis("close:Q", "close"),
            color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=colors), legend=legend),
            shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=shapes), legend=legend),
            size=alt.Size("area:Q", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("kind:N", title="what"),
                alt.Tooltip("known:N", title="known, UTC"),
                alt.Tooltip("text:N", title="title"),
            ],
        )
        .add_params(alt.selection_point(name=picked, fields=["id"], on="click", clear="dblclick"))
    )
    about = "where each became known; a click opens it"
    return themed(alt.LayerChart(layer=[line, points]), "Filings and articles", about).properties(height=330)
