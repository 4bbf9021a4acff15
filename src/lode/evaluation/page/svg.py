"""Pictures as SVG: lines over sessions, bars with intervals. Colours are classes, which the page's style fills in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.page.scales import Scale, bounds, label, ticks

Series = NDArray[np.float64]
Days = NDArray[np.datetime64]

WIDTH, HEIGHT = 560, 250
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 14, 30
_MOST_POINTS = 700
_LETTER = 6.6  # about the width of one, in the size of the labels


@dataclass(frozen=True)
class Picture:
    """What a picture is called and what it says in words, for those who do not see it. percent: unit of the y axis."""

    key: str
    title: str
    description: str
    percent: bool = False

    def wrap(self, inside: str) -> str:
        """Return the picture with its frame; `inside` is SVG."""
        title, about = escape(self.title), escape(self.description)
        return (
            f"<figure><figcaption>{title}</figcaption>"
            f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-labelledby='{self.key}-t {self.key}-d'>"
            f"<title id='{self.key}-t'>{title}</title><desc id='{self.key}-d'>{about}</desc>{inside}</svg>"
            f"<p>{about}</p></figure>"
        )

    def nothing(self) -> str:
        """Return the picture of which nothing is known."""
        return self.wrap(text(WIDTH / 2, HEIGHT / 2, "nothing to draw", "middle"))


def line_picture(picture: Picture, days: Days, series: Mapping[str, Series], *, area: bool = False) -> str:
    """Lines over sessions, (sessions,) each, a gap where NaN. area: fill the first one to zero."""
    drawn = {name: values for name, values in series.items() if np.isfinite(values).any()}
    if not drawn or len(days) < 2:
        return picture.nothing()
    top = TOP + (16 if len(drawn) > 1 else 0)
    low, high = bounds(*drawn.values())
    x, y = Scale(0, len(days) - 1, LEFT, WIDTH - RIGHT), Scale(low, high, HEIGHT - BOTTOM, top)
    parts = [y_axis(y, percent=picture.percent), _day_axis(days, x)]
    for place, (name, values) in enumerate(drawn.items()):
        path = _path(x, y, values)
        if area and not place:
            parts.append(f"<path class='a{place}' d='{_area(x, y, values)}'/>")
        parts.append(f"<path class='l l{place}' d='{path}'><title>{escape(name)}</title></path>")
    return picture.wrap("".join(parts) + (_legend(list(drawn)) if len(drawn) > 1 else ""))


def bar_picture(
    picture: Picture, names: Sequence[str], values: Series, intervals: Sequence[tuple[float, float]] | None = None
) -> str:
    """A bar per name, from zero, with its interval where there is one; none where NaN."""
    if not np.isfinite(values).any():
        return picture.nothing()
    ends = np.array(intervals if intervals is not None else [(np.nan, np.nan)] * len(names))
    y = Scale(*bounds(values, ends), HEIGHT - BOTTOM, TOP)
    slot = (WIDTH - LEFT - RIGHT) / len(names)
    every = max(1, int(np.ceil(max(map(len, names)) * _LETTER / slot)))
    parts = [y_axis(y, percent=picture.percent)]
    for at, name in enumerate(names):
        middle = LEFT + (at + 0.5) * slot
        if at % every == 0:
            parts.append(text(middle, HEIGHT - 12, name, "middle"))
        if np.isfinite(values[at]):
            parts.append(_bar(middle, slot * 0.7, y, float(values[at]), name))
        if np.isfinite(ends[at]).all():
            parts.append(whisker(middle, y(ends[at, 0]), y(ends[at, 1])))
    return picture.wrap("".join(parts))


def _bar(middle: float, width: float, y: Scale, value: float, name: str) -> str:
    top, bottom = sorted((y(value), y(0)))
    return (
        f"<rect class='b' x='{middle - width / 2:.1f}' y='{top:.1f}' width='{width:.1f}' "
        f"height='{max(bottom - top, 0.5):.1f}'><title>{escape(name)}: {value:.6g}</title></rect>"
    )


def whisker(x: float, low: float, high: float) -> str:
    """Return an interval as a line with ends; places, not values."""
    ends = "".join(f"M{x - 4:.1f} {end:.1f}h8" for end in (low, high))
    return f"<path class='w' d='M{x:.1f} {low:.1f}V{high:.1f}{ends}'/>"


def y_axis(y: Scale, *, percent: bool) -> str:
    """Return lines at round values, and their labels."""
    marks = ticks(y.low, y.high)
    step = marks[1] - marks[0] if len(marks) > 1 else y.high - y.low
    parts = []
    for mark in marks:
        kind = "z" if mark == 0 else "g"
        parts.append(f"<path class='{kind}' d='M{LEFT} {y(mark):.1f}H{WIDTH - RIGHT}'/>")
        parts.append(text(LEFT - 6, y(mark) + 4, label(mark, step, percent=percent), "end"))
    return "".join(parts)


def _day_axis(days: Days, x: Scale) -> str:
    places = np.unique(np.linspace(0, len(days) - 1, 6).astype(int))
    unit = "M" if days[-1] - days[0] > np.timedelta64(300, "D") else "D"
    parts = []
    for place in places:
        anchor = "start" if place == 0 else "end" if place == len(days) - 1 else "middle"
        parts.append(text(x(float(place)), HEIGHT - 12, str(days[place].astype(f"datetime64[{unit}]")), anchor))
    return "".join(parts)


def _path(x: Scale, y: Scale, values: Series) -> str:
    """Points of a line; a new stroke after each gap. Long ones are thinned, each point the last of its stretch."""
    step = max(1, len(values) // _MOST_POINTS)
    rows = np.unique(np.append(np.arange(0, len(values), step), len(values) - 1))
    across, down = x.places(rows.astype(np.float64)), y.places(values[rows])
    words, pen = [], "M"
    for right, place in zip(across, down, strict=True):
        if np.isfinite(place):
            words.append(f"{pen}{right:.1f} {place:.1f}")
            pen = "L"
        else:
            pen = "M"
    return "".join(words)


def _area(x: Scale, y: Scale, values: Series) -> str:
    known = np.flatnonzero(np.isfinite(values))
    ground, filled = y(0), np.nan_to_num(values)
    return f"{_path(x, y, filled)}L{x(float(known[-1])):.1f} {ground:.1f}L{x(0):.1f} {ground:.1f}Z"


def _legend(names: Sequence[str]) -> str:
    parts, right = [], float(LEFT)
    for place, name in enumerate(names):
        parts.append(f"<path class='l l{place}' d='M{right:.0f} 10h16'/>{text(right + 20, 14, name, 'start')}")
        right += 36 + len(name) * _LETTER
    return "".join(parts)


def text(x: float, y: float, words: str, anchor: str) -> str:
    """Return a label; anchor: start, middle or end."""
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'>{escape(words)}</text>"
