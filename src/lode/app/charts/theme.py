"""The one look of all charts: Okabe and Ito's colours, which colour-blind readers tell apart, on light and on dark."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

import altair as alt
import polars as pl

# Middle tones, which can be read on a light and on a dark ground.
LINE = "#2a86c4"
FAINT = "#8f98a3"
SPLIT_COLORS = {"train": "#8f98a3", "validation": "#56b4e9", "vault": "#e69f00", "live": "#009e73"}
DIVERGING = ("#d55e00", "#e69f00", "#8f98a3", "#56b4e9", "#0072b2")  # low, middle, high
LINES = ("#2a86c4", "#e69f00", "#009e73", "#cc79a7", "#d55e00")
HEIGHT = 260

Chart = TypeVar("Chart", alt.Chart, alt.LayerChart)


def themed(chart: Chart, title: str, subtitle: str, *, height: int = HEIGHT) -> Chart:
    """Give a chart its title, with the unit in the subtitle, its height in pixels and the SVG renderer."""
    chart.title = alt.TitleParams(
        title, subtitle=subtitle, anchor="start", fontSize=15, subtitleFontSize=12, subtitleColor=FAINT, offset=10
    )
    chart.height = height
    chart.usermeta = {"embedOptions": {"renderer": "svg", "actions": False}}
    return chart  # `properties` would copy every layer, which takes longer than making them


def split_color(splits: Collection[str], *, legend: bool) -> alt.Color:
    """Colour of the split in the column `split`, of those that are there; a split has the same one in every chart."""
    present = {split: color for split, color in SPLIT_COLORS.items() if split in splits}
    scale = alt.Scale(domain=list(present), range=list(present.values()))
    return alt.Color("split:N", scale=scale, legend=alt.Legend(title=None, orient="top") if legend else None)


def largest_size(values: pl.Series) -> float:
    """Largest size of a value, for a scale that is centred on zero; 1 where there is none."""
    return max((abs(value) for value in values.drop_nulls().to_list()), default=0.0) or 1.0


def diverging_color(column: str, largest: float) -> alt.Color:
    """Colour of a number that may be of either sign: the scale's middle is zero, its ends are ± `largest`.

    Without a legend: the numbers stand in their cells.
    """
    scale = alt.Scale(domain=[-largest, 0, largest], range=[DIVERGING[0], "#f4f4f4", DIVERGING[-1]])
    return alt.Color(f"{column}:Q", scale=scale, legend=None)


def ordered_colors(count: int) -> list[str]:
    """Colours of `count` things in an order, from orange over grey to blue."""
    if count < 2:
        return [LINE] * count
    places = [place * (len(DIVERGING) - 1) / (count - 1) for place in range(count)]
    return [_between(DIVERGING[int(at)], DIVERGING[min(int(at) + 1, len(DIVERGING) - 1)], at % 1) for at in places]


def _between(low: str, high: str, share: float) -> str:
    parts = zip(bytes.fromhex(low[1:]), bytes.fromhex(high[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * share) for a, b in parts).hex()
