import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.evidence.multiplicity import multiplicity


def families(seed, count, size, sessions=500):
    """Daily scores of `count` ideas, each tried in `size` forms that correlate by .8."""
    rng = np.random.default_rng(seed)
    ideas = rng.standard_normal((sessions, count, 1)) + 0.5 * rng.standard_normal((sessions, count, size))
    return ideas.reshape(sessions, -1)


@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(2, 8))
@settings(max_examples=20, deadline=None)
def test_a_sample_tells_of_all_trials(seed, count, size):
    scores = families(seed, count, size)
    r2 = 0.64 * (size - 1) / (count * size - 1)  # of two trials, the share that are of one idea
    got = multiplicity(scores, 10_000)
    assert got.sampled == count * size
    assert got.effective == pytest.approx(10_000 / (1 + 9_999 * r2), rel=0.5)


def test_a_sample_without_likeness_tells_of_independent_trials():
    for seed in range(3):
        assert 3_000 < multiplicity(families(seed, 120, 1), 10_000).effective <= 10_000


def test_the_same_idea_ten_thousand_times_is_one_trial():
    series = np.random.default_rng(0).standard_normal((300, 1))
    assert multiplicity(np.tile(series, 20), 10_000).effective == pytest.approx(1)


def test_choosing_among_noise_overfits_as_often_as_not():
    pbo = [multiplicity(np.random.default_rng(seed).standard_normal((600, 60)), 60).pbo for seed in range(20)]
    assert np.mean(pbo) == pytest.approx(0.5, abs=0.12)


@pytest.mark.parametrize("sign", [1, -1])
def test_choosing_what_holds_does_not_overfit_in_either_direction(sign):
    scores = np.random.default_rng(1).standard_normal((600, 60))
    scores[:, 7] += 0.4 * sign
    assert multiplicity(scores, 60).pbo < 0.01


def test_missing_scores_do_not_drop_the_others():
    rng = np.random.default_rng(2)
    scores = rng.standard_normal((400, 30))
    whole = multiplicity(scores, 30)
    scores = np.column_stack([np.full(400, np.nan), np.where(rng.random(400) < 0.5, np.nan, 1.0), scores])
    lead = np.full((60, 32), np.nan)
    assert multiplicity(np.vstack([lead, scores]), 30) == whole


def test_nothing_to_judge_is_nan():
    for scores in (np.empty((0, 0)), np.full((100, 3), np.nan), np.zeros((100, 3)), np.ones((5, 2))):
        got = multiplicity(scores, 3)
        assert math.isnan(got.effective)
        assert math.isnan(got.pbo)
