"""The one look of all charts: Okabe and Ito's colours, which colour-blind readers tell apart, on light and on dark."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

import altair as alt

# Middle tones, which can be read on a light and on a dark ground.
LINE = "#2a86c4"
FAINT = "#8f98a3"
SPLIT_COLORS = {"train": "#8f98a3", "validation": "#56b4e9", "vault": "#e69f00", "live": "#009e73"}
HEIGHT = 260

Chart = TypeVar("Chart", alt.Chart, alt.LayerChart)


def themed(chart: Chart, title: str, subtitle: str) -> Chart:
    """Give a chart its title, with the unit in the subtitle, its height and the SVG renderer."""
    chart.title = alt.TitleParams(
        title, subtitle=subtitle, anchor="start", fontSize=15, subtitleFontSize=12, subtitleColor=FAINT, offset=10
    )
    chart.height = HEIGHT
    chart.usermeta = {"embedOptions": {"renderer": "svg", "actions": False}}
    return chart  # `properties` would copy every layer, which takes longer than making them


def split_color(splits: Collection[str], *, legend: bool) -> alt.Color:
    """Colour of the split in the column `split`, of those that are there; a split has the same one in every chart."""
    present = {split: color for split, color in SPLIT_COLORS.items() if split in splits}
    scale = alt.Scale(domain=list(present), range=list(present.values()))
    return alt.Color("split:N", scale=scale, legend=alt.Legend(title=None, orient="top") if legend else None)
