import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from lode.evaluation.page.svg import Picture, bar_picture, line_picture

DAYS = np.arange("2020-01-01", "2023-01-01", dtype="datetime64[D]")
HOSTILE = "<b onload='x'>&"
NOTHING = "nothing to draw"


def picture(**more):
    return Picture("key", "Title " + HOSTILE, "About " + HOSTILE, **more)


def parsed(figure):
    return ET.fromstring(figure)  # noqa: S314  of our own making


def test_picture_has_a_name_and_a_description():
    svg = parsed(line_picture(picture(), DAYS, {"a": np.sin(np.arange(len(DAYS)))})).find("svg")
    assert svg.get("role") == "img"
    told = [svg.find(f".//*[@id='{key}']").text for key in svg.get("aria-labelledby").split()]
    assert told == ["Title " + HOSTILE, "About " + HOSTILE]


def test_line_breaks_at_a_gap():
    values = np.array([0.0, 1, np.nan, np.nan, 1, 0])
    figure = line_picture(picture(), DAYS[:6], {"a": values})
    path = re.search(r"class='l l0' d='([^']*)'", figure)[1]
    assert path.count("M") == 2
    assert path.count("L") == 2
    assert "nan" not in figure


def test_long_lines_are_thinned_and_end_where_they_end():
    values = np.linspace(0, 1, 5000)
    figure = line_picture(picture(), np.arange("2000-01-01", 5000, dtype="datetime64[D]"), {"a": values})
    path = re.search(r"class='l l0' d='([^']*)'", figure)[1]
    assert 300 < path.count("L") < 900
    assert path.endswith("L548.0 14.0")


def test_bars_by_hand():
    figure = bar_picture(picture(), ["a", HOSTILE], np.array([2.0, -2.0]), [(1, 4), (-4, np.nan)])
    bars = parsed(figure).findall(".//rect")
    # the axis runs from -4 to 4 over 206: each bar is a quarter of it, up and down from the middle at 117
    assert [(float(bar.get("y")), float(bar.get("height"))) for bar in bars] == [(65.5, 51.5), (117.0, 51.5)]
    assert len(parsed(figure).findall(".//path[@class='w']")) == 1


@pytest.mark.parametrize("values", [np.full(4, np.nan), np.full(4, np.inf)])
def test_nothing_is_drawn_of_nothing(values):
    assert NOTHING in line_picture(picture(), DAYS[:4], {"a": values})
    assert NOTHING in bar_picture(picture(), list("abcd"), values)
    assert NOTHING in line_picture(picture(), DAYS[:1], {"a": np.ones(1)})
    assert NOTHING in line_picture(picture(), DAYS[:4], {})
    assert NOTHING in bar_picture(picture(), [], values[:0])
