import numpy as np
import pytest

from lode.evaluation import forward_returns
from lode.evidence.leaks.outside import check_lookback, check_outside, check_repeat, check_target, check_timing

TIMING = {"horizon": 1, "delay": 1, "min_names": 10}


def reversal(panel):
    close = panel.fields["close"]
    values = np.full_like(close, np.nan)
    values[5:] = close[:-5] / close[5:]
    return values


def test_a_sound_factor_passes(market):
    values = reversal(market)
    assert check_repeat(reversal, market, values).outcome == "passed"
    assert check_target(market, values, **TIMING).outcome == "passed"
    for seed in range(5):
        rng = np.random.default_rng(seed)
        assert check_outside(reversal, market, **TIMING, rng=rng).outcome == "passed"
        assert check_lookback(reversal, market, values, lookback=5, start=90, rng=rng).outcome == "passed"


def test_a_value_is_traded_after_its_close():
    assert [check_timing(delay).outcome for delay in (0, 1, 3)] == ["failed", "passed", "passed"]


def test_one_session_less_than_is_looked_back_to_is_too_few(market):
    found = check_lookback(reversal, market, reversal(market), lookback=4, start=90, rng=np.random.default_rng(0))
    assert found.outcome == "failed"


def test_a_panel_within_the_lookback_is_not_checkable(market):
    found = check_lookback(reversal, market, reversal(market), lookback=299, start=90, rng=np.random.default_rng(0))
    assert found.outcome == "not checkable"


@pytest.mark.parametrize(("noise", "outcome"), [(0.0, "failed"), (0.02, "failed"), (0.2, "passed")])
@pytest.mark.parametrize("delay", [0, 1])
def test_values_that_hold_the_labels_of_any_delay_fail(market, noise, delay, outcome):
    labels = forward_returns(market, delay=delay)
    values = labels + np.float32(noise) * np.random.default_rng(1).standard_normal(labels.shape).astype(np.float32)
    assert check_target(market, values, **TIMING).outcome == outcome


def test_a_table_of_labels_predicts_them_from_any_market(market):
    labels = np.nan_to_num(forward_returns(market))

    def looks_up(panel):
        return labels + np.float32(1e-4) * panel.fields["close"]

    assert check_outside(looks_up, market, **TIMING, rng=np.random.default_rng(0)).outcome == "failed"


def test_too_few_names_are_not_checkable(market):
    found = check_outside(reversal, market, horizon=1, delay=1, min_names=41, rng=np.random.default_rng(0))
    assert found.outcome == "not checkable"
