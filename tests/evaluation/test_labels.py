import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evaluation import forward_returns

NAN = np.nan


def column(*prices):
    return np.array(prices, dtype=np.float64)[:, None]


def test_label_runs_from_the_close_after_the_delay_over_the_horizon():
    prices = column(100, 110, 121, 133.1, 146.41)
    labels = forward_returns(prices, horizon=2, delay=1)[:, 0]
    np.testing.assert_allclose(labels, [133.1 / 110 - 1, 146.41 / 121 - 1, NAN, NAN, NAN], rtol=1e-6)
    assert labels.dtype == np.float32


def test_delay_zero_trades_at_the_same_close():
    labels = forward_returns(column(100, 110, 99), horizon=1, delay=0)[:, 0]
    np.testing.assert_allclose(labels, [0.1, -0.1, NAN], rtol=1e-6)


def test_gap_leaves_labels_missing_on_both_sides():
    labels = forward_returns(column(1, 2, NAN, 4, 8, 16), horizon=1, delay=1)[:, 0]
    np.testing.assert_allclose(labels, [NAN, NAN, 1, 1, NAN, NAN])


def test_label_that_would_cross_the_boundary_is_missing():
    prices = column(*(1.1 ** np.arange(10)))
    labels = forward_returns(prices, horizon=2, delay=1, stop=6)[:, 0]
    assert np.isfinite(labels[:3]).all()  # row 2 needs the price of row 5, the last before the boundary
    assert np.isnan(labels[3:]).all()


def test_labels_do_not_read_prices_at_or_past_the_boundary():
    prices = np.random.default_rng(0).uniform(1, 2, (30, 4))
    poisoned = prices.copy()
    poisoned[20:] = 1e9
    ends = {"horizon": 5, "delay": 1, "stop": 20}
    np.testing.assert_array_equal(forward_returns(prices, **ends), forward_returns(poisoned, **ends))


def test_last_return_of_a_delisted_name_counts():
    prices = np.array([[10, 1], [10, 1], [8, 1], [NAN, 1], [NAN, 1]])
    np.testing.assert_allclose(forward_returns(prices, horizon=1, delay=0)[:, 0], [0, -0.2, NAN, NAN, NAN], rtol=1e-6)
    np.testing.assert_allclose(
        forward_returns(prices, horizon=2, delay=0)[:, 0], [-0.2, -0.2, NAN, NAN, NAN], rtol=1e-6
    )


def test_price_of_zero_is_missing_and_gives_no_infinity():
    labels = forward_returns(column(1, 0, 2, 3), horizon=1, delay=0)[:, 0]
    np.testing.assert_allclose(labels, [NAN, NAN, 0.5, NAN])


@pytest.mark.parametrize(("horizon", "delay"), [(0, 1), (1, -1)])
def test_impossible_timing_is_a_usage_error(horizon, delay):
    with pytest.raises(UsageError):
        forward_returns(np.ones((5, 2)), horizon=horizon, delay=delay)


@given(sessions=st.integers(0, 12), horizon=st.integers(1, 6), delay=st.integers(0, 3), seed=st.integers(0, 5))
def test_agrees_with_shifted_prices_where_no_name_leaves(sessions, horizon, delay, seed):
    rng = np.random.default_rng(seed)
    prices = rng.uniform(1, 2, (sessions, 3))
    if sessions > 2:
        prices[rng.integers(0, sessions - 1), 0] = NAN  # never the last row: nobody leaves
    labels = forward_returns(prices, horizon=horizon, delay=delay)
    for t in range(sessions):
        end = t + delay + horizon
        expected = prices[end] / prices[t + delay] - 1 if end < sessions else np.full(3, NAN)
        np.testing.assert_allclose(labels[t], expected, rtol=1e-5, atol=1e-7)
