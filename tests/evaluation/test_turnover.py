import math

import numpy as np
import pandas as pd
import pytest

from lode.evaluation import half_life, rank_autocorrelation, turnover
from lode.evaluation.ranks import average_ranks
from lode.evaluation.turnover import autocorrelations, rank_book_turnover

NAN = np.nan


def rows(*values):
    return np.array(values, dtype=np.float32)


def persistent(persistence, *, sessions=600, names=80):
    rng = np.random.default_rng(0)
    values = rng.standard_normal((sessions, names))
    for t in range(1, sessions):
        values[t] = persistence * values[t - 1] + math.sqrt(1 - persistence**2) * values[t]
    return values.astype(np.float32)


def test_turnover_by_hand():
    values = rows([1, 2, 3, 4], [1, 2, 4, 3], [4, 3, 2, 1], [4, 3, NAN, 1], [NAN, NAN, NAN, 1])
    got = turnover(values, 2, min_names=3)
    # tops {2,3} {2,3} {0,1} {0}; bottoms the others: a whole exchange, then 1 of {1,3}'s two was there
    np.testing.assert_allclose(got, [NAN, 0, 1, 0.25, NAN])


def test_rank_autocorrelation_by_hand():
    values = rows([1, 2, 3, 4], [10, 20, 30, 40], [4, 3, 2, 1], [NAN, 1, 2, 3])
    np.testing.assert_allclose(rank_autocorrelation(values), [NAN, 1, -1, -1])
    np.testing.assert_allclose(rank_autocorrelation(values, 2), [NAN, NAN, -1, 1])
    assert np.isnan(rank_autocorrelation(values, 9)).all()


@pytest.mark.parametrize("persistence", [0.6, 0.9, 0.99])
def test_half_life_of_an_autoregression(persistence):
    expected = math.log(0.5) / math.log(persistence)
    assert half_life(persistent(persistence)) == pytest.approx(expected, rel=0.15)


def test_half_life_of_noise_is_within_a_session_and_that_of_a_constant_ranking_infinite():
    assert 0 < half_life(persistent(0.0)) < 1
    assert half_life(np.tile(np.arange(10, dtype=np.float32), (300, 1))) == math.inf


@pytest.mark.parametrize("values", [np.full((50, 20), NAN), np.ones((50, 20)), np.ones((50, 1)), np.empty((0, 5))])
def test_degenerate_values_have_no_figures(values):
    values = values.astype(np.float32)
    assert np.isnan(turnover(values)[1:]).all() or np.ptp(values) == 0
    assert np.isnan(rank_autocorrelation(values)).all()
    assert math.isnan(half_life(values))


@pytest.mark.parametrize("missing", [0.0, 0.001, 0.3])
def test_lags_beside_each_other_are_pandas_own(missing):
    values = persistent(0.9, sessions=40, names=30)
    values[np.random.default_rng(1).random(values.shape) < missing] = NAN
    ranks = pd.DataFrame(values).rank(axis=1)
    for lag, series in zip((1, 5, 50), autocorrelations(average_ranks(values), (1, 5, 50)), strict=True):
        np.testing.assert_allclose(series, ranks.corrwith(ranks.shift(lag), axis=1), atol=1e-12)


def test_a_book_that_stays_trades_nothing_and_one_that_turns_round_trades_twice_itself():
    ranks = np.arange(1, 8, dtype=np.float32)
    values = np.stack([ranks, ranks, -ranks])
    assert rank_book_turnover(values, np.array([1])) == 0
    assert rank_book_turnover(values, np.array([2])) == pytest.approx(2)
    assert rank_book_turnover(values, np.array([1, 2])) == pytest.approx(1)


def test_positions_are_ranks_less_their_mean_and_names_come_and_go():
    values = np.array([[1, 2, 3, NAN], [1, NAN, 3, 2]], dtype=np.float32)
    before, after = np.array([-0.5, 0, 0.5, 0]), np.array([-0.5, 0, 0.5, 0])
    assert rank_book_turnover(values, np.array([1])) == pytest.approx(np.abs(after - before).sum())
    values[1, 3] = 4  # now the third name is in the middle
    after = np.array([-0.5, 0, 0, 0.5])
    assert rank_book_turnover(values, np.array([1])) == pytest.approx(np.abs(after - before).sum())


def test_without_a_book_on_both_sessions_there_is_no_turnover():
    values = np.array([[1, 2, 3], [5, 5, 5], [1, 2, 3]], dtype=np.float32)
    assert np.isnan(rank_book_turnover(values, np.array([1, 2])))
    assert np.isnan(rank_book_turnover(values, np.array([], dtype=np.intp)))
