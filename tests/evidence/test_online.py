import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.errors import DataError, UsageError
from lode.evidence.online import lord, lord_level

# The example of the R package onlineFDR: `LORD(sample.df, random=FALSE)`
P = [2.9e-8, 0.06743, 0.01514, 0.08174, 0.00171, 3.6e-5, 0.79149, 0.27201, 0.28295, 7.59e-8, 0.69274, 0.30443, 0.00136]
P += [0.72342, 0.54757]
LEVELS = [0.0002675839, 0.0024664457, 0.0005732818, 0.0004872805, 0.0004059066, 0.0003447286, 0.0029745013]
LEVELS += [0.0008450114, 0.0007305648, 0.0006243143, 0.0032185913, 0.0010617227, 0.0009256825, 0.0008019657]
LEVELS += [0.0007059610]
probabilities = st.lists(st.one_of(st.floats(0, 1), st.floats(0, 0.001)), max_size=40)


def test_agrees_with_the_example_of_onlinefdr():
    got = lord(P)
    np.testing.assert_allclose(got.levels, LEVELS, atol=5e-11)
    assert np.flatnonzero(got.found).tolist() == [0, 5, 9]


@given(probabilities, st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_discoveries_grow_with_alpha(p, first, second):
    small, large = (lord(p, alpha=alpha) for alpha in sorted((first, second)))
    assert (small.found <= large.found).all()
    assert (small.levels <= large.levels + 1e-15).all()


@given(probabilities, st.floats(0.001, 0.5))
def test_levels_add_up_to_at_most_alpha_per_discovery(p, alpha):
    got = lord(p, alpha=alpha)
    earned = alpha * np.maximum(1, np.cumsum(got.found))
    assert (np.cumsum(got.levels) <= earned * (1 + 1e-9)).all()


@given(probabilities, st.integers(0, 40))
def test_level_depends_on_the_past_only(p, stop):
    np.testing.assert_array_equal(lord(p).levels[:stop], lord(p[:stop]).levels)
    times = [t + 1 for t in np.flatnonzero(lord(p).found)]
    assert lord_level(len(p) + 1, times) == lord([*p, 1.0]).levels[-1]


def test_noise_is_found_at_most_as_often_as_stated():
    rng = np.random.default_rng(0)
    any_found = [lord(rng.random(200)).found.any() for _ in range(400)]
    assert np.mean(any_found) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)


def test_share_of_false_discoveries_stays_below_alpha_where_there_are_true_ones():
    rng = np.random.default_rng(1)
    false_share = []
    for _ in range(200):
        real = rng.random(200) < 0.2
        p = np.where(real, 1e-4 * rng.random(200), rng.random(200))
        found = lord(p).found
        false_share.append((found & ~real).sum() / max(1, found.sum()))
    assert np.mean(false_share) <= 0.05


def test_no_test_has_no_level_and_a_missing_p_takes_its_turn():
    assert lord([]).levels.shape == (0,)
    np.testing.assert_array_equal(lord([np.nan, 1e-9]).found, lord([1, 1e-9]).found)


def test_wrong_calls_are_refused():
    with pytest.raises(DataError):
        lord([1.5])
    for call in (
        lambda: lord([0.1], alpha=0),
        lambda: lord([0.1], alpha=0.05, wealth=0.06),
        lambda: lord_level(0, []),
        lambda: lord_level(3, [3]),
        lambda: lord_level(3, [1, 1]),
    ):
        with pytest.raises(UsageError):
            call()
