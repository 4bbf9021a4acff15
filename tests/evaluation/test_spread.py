import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evaluation.spread import corwin_schultz, mean_spread

K = 3 - 2 * math.sqrt(2)


def by_the_formula(high, low, close):
    """The paper's equations for two sessions, one number at a time."""
    (h1, h2), (l1, l2), c1 = high, low, close[0]
    if l2 > c1:
        h2, l2 = h2 - (l2 - c1), c1
    elif h2 < c1:
        h2, l2 = c1, l2 + (c1 - h2)
    beta = math.log(h1 / l1) ** 2 + math.log(h2 / l2) ** 2
    gamma = math.log(max(h1, h2) / min(l1, l2)) ** 2
    alpha = (math.sqrt(2 * beta) - math.sqrt(beta)) / K - math.sqrt(gamma / K)
    return 2 * (math.exp(alpha) - 1) / (1 + math.exp(alpha))


def test_spread_by_hand():
    # equal ranges of a ratio of e^.02: β = .0008, γ = .0004, α = .02 (2 - √2) / K - .02 / √K = .0200
    high, low, close = np.full(2, math.exp(0.01)), np.full(2, math.exp(-0.01)), np.ones(2)
    alpha = 0.02 * ((2 - math.sqrt(2)) / K - 1 / math.sqrt(K))
    assert alpha == pytest.approx(0.02)
    got = corwin_schultz(high, low, close)
    assert math.isnan(got[0])
    assert got[1] == pytest.approx(2 * math.tanh(0.01))  # a range that does not grow over two days is all spread


@given(st.integers(0, 10_000))
def test_agrees_with_the_formula(seed):
    rng = np.random.default_rng(seed)
    low = rng.uniform(50, 60, (2, 4))
    high, close = low + rng.uniform(0.1, 5, (2, 4)), low + 0.05
    got = corwin_schultz(high, low, close, negative="keep")
    for i in range(4):
        assert got[1, i] == pytest.approx(by_the_formula(high[:, i], low[:, i], close[:, i]))


def simulated(spread, *, gap=0.0, sessions=3000, trades=390, seed=0):
    """Highs, lows and closes of a price of 2 % volatility a session whose trades are at the bid or the ask."""
    rng = np.random.default_rng(seed)
    steps = 0.02 / math.sqrt(trades) * rng.standard_normal((sessions, trades))
    steps[:, 0] += gap * rng.standard_normal(sessions)
    price = np.exp(steps.ravel().cumsum()).reshape(sessions, trades)
    traded = price * (1 + spread / 2 * rng.choice([-1, 1], price.shape))
    return traded.max(axis=1), traded.min(axis=1), traded[:, -1]


@pytest.mark.parametrize("spread", [0.005, 0.01, 0.03])
def test_spread_of_a_simulated_market_is_recovered(spread):
    assert np.nanmean(corwin_schultz(*simulated(spread), negative="keep")) == pytest.approx(spread, abs=0.002)


def test_overnight_jumps_are_partly_taken_out():
    high, low, close = simulated(0.01, gap=0.01)
    adjusted = np.nanmean(corwin_schultz(high, low, close, negative="keep"))
    inside = np.append((high[1:] + low[1:]) / 2, close[-1])  # a close within the next range: nothing to adjust
    naive = np.nanmean(corwin_schultz(high, low, inside, negative="keep"))
    assert naive + 0.002 < adjusted < 0.01  # a gap that stays within the range is not seen


def test_negative_estimates_are_zero_kept_or_missing():
    high, low, close = np.array([10.1, 11.0]), np.array([10.0, 10.05]), np.array([10.05, 10.9])
    kept = corwin_schultz(high, low, close, negative="keep")[1]
    assert kept < 0
    assert corwin_schultz(high, low, close)[1] == 0
    assert math.isnan(corwin_schultz(high, low, close, negative="missing")[1])


def test_sessions_that_say_nothing_are_missing():
    high, low, close = np.full(8, 10.2), np.full(8, 10.0), np.full(8, 10.1)
    high[1], low[3], close[5] = 10.0, np.nan, 0.0
    got = corwin_schultz(high, low, close)
    np.testing.assert_array_equal(np.isfinite(got), [False] * 7 + [True])
    assert np.isnan(corwin_schultz(high[:1], low[:1], close[:1])).all()
    assert corwin_schultz(high[:0], low[:0], close[:0]).shape == (0,)
    assert np.isnan(corwin_schultz(np.array([10, 1.0]), np.array([9, 0.5]), np.array([0.4, 1]))).sum() == 1


@given(st.integers(0, 1000), st.floats(0.01, 100))
def test_scale_of_the_price_does_not_matter(seed, scale):
    rng = np.random.default_rng(seed)
    low = rng.uniform(50, 60, (10, 3))
    high, close = low + rng.uniform(0.1, 5, (10, 3)), low + 0.05
    one, scaled = corwin_schultz(high, low, close), corwin_schultz(scale * high, scale * low, scale * close)
    np.testing.assert_allclose(one, scaled, atol=1e-9)
    assert (one[1:] >= 0).all()
    assert (one[1:] < 2).all()


def test_mean_is_over_the_known_sessions_of_the_window():
    spread = np.array([np.nan, 0.01, 0.02, np.nan, 0.03, 0.04])
    got = mean_spread(spread, 3, least=2)
    np.testing.assert_allclose(got, [np.nan, np.nan, 0.015, 0.015, 0.025, 0.035])
    np.testing.assert_allclose(mean_spread(np.tile(spread[:, None], 2), 3, least=2)[:, 1], got)


def test_wrong_calls_are_usage_errors():
    with pytest.raises(UsageError):
        corwin_schultz(np.ones(3), np.ones(3), np.ones(3), negative="drop")
    with pytest.raises(UsageError):
        mean_spread(np.ones(3), 2, least=3)
