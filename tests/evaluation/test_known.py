import math

import numpy as np
import pytest

from lode.evaluation import forward_returns
from lode.evaluation.known import (
    LATEST_SESSIONS,
    Resemblance,
    known_library,
    largest,
    resemblances,
    resemblances_of,
)
from lode.language import parse
from tests.evidence.conftest import make_panel


def panel_of(sessions=700, names=30):
    rng = np.random.default_rng(3)
    close = 30 * np.exp(np.cumsum(0.02 * rng.standard_normal((sessions, names)), axis=0))
    return make_panel(close, volume=rng.lognormal(10, 1, close.shape))


@pytest.mark.parametrize("sessions", [40, 700])
def test_itself_its_opposite_and_noise(sessions):
    panel = panel_of(sessions)
    values = -(panel.fields["close"] / np.roll(panel.fields["close"], 5, axis=0)).astype(np.float32)
    values[:5] = np.nan
    known = {
        "noise": parse("volume"),
        "opposite": parse("2 * close / ts_delay(close, 5)"),
        "itself": parse("-ts_delta(close, 5) / ts_delay(close, 5)"),
    }
    found = resemblances(values, known, panel, forward_returns(panel))
    assert [each.name for each in found] == ["itself", "opposite", "noise"]
    assert [found[0].values, found[0].returns] == pytest.approx([1, 1], abs=1e-4)
    assert [found[1].values, found[1].returns] == pytest.approx([-1, -1], abs=1e-4)
    assert abs(found[2].values) < 0.1


def test_only_the_latest_sessions_count():
    panel = panel_of()
    values = panel.fields["volume"].copy()
    values[: 700 - LATEST_SESSIONS] = np.random.default_rng(0).standard_normal((700 - LATEST_SESSIONS, 30))
    found = resemblances(values, {"volume": parse("volume")}, panel, forward_returns(panel))
    assert found[0].values == pytest.approx(1)


def test_constant_is_like_nothing():
    panel = panel_of(60)
    found = resemblances(np.ones(panel.shape, np.float32), {"volume": parse("volume")}, panel, forward_returns(panel))
    assert math.isnan(found[0].values)
    assert math.isnan(found[0].returns)
    assert resemblances(np.ones(panel.shape, np.float32), {}, panel, forward_returns(panel)) == ()


def test_largest_by_hand():
    both = [Resemblance("a", 0.2, -0.6), Resemblance("b", math.nan, math.nan), Resemblance("c", -0.7, 0.1)]
    assert (largest(both), largest(both, of="returns"), largest(both[1:2])) == (0.7, 0.6, -1)


def test_library_has_what_the_panel_allows():
    library = known_library(panel_of(10))
    assert "technical.weekly_reversal" in library
    assert not [key for key in library if key.startswith(("alpha360.", "valuation."))]


def test_several_factors_are_compared_as_each_alone():
    panel = panel_of(sessions=80)
    known, returns = {"volume": parse("volume"), "close": parse("rank(close)")}, forward_returns(panel)
    draw = np.random.default_rng(0)
    factors = [draw.standard_normal(panel.shape).astype(np.float32) for _ in range(2)]
    together = resemblances_of(factors, known, panel, returns)
    assert together == [resemblances(values, known, panel, returns) for values in factors]
    assert resemblances_of([], known, panel, returns) == []


def test_the_library_of_a_panel_leaves_out_what_needs_a_group_of_nobody():
    ones, nobody = np.ones((9, 4)), np.full((9, 4), -1, np.int32)
    prices = dict.fromkeys(("open", "high", "low", "volume", "vwap"), ones)
    without, empty, sorted_in = (
        known_library(make_panel(ones, groups=groups, **prices))
        for groups in ({}, {"sector": nobody}, {"sector": np.zeros_like(nobody)})
    )
    assert without.keys() == empty.keys() < sorted_in.keys()
    assert all("sector" in sorted_in[key].fields for key in sorted_in.keys() - empty.keys())
