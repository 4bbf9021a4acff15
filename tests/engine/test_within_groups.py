import numpy as np
import pytest

from lode.engine import Evaluator
from lode.language import parse

NAN = np.nan
X = np.array([[1, 3, NAN, 10, 20, 5]], np.float32)
WEIGHT = np.array([[1, 3, 4, 0, 0, NAN]], np.float32)
SECTOR = np.array([[0, 0, 0, 1, 1, -1]], np.int32)


def value(text, fields, labels, **more):
    return Evaluator(fields, {"sector": labels}, **more).value(parse(text))


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("group_mean(x, weight, sector)", [2.5, 2.5, NAN, NAN, NAN, NAN]),  # weights 1 and 3; weights that add up to 0
        ("group_mean(x, 1, sector)", [2, 2, NAN, 15, 15, NAN]),
        ("group_mean(x, sector)", [2, 2, NAN, 15, 15, NAN]),
        ("group_extra(x, weight, sector)", [1, 3, 2.5, 10, 20, 5]),
        ("group_extra(x, 1, sector)", [1, 3, 2, 10, 20, 5]),
        ("group_vector_proj(x, weight, sector)", [1, 3, NAN, NAN, NAN, NAN]),  # x is the weight there
        ("group_vector_neut(x, 1, sector)", [-1, 1, NAN, -5, 5, NAN]),
        ("group_normalize(x, sector, scale=3)", [0.75, 2.25, NAN, 1, 2, NAN]),
    ],
)
def test_of_one_day(text, want):
    np.testing.assert_allclose(value(text, {"x": X, "weight": WEIGHT}, SECTOR)[0], want, rtol=1e-6)


def test_the_published_example_of_backfilling():
    """Of three names over four days, the newest last; the nine known values have the mean 3.56."""
    x = np.array([[5, 9, NAN], [5, 2, 2], [2, NAN, -4], [4, 7, NAN]], np.float32)
    found = value("group_backfill(x, sector, 4, std=4.0)", {"x": x}, np.zeros((4, 3), np.int32))
    np.testing.assert_allclose(found[-1], [4, 7, 32 / 9], rtol=1e-6)


def test_outliers_are_clipped_before_the_mean():
    x = np.array([[1, 1, 1, 1, 11, NAN]], np.float32)  # mean 3, deviation sqrt(20)
    found = value("group_backfill(x, sector, 1, std=1)", {"x": x}, np.zeros((1, 6), np.int32))
    np.testing.assert_allclose(found[0, -1], (4 + 3 + 20**0.5) / 5, rtol=1e-6)


def test_members_of_today_count_with_their_past():
    x = np.array([[1, 5, NAN], [NAN, NAN, NAN]], np.float32)
    labels = np.array([[0, 1, 0], [0, 1, 1]], np.int32)
    found = value("group_backfill(x, sector, 2)", {"x": x}, labels)
    np.testing.assert_allclose(found, [[1, 5, 1], [1, 5, 5]])


def test_what_cannot_be_traded_is_not_filled():
    mask = np.array([[True, True, False, True, True, True]])
    for text in ("group_extra(x, 1, sector)", "group_backfill(x, sector, 3)"):
        assert np.isnan(value(text, {"x": X}, SECTOR, mask=mask)[0, 2]), text
    alone = value("group_extra(x, 1, sector)", {"x": X}, SECTOR, mask=np.array([[True, False, True, True, True, True]]))
    assert alone[0, 2] == 1
