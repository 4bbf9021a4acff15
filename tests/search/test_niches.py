import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.search.niches import ALIKE, LEAST_T, Niches


def behaviours(seed, count, stretches=128):
    return np.random.default_rng(seed).standard_normal((count, stretches)).astype(np.float32)


def holding(*found):
    niches = Niches()
    for key, behaviour in enumerate(found):
        assert niches.take(str(key), 8.0, behaviour)
    return niches


def test_the_better_of_two_alike_is_the_head_whatever_its_sign():
    first = behaviours(0, 1)[0]
    second = -first + 0.3 * behaviours(1, 1)[0]
    niches = Niches()
    assert niches.take("first", 5.0, first)
    assert niches.take("second", -6.0, second)
    assert not niches.take("third", 5.5, first)
    assert [head.key for head in niches.heads] == ["second"]
    niche, added = niches.place([first, behaviours(2, 1)[0]])
    assert niche.tolist() == [0, -1]
    assert math.isnan(added[0])
    assert math.isfinite(added[1])


def test_what_chance_gives_is_no_head():
    niches = Niches()
    assert not niches.take("weak", LEAST_T - 0.1, behaviours(0, 1)[0])
    assert not niches.take("nothing", math.nan, behaviours(0, 1)[0])
    assert not niches.take("racing dropped it", 9.0, np.empty(0, np.float32))
    assert not niches.take("constant", 9.0, np.ones(128, np.float32))
    assert niches.heads == []
    assert niches.place([behaviours(0, 1)[0]])[0].tolist() == [-1]


@given(st.integers(0, 1000), st.integers(1, 12))
@settings(max_examples=20)
def test_heads_differ_and_stand_in_order(seed, count):
    shared = behaviours(seed, 3)
    rng = np.random.default_rng(seed)
    niches = Niches()
    for number in range(count):
        mixed = shared[number % 3] + rng.uniform(0, 1.5) * behaviours(seed + number + 1, 1)[0]
        niches.take(str(number), rng.uniform(3, 9), mixed)
    sizes = [head.t for head in niches.heads]
    assert sizes == sorted(sizes, reverse=True)
    if len(sizes) > 1:
        alike = np.abs(np.corrcoef([head.behaviour for head in niches.heads])) - np.eye(len(sizes))
        assert alike.max() < ALIKE
    other = Niches()
    other.restore(niches.state())
    assert other.state() == niches.state()


def test_a_sum_of_heads_adds_nothing_and_a_new_idea_all():
    *found, new = behaviours(3, 4) + np.float32(0.7)
    mixed = sum(found) / 3 + 0.05 * behaviours(4, 1)[0]
    niche, added = holding(*found).place([mixed, new])
    assert niche.tolist() == [-1, -1]
    assert abs(added[0]) < 3 < added[1]


def test_missing_stretches_do_not_decide():
    first, second = behaviours(7, 2)
    gaps = first.copy()
    gaps[:40] = np.nan
    niche, _ = holding(first).place([gaps, second, np.full(128, np.nan, np.float32), first[:60]])
    assert niche.tolist() == [0, -1, -1, -1]
