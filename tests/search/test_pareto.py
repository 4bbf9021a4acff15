import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lode.search.pareto import beaten, fronts

NUMBERS = st.lists(st.tuples(*[st.integers(0, 4)] * 3), max_size=12)


def dominates(one, other):
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if not (math.isnan(a) or math.isnan(b))]
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


def test_by_hand():
    members = np.array([(5, -3), (4, -1), (3, -3), (5, -4), (2, -4)], dtype=float)
    assert fronts(members).tolist() == [0, 0, 1, 1, 2]


def test_an_unknown_objective_does_not_count_between_two():
    members = np.array([(5, -3, math.nan), (4, -3, 0.0), (4, -3, -1.0)])
    assert fronts(members).tolist() == [0, 1, 2]


def test_no_members_have_no_fronts():
    assert fronts(np.empty((0, 3))).tolist() == []


@given(NUMBERS, st.sets(st.integers(0, 11)))
def test_each_front_is_what_nobody_left_dominates(numbers, unknown):
    members = [(a, b, math.nan if i in unknown else c) for i, (a, b, c) in enumerate(numbers)]
    left = dict(enumerate(members))
    expected = {}
    for front in range(len(members)):
        best = [i for i, one in left.items() if not any(dominates(other, one) for other in left.values())]
        expected |= dict.fromkeys(best, front)
        for i in best:
            del left[i]
    found = fronts(np.array(members, dtype=float).reshape(-1, 3))
    assert dict(enumerate(found.tolist())) == expected


def test_beaten_is_a_matrix():
    assert beaten(np.array([(2.0,), (1.0,)])).tolist() == [[False, True], [False, False]]
