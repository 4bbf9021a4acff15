from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.growth import Growth, chain, exponent
from lode.language import lookback, parse


@given(st.floats(-2, 3), st.floats(0.01, 100))
def test_the_exponent_of_a_power_comes_back(power, factor):
    values = (10, 20, 40, 80)
    assert exponent(values, [factor * value**power for value in values]) == pytest.approx(power, abs=1e-9)


def test_the_exponent_by_hand():
    # four times as much for twice the names: the square; constant: nothing
    assert exponent((1, 2), (3, 12)) == pytest.approx(2)
    assert exponent((1, 2, 4), (7, 7, 7)) == pytest.approx(0)


@pytest.mark.parametrize(("values", "measured"), [((1,), (1,)), ((1, 1), (1, 2)), ((1, 2), (0, 1))])
def test_no_exponent_where_no_line_can_be_laid(values, measured):
    assert math.isnan(exponent(values, measured))


def test_time_and_memory_grow_apart():
    growth = Growth("x", "names", (1, 2), (1.0, 2.0), (5.0, 5.0))
    assert growth.time_exponent == pytest.approx(1)
    assert growth.memory_exponent == pytest.approx(0)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_chain_has_as_many_operators(size):
    expr = parse(chain(size))
    assert str(expr).count("ts_") == size
    assert lookback(expr) >= size
