import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evaluation.cost import capacity, impact_cost, square_root_impact
from lode.evaluation.portfolio import sharpe_ratio


def test_impact_by_hand():
    # a tenth of a hundredth of the volume at a volatility of 2 % moves the price by 2 % · √.01 = 20 basis points
    assert square_root_impact(1e6, 1e8, 0.02) == pytest.approx(0.002)
    assert square_root_impact(-4e6, 1e8, 0.02, coefficient=0.5) == pytest.approx(0.002)


def test_impact_is_missing_where_something_is_traded_without_volume():
    got = square_root_impact(np.array([0.0, 1.0, 1.0, np.nan]), np.array([0.0, 0.0, np.nan, 1.0]), 0.02)
    np.testing.assert_array_equal(got, [0, np.nan, np.nan, np.nan])


def test_unit_cost_is_what_a_capital_pays():
    rng = np.random.default_rng(0)
    weights, volume = rng.normal(0, 0.01, (20, 5)), rng.lognormal(17, 1, (20, 5))
    volatility, capital = rng.uniform(0.01, 0.05, (20, 5)), 3e7
    paid = (np.abs(weights) * square_root_impact(capital * weights, volume, volatility)).sum(axis=1)
    np.testing.assert_allclose(impact_cost(weights, volume, volatility) * math.sqrt(capital), paid)


def test_unit_cost_is_missing_where_the_cost_of_a_trade_is_not_known():
    weights = np.array([[0.1, 0.0], [0.1, 0.2], [np.nan, 0.2]])
    volume = np.array([[1e6, np.nan], [1e6, np.nan], [np.nan, 1e6]])
    np.testing.assert_array_equal(np.isfinite(impact_cost(weights, volume, np.full((3, 2), 0.02))), [True, False, True])


def test_capacity_by_hand():
    gross = np.array([0.01, 0.03])  # a constant cost halves the Sharpe ratio when it takes half of the mean
    assert capacity(gross, np.full(2, 1e-6)) == pytest.approx((0.01 / 1e-6) ** 2)


@given(st.integers(0, 10_000), st.floats(0.0001, 0.003), st.floats(-0.9, 0.9))
def test_sharpe_ratio_is_half_at_capacity_and_more_below(seed, mean, link):
    rng = np.random.default_rng(seed)
    gross = rng.normal(mean, 0.01, 300)
    cost = np.exp(link * (gross / 0.01) + 0.3 * rng.standard_normal(300)) * 1e-8
    capital = capacity(gross, cost)
    if gross.mean() <= 0:
        assert math.isnan(capital)
        return
    before = sharpe_ratio(gross)
    assert sharpe_ratio(gross - math.sqrt(capital) * cost) == pytest.approx(before / 2, rel=1e-6)
    for share in (0.01, 0.3, 0.9):
        assert sharpe_ratio(gross - math.sqrt(share * capital) * cost) > before / 2


@given(st.floats(0.1, 10))
def test_twice_the_volume_carries_twice_the_capital(factor):
    rng = np.random.default_rng(1)
    gross, weights = rng.normal(0.001, 0.01, 100), rng.normal(0, 0.02, (100, 4))
    volume, volatility = rng.lognormal(17, 1, (100, 4)), np.full((100, 4), 0.02)
    one, more = (capacity(gross, impact_cost(weights, v, volatility)) for v in (volume, factor * volume))
    assert more == pytest.approx(factor * one)


def test_capacity_that_is_not_defined_is_nan_and_free_trading_carries_any():
    varies, cost = np.array([0.01, 0.02, 0.03]), np.full(3, 1e-6)
    for gross in (-varies, np.full(3, 0.01), np.full(3, np.nan), varies[:1].repeat(1), np.zeros(3)):
        assert math.isnan(capacity(gross, cost[: len(gross)]))
    assert capacity(varies, np.zeros(3)) == math.inf
    assert capacity(np.append(varies, np.nan), np.append(cost, 1)) == capacity(varies, cost)


def test_negative_volatility_or_coefficient_is_a_usage_error():
    with pytest.raises(UsageError):
        square_root_impact(1, 1, -0.1)
    with pytest.raises(UsageError):
        square_root_impact(1, 1, 0.1, coefficient=-1)
