import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evaluation.simulation.weights import brain_weights, decayed

NAN = np.nan


def rows(*values):
    return np.array(values, dtype=np.float32)


def test_decay_by_hand():
    values = rows([1, 1], [2, NAN], [6, 4])
    # 3·6 + 2·2 + 1·1 over 6; the second name lacks the middle one: 3·4 + 1·1 over 4
    np.testing.assert_allclose(decayed(values, 3), [[1, 1], [(3 * 2 + 2 * 1) / 5, NAN], [23 / 6, 13 / 4]], rtol=1e-6)
    assert decayed(values, 0) is values
    assert decayed(values, 9).shape == values.shape


def test_weights_are_values_over_their_sum():
    np.testing.assert_allclose(brain_weights(rows([1, -2, 1, NAN], [0, 0, 0, 0])), [[0.25, -0.5, 0.25, 0], [0] * 4])


def test_name_without_price_has_no_order():
    got = brain_weights(rows([1, NAN, NAN]), quoted=np.array([[True, True, False]]))
    np.testing.assert_array_equal(got, rows([1, 0, NAN]))


def test_truncation_by_hand():
    # long .4, .08, .02 and short .5: the excess of the first goes to the other two, four to one, until both have room
    got = brain_weights(rows([40, 8, 2, -25, -25]), truncation=0.25)
    np.testing.assert_allclose(got, [[0.25, 0.2, 0.05, -0.25, -0.25]], rtol=1e-6)
    # a side of two names has room for .4 only
    np.testing.assert_allclose(brain_weights(rows([9, 1, -4, -3, -3]), truncation=0.2)[0, :2], [0.2, 0.2], rtol=1e-6)


@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.1, 0.3]))
def test_truncated_books_stay_within_the_limit_and_keep_their_sides(seed, most):
    values = np.random.default_rng(seed).standard_t(1.5, (4, 60)).astype(np.float32)
    plain, cut = brain_weights(values), brain_weights(values, truncation=most)
    assert np.abs(cut).max() <= most + 1e-6
    for sign in (1, -1):
        side, before = (np.clip(sign * book, 0, None) for book in (cut, plain))
        np.testing.assert_allclose(
            side.sum(axis=1), np.minimum(before.sum(axis=1), most * (before > 0).sum(axis=1)), rtol=1e-4
        )
        order = np.argsort(before, axis=1)
        assert (np.diff(np.take_along_axis(side, order, axis=1), axis=1) >= -1e-6).all()


def test_settings_out_of_range_are_usage_errors():
    with pytest.raises(UsageError, match="decay -1"):
        decayed(rows([1]), -1)
    with pytest.raises(UsageError, match=r"truncation 1\.5"):
        brain_weights(rows([1]), truncation=1.5)
