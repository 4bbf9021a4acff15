import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.evidence.spanning import Contenders, charge, spanning_set

ERROR = 0.005


def contenders(weights, rank_ics, sizes):
    """Candidates that are mixtures of independent things, each of a known rank IC."""
    weights = np.array(weights, float)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    rank_ic = weights @ np.array(rank_ics, float)
    return Contenders(rank_ic, rank_ic / ERROR, np.array(sizes), weights @ weights.T)


def test_parts_stand_and_their_mixtures_do_not():
    parts = np.eye(3)
    mixtures = [[1, 1, 0], [1, 1, 1], [0, 1, 1], [1, -1, 0.5]]
    field = contenders([*mixtures, *parts], [0.06, 0.05, 0.04], [7, 9, 7, 9, 3, 3, 4])
    assert abs(field.t[1]) > abs(field.t).max() - 1e-9
    assert spanning_set(field, 40) == [4, 5, 6]


def test_a_mixture_stands_for_a_part_that_nobody_proposed():
    field = contenders([[1, 0], [1, 1]], [0.09, 0.03], [3, 7])
    assert spanning_set(field, 40) == [0, 1]
    assert spanning_set(field, 1) == [0]


def test_a_part_that_its_others_hide_is_found():
    """Its own rank IC is nothing, since it comes with the opposite of something stronger."""
    field = contenders([[1, 0], [-0.7, 0.714]], [0.05, 0.05], [3, 3])
    assert abs(field.t[1]) < 1
    assert sorted(spanning_set(field, 40)) == [0, 1]


def test_the_plain_form_of_an_idea_goes_before_its_variants():
    field = contenders([[1, 0.2], [1, 0], [1, 0.5]], [0.05, 0.0], [5, 4, 4])
    assert spanning_set(field, 40) == [1]


def test_what_is_added_is_told_beside_the_other_members():
    field = contenders([[1, 0], [0, 1], [1, 1], [1, 0.001]], [0.06, 0.04], [3, 3, 7, 5])
    added = field.added_t([0, 1])
    assert added[:2] == pytest.approx(field.t[:2], rel=0.01)  # the two are independent: each adds all of itself
    assert np.abs(added[2:]).max() < 0.2  # a mixture and a copy add nothing
    assert field.added_t([]) == pytest.approx(field.t)


def test_what_its_others_hide_adds_in_the_sign_of_its_own_part():
    field = contenders([[1, 0], [-0.9, 0.436]], [0.05, 0.05], [3, 3])
    assert field.rank_ic[1] < 0 < field.added_t([0, 1])[1]


def test_what_a_rank_ic_of_nothing_adds_is_not_known():
    field = Contenders(np.array([0.05, 0.0]), np.array([10.0, 0.0]), np.array([3, 3]), np.eye(2))
    assert np.isnan(field.added_t([0])).tolist() == [False, True]


@pytest.mark.parametrize(("size", "least"), [(3, 3.2), (9, 4.7)])
def test_the_charge_grows_with_the_nodes(size, least):
    def alone(t):
        return Contenders(np.array([t * ERROR]), np.array([t]), np.array([size]), np.eye(1))

    assert spanning_set(alone(least + 0.1), 40) == [0]
    assert spanning_set(alone(least - 0.1), 40) == []
    assert np.sqrt(charge(np.array([size])))[0] == pytest.approx(least, abs=0.05)


@given(st.integers(0, 5000), st.integers(1, 40), st.integers(1, 12))
def test_every_member_adds_more_than_it_costs_whatever_the_field(seed, count, most):
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal((count, 5)) + 3 * np.eye(5)[rng.integers(0, 5, count)]
    field = contenders(weights, rng.uniform(-0.06, 0.06, 5), rng.integers(1, 12, count))
    chosen = spanning_set(field, most)
    assert len(chosen) <= most
    assert len(set(chosen)) == len(chosen)
    for place in chosen:
        assert field.worth([other for other in chosen if other != place])[place] > 0
    assert chosen == sorted(chosen, key=lambda place: (-abs(field.t[place]), place))


def test_partial_rank_ic_is_that_of_least_squares():
    rng = np.random.default_rng(3)
    cells = rng.standard_normal((4000, 3)) @ np.array([[1, 0.5, 0.3], [0, 1, 0.4], [0, 0, 1]])
    cells = (cells - cells.mean(axis=0)) / cells.std(axis=0)
    outcome = cells @ [0.3, -0.2, 0.4] + rng.standard_normal(4000)
    outcome = (outcome - outcome.mean()) / outcome.std()
    rank_ic, likeness = cells.T @ outcome / 4000, cells.T @ cells / 4000
    field = Contenders(rank_ic, rank_ic / ERROR, np.array([1, 1, 1]), likeness)
    rest = cells[:, 2] - cells[:, :2] @ np.linalg.lstsq(cells[:, :2], cells[:, 2], rcond=None)[0]
    partial = float(rest @ outcome / 4000 / rest.std())
    assert field.worth([0, 1])[2] == pytest.approx((partial / ERROR) ** 2 - 6, rel=0.01)
