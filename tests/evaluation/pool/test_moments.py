import numpy as np
import pytest

from lode.evaluation.ic import daily_rank_ic
from lode.evaluation.pool.moments import Moments
from tests.evaluation.pool.conftest import make_forward, make_values, ranked

ROWS = np.arange(150)


def test_the_target_is_the_rank_ic_and_the_gram_the_rank_correlation_where_all_is_known():
    values = make_values(3)
    forward = make_forward(values, {"m0": 0.3, "m2": -0.2})
    moments = Moments.of(ranked(values), forward)
    for at, each in enumerate(values.values()):
        np.testing.assert_allclose(moments.target[:, at], daily_rank_ic(each, forward), atol=1e-6)
        for other_at, other in enumerate(values.values()):
            np.testing.assert_allclose(moments.gram[:, at, other_at], daily_rank_ic(each, other), atol=1e-6)


def test_the_correlation_of_a_pool_is_that_of_its_signal_with_the_labels_ranks():
    values = make_values(3)
    forward = make_forward(values, {"m0": 0.3})
    for member, hole in (("m0", slice(0, 20)), ("m1", slice(10, 45))):
        values[member][:, hole] = np.nan
    forward[:, 50:] = np.nan
    ranks = ranked(values)
    weights = np.array([[0.5, -0.2, 0.3], [0.0, 0.0, 0.0]])
    found = Moments.of(ranks, forward).correlations(ROWS, weights)
    signal = next(ranks.signals([dict(zip(values, weights[0], strict=True))]))
    for t in ROWS[::10]:
        ranked_labels = np.argsort(np.argsort(forward[t, :50]))
        assert found[t, 0] == pytest.approx(np.corrcoef(signal[t, :50], ranked_labels)[0, 1], abs=1e-6)
    assert not found[:, 1].any()


def test_sessions_with_few_names_or_one_return_are_not_used():
    values = make_values(2)
    forward = make_forward(values, {"m0": 0.3})
    forward[3], forward[4] = np.nan, 1.0
    forward[5, 9:] = np.nan
    forward[6, 10:] = np.nan
    moments = Moments.of(ranked(values), forward, min_names=10)
    assert np.flatnonzero(~moments.used).tolist() == [3, 4, 5]
    assert not moments.gram[3:6].any()
    assert not moments.target[3:6].any()


def test_without_a_used_session_the_means_are_zero():
    values = make_values(2)
    moments = Moments.of(ranked(values), np.full((150, 60), np.nan, np.float32))
    gram, target = moments.over(ROWS)
    assert not gram.any()
    assert not target.any()
    assert moments.correlations(ROWS, np.ones((1, 2))).shape == (0, 1)
