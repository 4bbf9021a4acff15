import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lode.errors import UsageError
from lode.evaluation.pool import MemberRanks, pool_signal
from tests.evaluation.pool.conftest import make_values, ranked

NAN = float("nan")
SMALL = arrays.arrays(
    np.float32, (3, 6), elements=st.sampled_from([NAN, -2.0, 0.0, 0.5, 1.0, 7.0]) | st.floats(-9, 9, width=32)
)


def plain(values, weights):
    """Σ w z, written out session by session and name by name."""
    shape = next(iter(values.values())).shape
    signal, covered = np.zeros(shape), np.zeros(shape, bool)
    for member, weight in weights.items():
        for t in range(shape[0]):
            row = values[member][t].astype(float)
            known = [i for i in range(shape[1]) if np.isfinite(row[i])]
            rank = {
                i: sum(row[j] < row[i] for j in known) + (sum(row[j] == row[i] for j in known) + 1) / 2 for i in known
            }
            middle = (len(known) + 1) / 2
            spread = np.sqrt(np.mean([(rank[i] - middle) ** 2 for i in known])) if known else 0
            for i in known:
                signal[t, i] += weight * (rank[i] - middle) / spread if spread else 0
                covered[t, i] |= weight != 0
    return np.where(covered, signal, np.nan)


@given(first=SMALL, second=SMALL, weight=st.sampled_from([-1.0, 0.0, 0.25, 3.0]))
def test_the_signal_is_the_weighted_sum_of_standardised_ranks(first, second, weight):
    values, weights = {"a": first, "b": second}, {"a": 1.0, "b": weight}
    np.testing.assert_allclose(pool_signal(values, weights), plain(values, weights), atol=1e-5)


def test_three_names_by_hand():
    signal = pool_signal({"a": np.array([[10.0, -1.0, 3.0]]), "b": np.array([[NAN, 2.0, 1.0]])}, {"a": 1, "b": -0.5})
    high = np.sqrt(1.5)  # ranks 3, 1, 2 have the deviation √(2/3); those of two names, 2 and 1, one half
    np.testing.assert_allclose(signal, [[high, -high - 0.5, 0.5]], rtol=1e-6)


def test_a_stretch_of_sessions_has_the_signal_that_it_has_within_the_whole():
    values, weights = make_values(3, sessions=1500, names=70), {"m0": 0.5, "m1": -0.2, "m2": 0.3}
    part = pool_signal({member: each[700:1203] for member, each in values.items()}, weights)
    np.testing.assert_array_equal(part, pool_signal(values, weights)[700:1203])


def test_several_pools_at_once_are_those_one_by_one():
    values = make_values(4)
    rng = np.random.default_rng(3)
    pools = [dict(zip(values, rng.standard_normal(4), strict=True)) for _ in range(19)]
    for found, weights in zip(ranked(values).signals(pools), pools, strict=True):
        np.testing.assert_allclose(found, pool_signal(values, weights), rtol=1e-5, atol=1e-6)


def test_a_name_that_no_member_with_a_weight_covers_has_no_signal():
    first, second = np.array([[1.0, 2.0, NAN, NAN]]), np.array([[NAN, 2.0, 1.0, NAN]])
    known = np.isfinite(pool_signal({"a": first, "b": second}, {"a": 1.0, "b": 0.0}))
    assert known.tolist() == [[True, True, False, False]]
    known = np.isfinite(pool_signal({"a": first, "b": second}, {"a": 1.0, "b": 1.0}))
    assert known.tolist() == [[True, True, True, False]]


def test_a_session_in_which_a_member_does_not_vary_says_nothing():
    constant, other = np.full((2, 5), 3.0), np.arange(10.0).reshape(2, 5)
    both = pool_signal({"a": constant, "b": other}, {"a": 9.0, "b": 1.0})
    np.testing.assert_array_equal(both, pool_signal({"b": other}, {"b": 1.0}))
    assert not pool_signal({"a": constant}, {"a": 1.0}).any()


def test_without_weights_there_is_no_signal():
    assert np.isnan(pool_signal(make_values(2), {})).all()
    assert np.isnan(pool_signal(make_values(2), {"m0": 0.0})).all()
    assert np.isnan(next(MemberRanks((4, 3)).signals([{}]))).all()


def test_a_member_can_be_taken_away():
    values = make_values(3)
    ranks, weights = ranked(values), {"m0": 1.0, "m1": 2.0, "m2": 3.0}
    less = next(ranks.without("m1").signals([weights]))
    np.testing.assert_array_equal(less, next(ranks.signals([weights | {"m1": 0.0}])))
    assert ranks.ids == ["m0", "m1", "m2"]


def test_ranks_of_more_names_than_two_bytes_count_are_exact():
    values = np.random.default_rng(0).permutation(40_000).astype(np.float32)[None]
    ranks = MemberRanks(values.shape)
    ranks.add("a", values)
    signal = next(ranks.signals([{"a": 1.0}]))
    np.testing.assert_allclose(signal[0], (values[0] - 19_999.5) / np.sqrt((40_000**2 - 1) / 12), atol=1e-6)


def test_what_does_not_fit_is_refused():
    ranks = MemberRanks((3, 4))
    ranks.add("a", np.zeros((3, 4)))
    with pytest.raises(UsageError, match="a is in the pool already"):
        ranks.add("a", np.zeros((3, 4)))
    with pytest.raises(UsageError, match=r"values of b of shape \(4, 3\): the pool's are \(3, 4\)"):
        ranks.add("b", np.zeros((4, 3)))
    with pytest.raises(UsageError, match="no values of b"):
        pool_signal({"a": np.zeros((3, 4))}, {"a": 1.0, "b": 1.0})
    with pytest.raises(UsageError, match="at least one member"):
        pool_signal({}, {})
