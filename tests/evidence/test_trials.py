import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evidence.trials import effective_trials


def families(seed, sizes, sessions=500, noise=0.5):
    """Score series in families that share one series each; within a family ρ = 1 / (1 + noise²)."""
    rng = np.random.default_rng(seed)
    return np.column_stack(
        [rng.standard_normal(sessions)[:, None] + noise * rng.standard_normal((sessions, size)) for size in sizes]
    )


@given(st.integers(0, 10_000), st.lists(st.integers(1, 6), min_size=1, max_size=8))
@settings(max_examples=20, deadline=None)
def test_each_planted_family_counts_once(seed, sizes):
    got = effective_trials(families(seed, sizes))
    assert (got.raw, got.clusters) == (sum(sizes), len(sizes))
    assert got.labels.tolist() == [family for family, size in enumerate(sizes) for _ in range(size)]


def test_independent_series_all_count():
    for seed in range(3):
        scores = np.random.default_rng(seed).standard_normal((250, 300))
        got = effective_trials(scores)
        assert got.clusters == 300
        assert 280 <= got.participation <= 300


def test_copies_and_negatives_are_one_trial():
    series = np.random.default_rng(0).standard_normal(100)
    got = effective_trials(np.column_stack([series, -series, 3 * series + 1]))
    assert (got.raw, got.clusters) == (3, 1)
    assert got.participation == pytest.approx(1)


def test_participation_is_that_of_the_eigenvalues():
    scores = families(1, [5, 3, 1], sessions=20_000)
    values = np.linalg.eigvalsh(np.corrcoef(scores.T))
    assert effective_trials(scores).participation == pytest.approx(values.sum() ** 2 / (values**2).sum(), rel=0.01)
    wide = families(2, [20] * 10, sessions=60)  # more series than sessions: chance alone would make it far fewer
    # families of m and ρ: N / (1 + (m - 1) ρ²) = 200 / (1 + 19 · .64)
    assert effective_trials(wide).participation == pytest.approx(200 / (1 + 19 * 0.64), rel=0.15)


@given(st.integers(0, 1000), st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_order_of_the_trials_does_not_matter(seed, random):
    scores = families(seed, [3, 2, 4, 1], noise=1.0)
    places = list(range(10))
    random.shuffle(places)
    one, shuffled = effective_trials(scores), effective_trials(scores[:, places])
    assert one.clusters == shuffled.clusters
    assert one.participation == pytest.approx(shuffled.participation)
    same = one.labels[:, None] == one.labels
    np.testing.assert_array_equal(shuffled.labels[:, None] == shuffled.labels, same[np.ix_(places, places)])


def test_higher_threshold_leaves_more_apart():
    scores = families(3, [4, 4], noise=1.0)  # ρ = .5
    assert effective_trials(scores, min_correlation=0.3).clusters == 2
    assert effective_trials(scores, min_correlation=0.9).clusters == 8


def test_series_that_do_not_vary_count_in_the_raw_number_only():
    scores = np.column_stack([families(4, [2]), np.full(500, 0.1)])
    scores = np.insert(scores, 7, np.nan, axis=0)
    got = effective_trials(scores)
    assert (got.raw, got.clusters, got.labels.tolist()) == (3, 1, [0, 0, -1])


def test_one_trial_is_one():
    got = effective_trials(families(5, [1]))
    assert (got.raw, got.clusters, got.participation) == (1, 1, 1)


@pytest.mark.parametrize(
    "scores", [np.ones((100, 3)), np.full((100, 3), np.nan), families(0, [3], 19), np.ones((0, 3))]
)
def test_too_little_has_no_effective_number(scores):
    got = effective_trials(scores)
    assert (got.raw, got.clusters) == (3, None)
    assert math.isnan(got.participation)


def test_too_many_are_not_clustered(monkeypatch):
    monkeypatch.setattr("lode.evidence.trials.MOST_CLUSTERED", 3)
    got = effective_trials(families(6, [4]))
    assert got.clusters is None
    assert got.participation == pytest.approx(4 / (1 + 3 * 0.64), rel=0.15)


def test_wrong_calls_are_usage_errors():
    with pytest.raises(UsageError):
        effective_trials(np.ones(10))
    with pytest.raises(UsageError):
        effective_trials(np.ones((10, 2)), min_correlation=1)
