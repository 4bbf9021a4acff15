import math

import numpy as np
import pytest

from lode.evaluation.simulation import Rates, Simulation, costs_of
from lode.evaluation.simulation.costs import half_spreads

SESSIONS, NAMES = 60, 3


def book():
    rng = np.random.default_rng(0)
    trades = rng.normal(0, 0.1, (SESSIONS, NAMES)).astype(np.float32)
    trades[:30] = 0
    traded = np.where(np.arange(SESSIONS) < 30, np.nan, np.abs(trades).sum(axis=1))
    returns = np.where(np.arange(SESSIONS) < 30, np.nan, rng.normal(0.008, 0.01, SESSIONS))
    return Simulation(returns, traded, trades, np.zeros_like(trades))


def fields(**more):
    rng = np.random.default_rng(1)
    close = (50 * np.exp(rng.normal(0, 0.02, (SESSIONS, NAMES)).cumsum(axis=0))).astype(np.float32)
    return {"close": close, **more}


def test_fees_by_hand():
    got = costs_of(book(), Rates.of({}), cost_bps=20, capital=1e6)
    assert got.fees == pytest.approx(252 * 0.002 * np.nanmean(book().traded))
    assert got.net_return == pytest.approx(252 * np.nanmean(book().returns - 0.002 * book().traded))
    assert all(math.isnan(each) for each in (got.spread, got.impact, got.half_spread_bps, got.capacity))


def test_impact_by_hand():
    given = fields(dollar_volume=np.full((SESSIONS, NAMES), 1e8, np.float32))
    got = costs_of(book(), Rates.of(given), cost_bps=0, capital=4e6)
    change = given["close"][1:].astype(float) / given["close"][:-1] - 1
    paid = []
    for row in range(30, SESSIONS):
        sigma = change[row - 22 : row - 1].std(axis=0)  # the 21 changes before the session
        size = np.abs(book().trades[row])
        paid.append((size * sigma * np.sqrt(4e6 * size / 1e8)).sum())
    assert got.impact == pytest.approx(252 * np.mean(paid), rel=1e-3)


def test_at_its_capacity_a_book_has_half_its_sharpe():
    given = fields(volume=np.full((SESSIONS, NAMES), 1e4, np.float32))
    free = costs_of(book(), Rates.of(given), cost_bps=5, capital=0)
    full = costs_of(book(), Rates.of(given), cost_bps=5, capital=free.capacity)
    assert full.net_sharpe == pytest.approx(free.net_sharpe / 2)
    gross = costs_of(book(), Rates.of(given), cost_bps=0, capital=free.gross_capacity)
    assert gross.gross_capacity == gross.capacity > free.capacity


def test_half_of_the_spread_is_paid():
    given = fields()
    given |= {"high": given["close"] * 1.01, "low": given["close"] * 0.99}
    half = half_spreads(given)
    assert np.isnan(half[:12]).all()
    got = costs_of(book(), Rates.of(given), cost_bps=0, capital=0)
    paid = (np.abs(book().trades) * np.nan_to_num(half)).sum(axis=1)[30:]
    assert got.spread == pytest.approx(252 * paid.mean())
    assert got.half_spread_bps == pytest.approx(1e4 * paid.sum() / np.abs(book().trades).sum(), rel=1e-5)


def test_name_without_an_estimate_pays_the_mean():
    given = fields()
    given |= {"high": given["close"] * 1.01, "low": given["close"] * 0.99}
    given["high"][:, 0] = np.nan
    half = half_spreads(given)
    np.testing.assert_allclose(half[20:, 0], half[20:, 1:].mean(axis=1))


def test_loss_has_no_capacity():
    losing = Simulation(book().returns - 0.1, *(getattr(book(), name) for name in ("traded", "trades", "positions")))
    rates = Rates.of(fields(volume=np.ones((SESSIONS, NAMES), "f4")))
    assert math.isnan(costs_of(losing, rates, cost_bps=0, capital=1).capacity)
