import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.evaluation.page.scales import Scale, bounds, label, ticks


def test_scale_by_hand():
    y = Scale(-1, 3, 100, 20)
    assert (y(-1), y(1), y(3)) == (100, 60, 20)
    np.testing.assert_array_equal(y.places(np.array([1, np.nan])), [60, np.nan])


@pytest.mark.parametrize(
    ("given_bounds", "expected"),
    [((0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]), ((-0.03, 0.05), [-0.02, 0, 0.02, 0.04]), ((-250, 10), [-200, -100, 0])],
)
def test_ticks_are_round(given_bounds, expected):
    assert ticks(*given_bounds) == pytest.approx(expected)


@given(st.floats(-1e3, 1e3), st.floats(1e-9, 1e9))
def test_ticks_lie_within_and_are_a_few(widths, width):
    low = widths * width
    marks = ticks(low, low + width)
    assert len(marks) <= 7
    assert all(low - 1e-6 * max(abs(low), width) <= mark <= low + width * 1.001 + 1e-6 * abs(low) for mark in marks)


def test_bounds_have_zero_and_are_apart():
    assert bounds(np.array([1, np.nan, 3.0])) == (0, 3)
    assert bounds(np.array([2.0, 2.0]), zero=False) == (1, 3)
    assert bounds() == (-1, 1)
    assert bounds(np.array([np.inf])) == (-1, 1)


def test_labels_have_the_digits_of_their_step():
    assert label(0.025, 0.025) == "0.025"
    assert label(0.5, 0.5, percent=True) == "50 %"
    assert label(0.0001, 0.0001, percent=True) == "0.01 %"
    assert label(-200, 100) == "-200"
