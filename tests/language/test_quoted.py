from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.language import quoted
from lode.language.quoted import QuotedError


@pytest.mark.parametrize(
    ("spelling", "text", "edges"),
    [
        ("buckets", "2,5,6,7,10", (2, 5, 6, 7, 10)),
        ("buckets", " 0.2 0.5   0.7", (0.2, 0.5, 0.7)),
        ("buckets", "-1e-3, 0, +1.5", (-0.001, 0, 1.5)),
        ("buckets", "3", (3,)),
        ("range", "0, 1, 0.25", (0, 0.25, 0.5, 0.75, 1)),
        ("range", "0.1, 1, 0.1", (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)),
        ("range", "0,1,0.4", (0, 0.4, 0.8, 1)),
        ("range", "0,3,5", (0, 3)),
    ],
)
def test_edges(spelling, text, edges):
    assert quoted.edges(spelling, text) == edges


@pytest.mark.parametrize(
    ("spelling", "text", "offset", "said"),
    [
        ("buckets", "", 0, "0 edges; 1 to 1001 are needed"),
        ("buckets", "1, 3, 2", 6, "edges must rise, and 2 follows 3"),
        ("buckets", "1, 1", 3, "edges must rise"),
        ("buckets", "1, nan", 3, "`nan` is no number"),
        ("buckets", "1, 1e999", 3, "`1e999` is no number"),
        ("buckets", "1_0", 0, "`1_0` is no number"),
        ("range", "0, 1", 0, "three numbers are needed"),
        ("range", "1, 0, 0.1", 3, "the stop must be above the start, 1, not 0"),
        ("range", "0, 1, 0", 6, "the step must be above 0, not 0"),
        ("range", "0, 1, 1e-9", 6, "1000000000 buckets; there are at most 1000"),
        ("range", "1e13, 1.0000000000001e13, 0.1", 26, "is lost beside"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(spelling, text, offset, said):
    with pytest.raises(QuotedError, match=said) as caught:
        quoted.edges(spelling, text)
    assert caught.value.offset == offset


@given(st.lists(st.floats(-1e6, 1e6).map(lambda x: float(f"{x:.9g}") + 0.0), min_size=1, max_size=8, unique=True))
def test_edges_read_as_they_are_written(values):
    edges = tuple(sorted(values))
    assert quoted.edges(*quoted.spelling_of(edges)) == edges


@given(st.integers(-50, 50), st.integers(1, 40), st.sampled_from([0.1, 0.25, 0.3, 1.0]))
def test_even_edges_are_written_as_a_range(start, count, step):
    edges = quoted.edges("range", f"{start / 10}, {start / 10 + count * step:.12g}, {step}")
    spelling, text = quoted.spelling_of(edges)
    assert spelling == ("range" if len(edges) > 3 else "buckets")
    assert quoted.edges(spelling, text) == edges


def test_what_is_ignored():
    assert quoted.left_out("NAN") == ()
    assert quoted.left_out("NAN 0") == (0,)
    assert quoted.left_out("0 nan, -1") == (0, -1)
    with pytest.raises(QuotedError, match="missing values are always passed over"):
        quoted.left_out("0")


def test_a_thousand_buckets_are_the_most():
    edges = quoted.edges("range", "0, 1, 0.001")
    assert len(edges) == 1001
    assert quoted.spelling_of(edges) == ("range", "0, 1, 0.001")
