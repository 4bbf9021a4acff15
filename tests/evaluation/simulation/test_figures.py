import math

import numpy as np
import pytest

from lode.evaluation.simulation import Simulation, figures_of
from lode.evaluation.simulation.figures import deepest_drawdown, fitness

NAN = np.nan


def book(returns, traded, positions=None):
    shape = (len(returns), 2)
    held = np.zeros(shape, np.float32) if positions is None else np.array(positions, np.float32)
    return Simulation(np.array(returns), np.array(traded), np.zeros(shape, np.float32), held)


def test_figures_by_hand():
    got = figures_of(
        book([NAN, 0.0, 0.01, -0.02, 0.04], [NAN, 1, 0.1, 0.2, 0.3], [[9, 9], *[[0.5, -0.5]] * 3, [0.6, 0]]), cost=0.01
    )
    returns = np.array([0.0, 0.01, -0.02, 0.04])
    assert got.annual_return == pytest.approx(252 * 0.0075)
    assert got.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1) * math.sqrt(252))
    net = returns - [0.01, 0.001, 0.002, 0.003]
    assert got.net_sharpe == pytest.approx(net.mean() / net.std(ddof=1) * math.sqrt(252))
    assert got.net_return == pytest.approx(252 * net.mean())
    assert got.turnover == pytest.approx(0.2)
    assert got.margin_bps == pytest.approx(1e4 * 0.03 / 1.6)
    assert got.fitness == pytest.approx(got.sharpe * math.sqrt(2 * got.annual_return / 0.2))
    assert (got.largest, got.names, got.long) == (pytest.approx(0.6), 1.75, pytest.approx(0.525))
    assert got.short == pytest.approx(0.375)
    assert (got.drawdown, got.drawdown_sessions, got.recovery_sessions) == (pytest.approx(0.02), 1, 1)


def test_drawdown_by_hand():
    fall = deepest_drawdown(np.array([0.05, NAN, -0.1, 0.02, -0.04, 0.3]))
    assert fall.depth == pytest.approx(0.12)
    assert (fall.sessions, fall.recovery, fall.start, fall.trough) == (3, 1, 0, 4)
    assert math.isnan(deepest_drawdown(np.array([0.1, -0.1])).recovery)
    assert deepest_drawdown(np.array([0.1, 0.1])).depth == 0
    assert math.isnan(deepest_drawdown(np.array([NAN])).depth)


def test_fitness_by_hand():
    assert fitness(2, 0.5, 0.05) == pytest.approx(2 * math.sqrt(0.5 / 0.125))
    assert fitness(-1, -0.5, 0.5) == pytest.approx(-1)
    assert math.isnan(fitness(NAN, 1, 1))


def test_book_without_a_session_has_no_figures():
    assert all(math.isnan(figure) for figure in figures_of(book([NAN] * 3, [NAN] * 3)).to_dict().values())
