import numpy as np
import pytest

from lode.errors import UsageError
from lode.evaluation import newey_west_t
from lode.evaluation.ic import daily_rank_ic
from lode.evaluation.styles import market_beta
from lode.evidence.leaks.shifted import demeaned_by_name
from lode.evidence.null_market import LEAST_SHIFT, null_labels, null_shifts, planted_labels

SESSIONS, NAMES, TAIL = 900, 60, 2


@pytest.fixture(scope="module")
def own():
    """Labels with a market, betas apart, and name means so large that a static factor is significant."""
    rng = np.random.default_rng(1)
    market = 0.01 * rng.standard_normal((SESSIONS, 1)) + 0.001
    beta, mean = np.linspace(0.5, 1.5, NAMES), np.linspace(-0.004, 0.004, NAMES)
    labels = (market * beta + mean + 0.015 * rng.standard_normal((SESSIONS, NAMES))).astype(np.float32)
    labels[-TAIL:] = np.nan
    return labels


@pytest.fixture(scope="module")
def null(own):
    return null_labels(own, 300, tail=TAIL)


def t_of(values, labels):
    return newey_west_t(daily_rank_ic(values.astype(np.float32), labels)).t


def test_means_go_deviations_and_correlations_stay(own, null):
    assert np.abs(np.nanmean(null, axis=0)).max() < 1e-7
    assert np.nanstd(null, axis=0) == pytest.approx(np.nanstd(own, axis=0), rel=1e-5)
    before, after = (np.corrcoef(labels[:-TAIL], rowvar=False) for labels in (own, null))
    assert after == pytest.approx(before, abs=1e-5)
    assert np.isnan(null[-TAIL:]).all()


def test_labels_move_together_and_around(own, null):
    whole = demeaned_by_name(own[:-TAIL])
    assert (null[300] == whole[0]).all()
    assert (null[0] == whole[-300]).all()


def test_factors_without_content_are_significant_before_and_not_after(own, null):
    static = np.broadcast_to(np.linspace(-1, 1, NAMES), own.shape)
    beta = market_beta(np.nan_to_num(own))
    assert t_of(static, own) > 20
    for shift in (252, 300, 500):
        labels = null_labels(own, shift, tail=TAIL)
        assert abs(t_of(static, labels)) < 2
        assert abs(t_of(beta, labels)) < 2.5


@pytest.mark.parametrize("shift", [0, 251, SESSIONS - TAIL - 251])
def test_a_shift_that_is_too_near_is_refused(own, shift):
    with pytest.raises(UsageError, match="takes 506 sessions; this panel has 900"):
        null_labels(own, shift, tail=TAIL)


def test_shifts_are_far_and_differ_while_they_can():
    shifts = null_shifts(600, 200, tail=TAIL, rng=np.random.default_rng(0))
    allowed = 600 - TAIL - 2 * LEAST_SHIFT + 1
    assert len(shifts) == 200
    assert min(shifts) == LEAST_SHIFT
    assert max(shifts) == 600 - TAIL - LEAST_SHIFT
    assert len(set(shifts[:allowed])) == allowed
    assert null_shifts(506, 2, tail=TAIL, rng=np.random.default_rng(0)) == [252, 252]
    with pytest.raises(UsageError, match="506 sessions; this panel has 505"):
        null_shifts(505, 2, tail=TAIL, rng=np.random.default_rng(0))


def test_what_is_planted_has_its_rank_ic_and_the_old_deviation(null):
    values = np.random.default_rng(2).standard_normal(null.shape).astype(np.float32)
    values[:, 7] = np.nan
    before = daily_rank_ic(values, null)
    for rank_ic in (0.02, 0.08):
        labels = planted_labels(null, values, rank_ic)
        after = daily_rank_ic(values, labels)
        assert np.nanmean(after) - np.nanmean(before) == pytest.approx(rank_ic, abs=1e-3)
        assert np.nanstd(after) == pytest.approx(np.nanstd(before), rel=0.03)
        assert np.array_equal(labels[:, 7], null[:, 7], equal_nan=True)
    assert np.array_equal(planted_labels(null, values, 0), null, equal_nan=True)


def test_what_cannot_be_planted_is_refused(null):
    with pytest.raises(UsageError, match=r"allowed are 0 to 0\.3"):
        planted_labels(null, null, 0.4)
    with pytest.raises(UsageError, match="cannot be planted"):
        planted_labels(null, np.zeros_like(null), 0.1)
