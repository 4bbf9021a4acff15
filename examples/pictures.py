"""Pictures that stay in a notebook's file: SVG that needs no network, drawn as the evidence sheet's page is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from IPython.display import SVG
from numpy.typing import ArrayLike, NDArray

from lode.evaluation import Sheet
from lode.evaluation.page.pictures import pictures_of
from lode.evaluation.page.scales import Scale, bounds, label, ticks
from lode.evaluation.page.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Picture, bar_picture, text, y_axis

_STYLE = """
text{fill:#5d6875;font:11px system-ui,sans-serif}.h{fill:#1d2530;font-weight:600;font-size:13px}
.g{stroke:#d9dee4}.z{stroke:#5d6875}.l{fill:none;stroke-width:1.6}
.l0{stroke:#1f77b4}.l1{stroke:#d55e00}.l2{stroke:#00805c}.l3{stroke:#9a5ba5}
.a0{fill:#1f77b4;opacity:.25}.b{fill:#1f77b4}.w{stroke:#1d2530;stroke-width:1.3;fill:none}
.p0{fill:#1f77b4}.p1{fill:#d55e00}
"""
_ABOVE, _BELOW = 24, 18
_SMALL = 2.5


def of_sheet(sheet: Sheet, key: str) -> SVG:
    """One of a sheet's pictures: books, drawdown, rank-ic, decay, quantiles, spread, turnover, exposures, names."""
    return shown(next(figure for figure in pictures_of(sheet) if f"id='{key}-t'" in figure))


def bars(title: str, names: Sequence[str], values: ArrayLike) -> SVG:
    """A bar per name."""
    return shown(bar_picture(Picture("bars", title, title), names, np.asarray(values, float)))


def steps(title: str, x: ArrayLike, y: ArrayLike, across: str) -> SVG:
    """A line through (x, y) that stays where it is until the next x; the y axis contains zero."""
    return _plane(title, across, np.asarray(x, float), {"": np.asarray(y, float)}, _stepped)


def lines(title: str, x: ArrayLike, series: Mapping[str, ArrayLike], across: str) -> SVG:
    """Lines over the same x, named where there are several."""
    return _plane(title, across, np.asarray(x, float), {k: np.asarray(v, float) for k, v in series.items()}, _straight)


def dots(title: str, x: ArrayLike, series: Mapping[str, ArrayLike], across: str) -> SVG:
    """Points; NaN is left out, so that series of different points may share an x."""
    return _plane(title, across, np.asarray(x, float), {k: np.asarray(v, float) for k, v in series.items()}, _dotted)


def shown(figure: str) -> SVG:
    """The drawing of a figure of the page, with its title in it and on white ground."""
    drawing = figure[figure.index("<svg") : figure.index("</svg>")]
    head, inside = drawing.split(">", 1)
    title = figure[figure.index("<figcaption>") + 12 : figure.index("</figcaption>")]
    tall = HEIGHT + _ABOVE + _BELOW
    head = head.replace(f"viewBox='0 0 {WIDTH} {HEIGHT}'", f"viewBox='0 -{_ABOVE} {WIDTH} {tall}'")
    return SVG(
        f"{head} xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{tall}'><style>{_STYLE}</style>"
        f"<rect y='-{_ABOVE}' width='{WIDTH}' height='{tall}' fill='#fff'/>"
        f"<text class='h' x='4' y='-8'>{title}</text>{inside}</svg>"
    )


Points = NDArray[np.float64]


def _plane(
    title: str, across: str, x: Points, series: Mapping[str, Points], draw: Callable[[int, Points, Points], str]
) -> SVG:
    right, up = Scale(*bounds(x, zero=False), LEFT + 8, WIDTH - RIGHT - 8), _up(series)
    parts = [y_axis(up, percent=False), _x_axis(right, across)]
    for place, (name, values) in enumerate(series.items()):
        parts.append(draw(place, right.places(x), up.places(values)))
        if name:
            parts.append(f"<circle class='p{place}' cx='{LEFT + 8 + 190 * place}' cy='10' r='4'/>")
            parts.append(text(LEFT + 18 + 190 * place, 14, name, "start"))
    return shown(Picture("plane", title, title).wrap("".join(parts)))


def _up(series: Mapping[str, Points]) -> Scale:
    return Scale(*bounds(*series.values()), HEIGHT - BOTTOM, TOP + 10)


def _x_axis(right: Scale, across: str) -> str:
    marks = ticks(right.low, right.high)
    step = marks[1] - marks[0] if len(marks) > 1 else 1.0
    named = "".join(text(right(mark), HEIGHT - 12, label(mark, step), "middle") for mark in marks)
    return named + text((LEFT + WIDTH) / 2, HEIGHT + 8, across, "middle")


def _straight(place: int, x: Points, y: Points) -> str:
    path = "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True) if np.isfinite(b))
    return f"<path class='l l{place}' d='M{path}'/>" + _dotted(place, x, y)


def _stepped(place: int, x: Points, y: Points) -> str:
    path = f"M{x[0]:.1f} {y[0]:.1f}" + "".join(f"H{a:.1f}V{b:.1f}" for a, b in zip(x[1:], y[1:], strict=True))
    return f"<path class='l l{place}' d='{path}'/>"


def _dotted(place: int, x: Points, y: Points) -> str:
    known = [(a, b) for a, b in zip(x, y, strict=True) if np.isfinite(b)]
    return "".join(f"<circle class='p{place}' cx='{a:.1f}' cy='{b:.1f}' r='{_SMALL}'/>" for a, b in known)
