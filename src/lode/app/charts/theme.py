"""The one look of all charts: Okabe and Ito's colours, which colour-blind readers tell apart, on light and on dark."""

from __future__ import annotations

from typing import TypeVar

import altair as alt

# Middle tones, which can be read on a light and on a dark ground.
LINE = "#2a86c4"
FAINT = "#8f98a3"
SPLIT_COLORS = {"train": "#8f98a3", "validation": "#56b4e9", "vault": "#e69f00"}
HEIGHT = 260

Chart = TypeVar("Chart", alt.Chart, alt.LayerChart)


def themed(chart: Chart, title: str, subtitle: str) -> Chart:
    """Give a chart its title, with the unit in the subtitle, its height and the SVG renderer."""
    return chart.properties(
        title=alt.TitleParams(
            title, subtitle=subtitle, anchor="start", fontSize=15, subtitleFontSize=12, subtitleColor=FAINT, offset=10
        ),
        height=HEIGHT,
        usermeta={"embedOptions": {"renderer": "svg", "actions": False}},
    )


def split_color(*, legend: bool) -> alt.Color:
    """Colour of the split in the column `split`."""
    scale = alt.Scale(domain=list(SPLIT_COLORS), range=list(SPLIT_COLORS.values()))
    return alt.Color("split:N", scale=scale, legend=alt.Legend(title=None, orient="top") if legend else None)
