"""The state machine of a run as a graph: a box per step, in `mine` a row per epoch. Frames are those of `app.stages`.

Every state has a sign beside its colour; the text in a box is dark on a colour that is light enough for it, in the
light theme and in the dark one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import polars as pl

from lode.app.charts.theme import themed

_COLORS = {"succeeded": "#35b690", "running": "#56b4e9", "failed": "#e8743b", "stopped": "#e69f00"}
_QUIET = "#a3abb5"  # what has not begun
_LABEL, _INK = "#737c88", "#11151a"
_ACROSS, _WIDTH, _GAP = 4, 22.0, 4.0  # boxes side by side; of 100 parts of the width
_BOX, _BETWEEN, _BAR, _CELL = 44, 26, 26, 20  # pixels
_MOST_CELLS = 16  # with a sign in each; more of them are one bar by state
_LEFT = 20.0  # where the cells of an epoch begin


def state_machine(stages: pl.DataFrame, shards: pl.DataFrame, signs: dict[str, str]) -> alt.LayerChart:
    """Every step with its state and duration, and the shards of every epoch.

    signs: by state the sign that stands beside its colour.
    """
    rows = [row | {"label": f"{signs.get(row['state'], '')} {row['step']}".strip()} for row in stages.to_dicts()]
    mine = next(place for place, row in enumerate(rows) if row["step"] == "mine")
    epochs = shards["epoch"].n_unique()
    top = float(_BOX + _BETWEEN)
    bottom = top + _BAR + epochs * (_CELL + 6) + 8
    boxes = [
        *_line_of_boxes(rows[:mine], 0.0),
        _box(rows[mine], (0.0, 100.0), (top, top + _BAR), one_line=True),
        *_line_of_boxes(rows[mine + 1 :], bottom + _BETWEEN),
    ]
    down = [(100.0 - _WIDTH / 2, float(_BOX), top), (_WIDTH / 2, bottom, bottom + _BETWEEN)]
    height = bottom + _BETWEEN + _BOX
    frame = pl.DataFrame({"x": [0.0], "x2": [100.0], "y": [top], "y2": [bottom]})
    cells, told = _cells(shards, signs, top + _BAR + 6)
    layers = [
        _rectangles(frame).mark_rect(filled=False, stroke=_LABEL, cornerRadius=4, strokeDash=[3, 3]),
        *_arrows(down),
        *_drawn(pl.DataFrame(boxes, infer_schema_length=None)),
        *_drawn_cells(cells, told),
    ]
    chart = themed(alt.LayerChart(layer=layers), "State machine", "steps in their order; seconds; a row per epoch")
    drawn: alt.LayerChart = chart.properties(height=height).configure_view(stroke=None)
    return drawn


def _line_of_boxes(rows: list[dict[str, Any]], y: float) -> Iterable[dict[str, Any]]:
    step = _WIDTH + _GAP
    return (_box(row, (i * step, i * step + _WIDTH), (y, y + _BOX)) for i, row in enumerate(rows))


def _box(
    row: dict[str, Any], across: tuple[float, float], along: tuple[float, float], *, one_line: bool = False
) -> dict[str, Any]:
    took = "" if row["seconds"] is None else _duration(row["seconds"])
    label = f"{row['label']}   {took}" if one_line else row["label"]
    middle = sum(along) / 2
    return row | {
        "x": across[0],
        "x2": across[1],
        "y": float(along[0]),
        "y2": float(along[1]),
        "middle": sum(across) / 2,
        "label": label,
        "label_y": middle if one_line else middle - 8,
        "took": "" if one_line else took or "–",
        "took_y": middle + 9,
        "color": _COLORS.get(row["state"], _QUIET),
    }


def _duration(seconds: float) -> str:
    """Seconds as a box shows them.

    >>> [_duration(seconds) for seconds in (0.034, 8.0, 75.2, 7325)]
    ['0.03 s', '8.0 s', '1:15', '2:02:05']
    """
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def _cells(shards: pl.DataFrame, signs: dict[str, str], top: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cells of the epochs, and what stands to their left: one cell per shard, of many shards one per state."""
    cells, told = [], []
    for place, ((epoch,), rows) in enumerate(shards.group_by("epoch", maintain_order=True)):
        y = top + place * (_CELL + 6)
        told.append({"x": 1.0, "y": y + _CELL / 2, "label": f"epoch {int(str(epoch)) + 1}"})
        parts = rows.to_dicts() if rows.height <= _MOST_CELLS else _by_state(rows, signs)
        x, width = _LEFT, (99.0 - _LEFT) / rows.height
        for part in parts:
            count = part.get("count", 1)
            sign = part.get("sign", signs.get(part["state"], ""))
            cells.append(
                {name: part.get(name) for name in ("shard", "seconds", "trials", "best_t", "attempts", "error")}
                | {"epoch": epoch, "state": part["state"], "sign": sign, "color": _COLORS.get(part["state"], _QUIET)}
                | {
                    "x": x,
                    "x2": x + width * count,
                    "y": y,
                    "y2": y + _CELL,
                    "middle": x + width * count / 2,
                    "mid": y + _CELL / 2,
                }
                | {"shards": f"{count} shards" if count > 1 else f"shard {part.get('shard', '')}"}
            )
            x += width * count
    return pl.DataFrame(cells, infer_schema_length=None), pl.DataFrame(told)


def _by_state(rows: pl.DataFrame, signs: dict[str, str]) -> list[dict[str, Any]]:
    """One part per state; its count is in it where there is room."""
    found = rows.group_by("state", maintain_order=True).agg(pl.len().alias("count"), pl.col("trials").sum())
    return [
        row | {"sign": f"{signs.get(row['state'], '')} {row['count']:,}" if row["count"] > rows.height / 8 else ""}
        for row in found.sort("state", descending=True).to_dicts()
    ]


def _x(name: str) -> alt.X:
    return alt.X(f"{name}:Q", axis=None, scale=alt.Scale(domain=[0, 100], nice=False))


def _y(name: str) -> alt.Y:
    return alt.Y(f"{name}:Q", axis=None, scale=alt.Scale(nice=False, zero=False, reverse=True))


def _rectangles(frame: pl.DataFrame) -> alt.Chart:
    chart: alt.Chart = alt.Chart(frame).mark_rect().encode(x=_x("x"), x2="x2:Q", y=_y("y"), y2="y2:Q")
    return chart


def _texts(frame: pl.DataFrame, x: str, y: str, text: str, **how: Any) -> alt.Chart:  # noqa: ANN401  Vega's own options
    mark: dict[str, Any] = {"baseline": "middle", "fontSize": 12, "color": _INK} | how
    chart: alt.Chart = alt.Chart(frame).mark_text(**mark).encode(x=_x(x), y=_y(y), text=f"{text}:N")
    return chart


def _drawn(boxes: pl.DataFrame) -> list[alt.Chart]:
    tips = [
        alt.Tooltip("step:N", title="step"),
        alt.Tooltip("state:N", title="state"),
        alt.Tooltip("seconds:Q", title="seconds", format=",.2f"),
        alt.Tooltip("attempts:Q", title="begun"),
        alt.Tooltip("error:N", title="error"),
    ]
    shapes = (
        alt.Chart(boxes)
        .mark_rect(cornerRadius=4)
        .encode(x=_x("x"), x2="x2:Q", y=_y("y"), y2="y2:Q", color=_own_color(), tooltip=tips)
    )
    along = boxes.slice(0, 4).vstack(boxes.slice(5))
    arrows = along.filter(pl.col("x2") + _GAP < 100).select(
        x=pl.col("x2") + _GAP / 2, y=(pl.col("y") + pl.col("y2")) / 2
    )
    signs = alt.Chart(arrows).mark_point(shape="triangle-right", filled=True, size=70, color=_LABEL, opacity=1)
    return [
        shapes,
        signs.encode(x=_x("x"), y=_y("y")),
        _texts(boxes, "middle", "label_y", "label", fontWeight=600),
        _texts(boxes, "middle", "took_y", "took"),
    ]


def _drawn_cells(cells: pl.DataFrame, told: pl.DataFrame) -> list[alt.Chart]:
    tips = [
        alt.Tooltip("shards:N", title="what"),
        alt.Tooltip("state:N", title="state"),
        alt.Tooltip("seconds:Q", title="seconds", format=",.2f"),
        alt.Tooltip("trials:Q", title="trials", format=","),
        alt.Tooltip("best_t:Q", title="best |t|", format=".2f"),
        alt.Tooltip("attempts:Q", title="begun"),
        alt.Tooltip("error:N", title="error"),
    ]
    shapes = (
        alt.Chart(cells)
        .mark_rect(cornerRadius=2, stroke=_INK, strokeWidth=0.5, strokeOpacity=0.5)
        .encode(x=_x("x"), x2="x2:Q", y=_y("y"), y2="y2:Q", color=_own_color(), tooltip=tips)
    )
    return [
        shapes,
        _texts(cells, "middle", "mid", "sign"),
        _texts(told, "x", "y", "label", align="left", color=_LABEL),
    ]


def _own_color() -> alt.Color:
    return alt.Color("color:N", scale=None, legend=None)


def _arrows(down: list[tuple[float, float, float]]) -> list[alt.Chart]:
    lines = pl.DataFrame(down, schema=["x", "y", "y2"], orient="row")
    rule = alt.Chart(lines).mark_rule(color=_LABEL).encode(x=_x("x"), y=_y("y"), y2="y2:Q")
    heads = lines.select("x", y=pl.col("y2") - 5)
    head = alt.Chart(heads).mark_point(shape="triangle-down", filled=True, size=70, color=_LABEL, opacity=1)
    return [rule, head.encode(x=_x("x"), y=_y("y"))]
