import numpy as np
import pytest

from lode.evaluation import forward_returns, newey_west_t
from lode.evaluation.ic import daily_rank_ic
from lode.evidence.leaks import check_shifted_labels, report_knowledge_shift
from lode.evidence.leaks.shifted import demeaned_by_name
from tests.evidence.conftest import make_panel

TIMING = {"horizon": 1, "delay": 1, "min_names": 10}


def market(seed, *, sessions=500, names=40, drift=0.0):
    rng = np.random.default_rng(seed)
    returns = 0.02 * rng.standard_normal((sessions, names)) + drift * np.linspace(-1, 1, names)
    return make_panel(np.exp(np.cumsum(returns, axis=0)))


def oracle(panel):
    """The label itself, with noise: as good as a factor can be."""
    labels = forward_returns(panel)
    return labels + 0.02 * np.random.default_rng(9).standard_normal(labels.shape).astype(np.float32)


def check(panel, values, lookback=5, seed=0):
    return check_shifted_labels(panel, values, lookback=lookback, **TIMING, rng=np.random.default_rng(seed))


def test_good_factor_does_not_predict_shifted_labels():
    panel = market(0)
    values = oracle(panel)
    assert newey_west_t(daily_rank_ic(values, forward_returns(panel))).t > 20
    for seed in range(10):
        assert check(panel, values, seed=seed).outcome == "passed"


def test_static_factor_passes_since_each_names_mean_is_removed():
    panel = market(1, drift=0.01)
    static = np.tile(np.linspace(-1, 1, 40, dtype=np.float32), (500, 1))
    assert newey_west_t(daily_rank_ic(static, forward_returns(panel))).t > 10
    assert check(panel, static).outcome == "passed"


def test_values_that_match_labels_at_any_distance_fail():
    panel = market(2)
    cycle = np.sin(np.arange(40))  # every name repeats the same two-session cycle, whatever the shift
    returns = 0.02 * np.where(np.arange(500)[:, None] % 2, cycle, -cycle)
    noise = 0.001 * np.random.default_rng(0).standard_normal((500, 40))
    panel = make_panel(np.exp(np.cumsum(returns + noise, axis=0)))
    assert check(panel, forward_returns(panel)).outcome == "failed"


def test_panel_too_short_for_the_lookback_is_not_checkable():
    found = check(market(3), oracle(market(3)), lookback=200)
    assert (found.outcome, "lookback of 200 needs 523" in found.detail) == ("not checkable", True)
    assert check(market(3, sessions=3), np.zeros((3, 40), np.float32)).outcome == "not checkable"


def test_shifts_are_longer_than_lookback_plus_60_both_ways():
    for seed in range(20):
        detail = check(market(4), oracle(market(4)), lookback=100, seed=seed).detail
        shifts = [int(s) for s in detail.split("shifts of ")[1].removesuffix(" sessions").split(", ")]
        assert all(160 < s < 498 - 160 for s in shifts)


def test_constant_values_are_not_checkable():
    assert check(market(5), np.ones((500, 40), np.float32)).outcome == "not checkable"
    assert check(market(5), np.full((500, 40), np.nan, np.float32)).outcome == "not checkable"


def test_demeaning_leaves_each_name_with_mean_zero():
    labels = np.array([[1, 2], [3, np.nan], [5, 4]], dtype=np.float32)
    np.testing.assert_array_equal(demeaned_by_name(labels), [[-2, -1], [0, np.nan], [2, 1]])
    assert np.isnan(demeaned_by_name(np.full((3, 2), np.nan, np.float32))).all()


def test_knowledge_shift_reports_both_rank_ics():
    panel = market(6)
    report = report_knowledge_shift(panel, forward_returns(panel), **TIMING)
    assert report.outcome == "reported"
    assert report.detail.startswith("mean rank IC 1.0000, ")
    late = float(report.detail.split(", ")[1].split()[0])
    assert late == pytest.approx(0, abs=0.05)
