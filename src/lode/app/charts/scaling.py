"""Charts of what the number of shards does to a run. Frames are those of `lode.warehouse.stores.scaling`."""

from __future__ import annotations

import altair as alt
import polars as pl

from lode.app.charts.theme import FAINT, LINE, themed

_ALL, _SHARDS, _IDEAL = "to the end of the run", "shards alone", "shards without loss"
_COLORS = {_ALL: LINE, _SHARDS: "#e69f00", _IDEAL: FAINT}


def run_time(runs: pl.DataFrame) -> alt.LayerChart:
    """Run time by number of shards; dashed, what it would be if twice the shards took half the time."""
    first = runs.sort("shards").row(0, named=True)
    ideal = pl.lit(first["mine_seconds"] * first["shards"]) / pl.col("shards")
    lines = {_ALL: pl.col("seconds"), _SHARDS: pl.col("mine_seconds"), _IDEAL: ideal}
    return _lines(
        runs, lines, "Run time", "seconds from the first shard's start; dashed: twice the shards in half the time"
    )


def processor_time(runs: pl.DataFrame) -> alt.LayerChart:
    """Processor time of all processes together by number of shards."""
    lines = {_ALL: pl.col("cpu_seconds"), _SHARDS: pl.col("mine_cpu_seconds")}
    return _lines(runs, lines, "Total processor time", "seconds, all processes together")


def _lines(runs: pl.DataFrame, lines: dict[str, pl.Expr], title: str, about: str) -> alt.LayerChart:
    """Draw a line with points for each entry of `lines`; the one for what would be without loss is dashed."""
    rows = pl.concat(
        runs.select("shards", "run", value.cast(pl.Float64).alias("seconds"), pl.lit(name).alias("what"))
        for name, value in lines.items()
    )
    color = alt.Color(
        "what:N",
        scale=alt.Scale(domain=list(lines), range=[_COLORS[name] for name in lines]),
        legend=alt.Legend(title=None, orient="top"),
    )
    x = alt.X("shards:O", axis=alt.Axis(title="shards", labelAngle=0))
    y = alt.Y("seconds:Q", axis=alt.Axis(title="seconds"), scale=alt.Scale(zero=True))
    tips = [
        alt.Tooltip("what:N", title="of"),
        alt.Tooltip("shards:O", title="shards"),
        alt.Tooltip("seconds:Q", title="seconds", format=",.1f"),
        alt.Tooltip("run:N", title="run"),
    ]
    is_ideal = pl.col("what") == _IDEAL
    measured = alt.Chart(rows.filter(~is_ideal)).mark_line(point=alt.OverlayMarkDef(size=60))
    layers = [measured.encode(x, y, color, tooltip=tips)]
    if _IDEAL in lines:
        ideal = alt.Chart(rows.filter(is_ideal)).mark_line(strokeDash=[5, 4])
        layers.append(ideal.encode(x, y, color, tooltip=tips))
    return themed(alt.LayerChart(layer=layers), title, about)
