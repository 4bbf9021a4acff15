import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.evaluation.portfolio import drawdown, rank_book, rank_weights, sharpe_ratio

NAN = np.nan


def rows(*values):
    return np.array(values, dtype=np.float32)


def test_weights_by_hand():
    got = rank_weights(rows([10, 30, 20], [1, NAN, 5], [2, 2, 2], [NAN] * 3), min_names=2)
    np.testing.assert_allclose(got, [[-0.5, 0.5, 0], [-0.5, 0, 0.5], [0, 0, 0], [0, 0, 0]])


@given(st.integers(0, 1000))
def test_books_are_neutral_and_of_gross_size_one(seed):
    rng = np.random.default_rng(seed)
    values = np.round(rng.standard_normal((5, 15)), 1).astype(np.float32)
    values[rng.random(values.shape) < 0.2] = NAN
    weights = rank_weights(values, min_names=3)
    np.testing.assert_allclose(weights.sum(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(np.abs(weights).sum(axis=1), 1, atol=1e-6)


def test_book_by_hand():
    values = rows([1, 2, 3], [1, 2, 3], [3, 2, 1], [1, 2, 3])
    next_return = rows([0, 0, 0.02], [0.02, 0, NAN], [0.01, 0, 0], [NAN] * 3)
    book = rank_book(values, next_return, cost_bps=100, min_names=3)
    np.testing.assert_allclose(book.returns, [0.01, -0.01, 0.005, NAN], atol=1e-8)
    np.testing.assert_allclose(book.traded, [1, 0, 2, NAN])
    assert book.turnover == pytest.approx(1)
    assert book.annual_return == pytest.approx(252 * 0.005 / 3)
    assert book.drawdown == pytest.approx(0.01)
    returns = np.array([0.01, -0.01, 0.005])
    assert book.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1) * math.sqrt(252), rel=1e-6)
    assert book.fitness == pytest.approx(book.sharpe * math.sqrt(abs(book.annual_return) / 1))
    net = returns - 0.01 * np.array([1, 0, 2])
    assert book.net_sharpe == pytest.approx(net.mean() / net.std(ddof=1) * math.sqrt(252), rel=1e-6)


def test_fitness_counts_a_slow_book_as_one_of_an_eighth_a_day():
    values = np.tile(np.arange(20, dtype=np.float32), (50, 1))
    returns = np.random.default_rng(0).normal(0, 0.01, (50, 20)).astype(np.float32)
    book = rank_book(values, returns)
    assert book.turnover == 0
    assert book.fitness == pytest.approx(book.sharpe * math.sqrt(abs(book.annual_return) / 0.125))


def test_drawdown_counts_from_the_start():
    assert drawdown(np.array([-0.1, 0.05, NAN, -0.2, 0.5])) == pytest.approx(0.25)
    assert drawdown(np.array([0.1, 0.1])) == 0


@pytest.mark.parametrize("values", [np.ones((30, 20)), np.full((30, 20), NAN), np.ones((30, 1))])
def test_factor_without_a_book_has_no_figures(values):
    book = rank_book(values.astype(np.float32), np.zeros((30, values.shape[1]), np.float32))
    assert all(math.isnan(figure) for figure in book.to_dict().values())


def test_sharpe_of_a_constant_is_undefined():
    assert math.isnan(sharpe_ratio(np.full(10, 0.1)))
    assert math.isnan(sharpe_ratio(np.array([0.1])))
