import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lode.errors import UsageError
from lode.evidence.overfitting import probability_of_overfitting


def noise(seed, sessions=1000, strategies=200):
    return np.random.default_rng(seed).standard_normal((sessions, strategies))


def by_the_steps(returns, blocks):
    """The four steps of the paper, split by split."""
    parts = np.split(returns, blocks)
    logits, inside, outside = [], [], []
    for half in combinations(range(blocks), blocks // 2):
        sample = np.concatenate([parts[i] for i in half])
        held = np.concatenate([parts[i] for i in range(blocks) if i not in half])
        ratios, others = (part.mean(axis=0) / part.std(axis=0, ddof=1) for part in (sample, held))
        best = ratios.argmax()
        omega = stats.rankdata(others)[best] / (returns.shape[1] + 1)
        logits.append(math.log(omega / (1 - omega)))
        inside.append(ratios[best])
        outside.append(others[best])
    return np.array(logits), np.array(inside), np.array(outside)


@given(st.integers(0, 10_000), st.sampled_from([2, 4, 6]))
@settings(max_examples=15, deadline=None)
def test_agrees_with_the_steps_of_the_paper(seed, blocks):
    returns = noise(seed, 60, 7) * 10.0 ** np.arange(-3, 4) + 5
    got = probability_of_overfitting(returns, blocks=blocks)
    logits, inside, outside = by_the_steps(returns, blocks)
    np.testing.assert_allclose(got.logits, logits)
    np.testing.assert_allclose(got.in_sample, inside)
    np.testing.assert_allclose(got.held_out, outside)
    assert got.pbo == (logits <= 0).mean()
    assert got.loss == (outside < 0).mean()
    if blocks > 2:
        assert got.slope == pytest.approx(np.polyfit(inside, outside, 1)[0])


def test_noise_has_a_pbo_of_one_half():
    found = [probability_of_overfitting(noise(seed, 320, 50), blocks=8).pbo for seed in range(200)]
    assert np.mean(found) == pytest.approx(0.5, abs=3 * np.std(found) / math.sqrt(200))


def test_noise_of_the_published_size_lies_where_it_was_seen():
    # science.md: .476 ± .137 at N = 200, T = 1000, S = 16
    found = [probability_of_overfitting(noise(seed)).pbo for seed in range(5)]
    assert np.mean(found) == pytest.approx(0.476, abs=3 * 0.137 / math.sqrt(5))


def test_edge_of_one_strategy_has_a_pbo_near_zero():
    returns = noise(1)
    returns[:, 17] += 0.25
    got = probability_of_overfitting(returns)
    assert got.logits.shape == (12_870,)
    assert got.pbo <= 0.005
    assert got.loss < 0.01


@given(st.integers(0, 1000), st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_order_of_the_strategies_does_not_matter(seed, random):
    returns = noise(seed, 100, 9)
    places = list(range(9))
    random.shuffle(places)
    one, shuffled = (probability_of_overfitting(r, blocks=6) for r in (returns, returns[:, places]))
    np.testing.assert_allclose(one.logits, shuffled.logits)


def test_splits_in_chunks_agree_with_the_whole(monkeypatch):
    whole = probability_of_overfitting(noise(1, 100, 9), blocks=8)
    monkeypatch.setattr("lode.evidence.overfitting._CHUNK_CELLS", 100)
    np.testing.assert_allclose(probability_of_overfitting(noise(1, 100, 9), blocks=8).logits, whole.logits)


def test_sessions_with_holes_and_strategies_that_do_not_vary_are_left_out():
    returns = noise(2, 130, 5)
    gappy = np.insert(returns, [50, 60], np.nan, axis=0)
    more = np.column_stack([gappy, np.full(132, 0.1)])
    expected = probability_of_overfitting(returns[2:], blocks=4)
    np.testing.assert_allclose(probability_of_overfitting(more, blocks=4).logits, expected.logits)


def test_strategy_that_rests_in_a_half_is_not_chosen_there():
    returns = noise(3, 80, 3)
    returns[:40, 0], returns[40:, 0] = 0.0, 5 + 0.01 * returns[40:, 0]
    got = probability_of_overfitting(returns, blocks=2)
    assert np.isfinite(got.logits).all()
    np.testing.assert_array_equal(np.isfinite(got.held_out), [True, False])  # in the first half it rests
    assert got.logits[1] == pytest.approx(math.log((1 / 4) / (3 / 4)))


@pytest.mark.parametrize(
    "returns",
    [
        noise(0, 100, 1),
        noise(0, 31, 5),
        np.ones((100, 5)),
        np.full((100, 5), np.nan),
        np.empty((0, 5)),
        np.empty((100, 0)),
        noise(0, 1, 5),
    ],
)
def test_too_little_has_no_pbo(returns):
    got = probability_of_overfitting(returns)
    assert math.isnan(got.pbo)
    assert got.logits.size == 0


@pytest.mark.parametrize("blocks", [0, 3, 22])
def test_number_of_blocks_is_checked(blocks):
    with pytest.raises(UsageError):
        probability_of_overfitting(noise(0, 100, 5), blocks=blocks)
    with pytest.raises(UsageError):
        probability_of_overfitting(np.ones(100))
