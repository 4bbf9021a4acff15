"""The picture of the architecture: as committed, and within its frame."""

from xml.etree import ElementTree as ET

from lode.workflow.steps import AFTER_MINE, BEFORE_PLAN
from tools.architecture import ARROWS, BOXES, HEIGHT, PATH, WIDTH, picture


def test_the_committed_picture_is_what_is_drawn():
    assert PATH.read_text() == picture(), "run: python -m tools.architecture"
    assert ET.fromstring(picture()).tag.endswith("svg")  # noqa: S314  our own text


def test_everything_stands_within_it_and_apart():
    for box in BOXES:
        assert 0 < box.x < box.x + box.width < WIDTH
        assert 0 < box.y < box.y + 54 < HEIGHT
        others = [other for other in BOXES if other.y == box.y and other is not box]
        assert all(other.x + other.width < box.x or box.x + box.width < other.x for other in others)
    assert all(0 < x < WIDTH for points in ARROWS for x in points[::2])


def test_its_steps_are_the_steps_of_a_run():
    drawn = {box.name for box in BOXES}
    assert set(BEFORE_PLAN) - {"validate"} <= drawn
    assert {"mine", *AFTER_MINE} - {"notify"} <= drawn
