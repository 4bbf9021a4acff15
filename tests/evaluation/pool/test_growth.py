import math

import pytest

from lode.evaluation.pool import MemberRanks, Training, fit_pool, growth_of, judged
from lode.evaluation.pool import growth as module
from tests.evaluation.pool.conftest import make_forward, make_training, make_values, outcomes_of, ranked

PLANTED = {"m0": 0.3, "m1": 0.25, "m2": 0.0, "m3": -0.2}


@pytest.fixture(scope="module")
def sides():
    """A training, and the same members with their outcomes on other sessions."""
    values, others = make_values(4), make_values(4, seed=6)
    training = make_training(values, make_forward(values, PLANTED))
    return training, ranked(others), outcomes_of(make_forward(others, PLANTED, seed=7))


@pytest.mark.parametrize("method", ["ridge", "nonnegative", "rank_average"])
def test_every_size_and_every_member_less_is_a_pool_of_its_own(sides, method):
    training, ranks, outcomes = sides
    growth = growth_of(training, method, ranks, outcomes)
    for size in range(1, 5):
        alone = judged(fit_pool(training, method, training.ranks.ids[:size]).signal(ranks), outcomes).rank_ic
        assert growth.rank_ic[size] == pytest.approx(alone, abs=1e-9)
    for member in training.ranks.ids:
        rest = [other for other in training.ranks.ids if other != member]
        alone = judged(fit_pool(training, method, rest).signal(ranks), outcomes).rank_ic
        assert growth.without[member] == pytest.approx(alone, abs=1e-9)


def test_members_that_predict_add_and_one_that_does_not_adds_nothing(sides):
    growth = growth_of(sides[0], "ridge", *sides[1:])
    assert growth.rank_ic[1] < growth.rank_ic[2] < growth.rank_ic[4]
    adds = {member: growth.rank_ic[4] - without for member, without in growth.without.items()}
    assert min(adds["m0"], adds["m1"], adds["m3"]) > 0.02
    assert abs(adds["m2"]) < 0.005


def test_one_member_and_none():
    values = make_values(1)
    forward = make_forward(values, {"m0": 0.5})
    growth = growth_of(make_training(values, forward), "ridge", ranked(values), outcomes_of(forward))
    assert list(growth.rank_ic) == [1]
    assert growth.rank_ic[1] > 0.3
    assert math.isnan(growth.without["m0"])
    nobody = MemberRanks(forward.shape)
    growth = growth_of(Training(nobody, forward), "ridge", nobody, outcomes_of(forward))
    assert (growth.rank_ic, growth.without) == ({}, {})


@pytest.mark.parametrize(
    ("members", "sizes"),
    [(0, []), (1, [1]), (2, [1, 2]), (4, [1, 2, 4]), (10, [1, 2, 5, 10]), (40, [1, 2, 5, 10, 20, 40])],
)
def test_trees_are_refitted_at_round_sizes(members, sizes):
    assert module._sizes(members) == sizes
