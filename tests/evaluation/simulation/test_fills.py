import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evaluation import forward_returns
from lode.evaluation.simulation import Market, simulate
from tests.evidence.conftest import make_panel

NAN = np.nan


def market(*prices, **fields):
    return Market.of(make_panel(np.array(prices, dtype=float), **fields))


def weights(*rows):
    return np.array(rows, dtype=np.float32)


HALVES = weights(*[[0.5, -0.5]] * 4)


def test_two_names_by_hand():
    # filled at the close of session 1; session 2: +10 % and 0 %; session 3: 0 % and +20 %
    book = simulate(HALVES, market([7, 9], [10, 10], [11, 10], [11, 12]))
    np.testing.assert_allclose(book.returns, [NAN, 0, 0.05, -0.1], atol=1e-7)
    # session 2: .55 is sold back to .5; session 3: -.6 is bought back to -.5
    np.testing.assert_allclose(book.traded, [NAN, 1, 0.05, 0.1], atol=1e-7)
    np.testing.assert_allclose(book.trades[2:], [[-0.05, 0], [0, 0.1]], atol=1e-7)
    np.testing.assert_allclose(book.positions, [[0, 0], *[[0.5, -0.5]] * 3])
    np.testing.assert_allclose(book.after_cost(0.01), [NAN, -0.01, 0.0495, -0.101], atol=1e-7)
    rates = np.full((4, 2), NAN)
    rates[1, 1] = 0.02
    np.testing.assert_allclose(book.after_cost(rates), [NAN, -0.01, 0.05, -0.1], atol=1e-7)


def test_delay_zero_fills_at_the_same_close():
    book = simulate(HALVES, market([10, 10], [11, 10], [11, 12], [11, 12]), delay=0)
    np.testing.assert_allclose(book.returns, [0, 0.05, -0.1, 0], atol=1e-7)


def test_position_is_carried_over_a_missing_day_and_earns_when_the_name_is_back():
    book = simulate(
        weights([0.5, -0.5], [0, 0.5], [0.5, -0.5], [0.5, -0.5], [0.5, -0.5]),
        market([10, 10], [10, 10], [NAN, 10], [15, 10], [15, 10]),
    )
    # session 2: name 0 has no price and is kept, though its weight was zero; name 1 goes from -.5 to .5
    np.testing.assert_allclose(book.positions[2], [0.5, 0.5])
    np.testing.assert_allclose(book.traded, [NAN, 1, 1, 1.25, 0])
    np.testing.assert_allclose(book.returns, [NAN, 0, 0, 0.25, 0])


def test_no_order_keeps_the_shares():
    book = simulate(
        weights([0.5, -0.5], [NAN, -0.5], [0.5, -0.5], [0, 0]), market([1, 1], [10, 10], [20, 10], [30, 10])
    )
    np.testing.assert_allclose(book.positions[:3], [[0, 0], [0.5, -0.5], [1, -0.5]])
    np.testing.assert_allclose(book.returns, [NAN, 0, 0.5, 0.5])
    np.testing.assert_allclose(book.trades[3], [-1, 0])


def test_session_without_weights_keeps_the_book():
    book = simulate(weights([0.5, -0.5], [0, 0], [NAN, NAN], [1, 1]), market([1, 1], [10, 10], [11, 10], [11, 11]))
    np.testing.assert_allclose(book.positions[1:], [[0.5, -0.5], [0.55, -0.5], [0.55, -0.55]], rtol=1e-6)
    assert book.traded[2:].tolist() == [0, 0]


def test_delisted_name_is_paid_out_after_its_last_price():
    prices = [[10, 10], [10, 10], [5, 10], [NAN, 10], [NAN, 10]]
    gone = simulate(weights(*[[0.5, -0.5]] * 5), market(*prices), delisting_return=-0.3)
    # at the last price the position is brought back to .5, of which .15 is lost on the way out
    np.testing.assert_allclose(gone.returns, [NAN, 0, -0.25, -0.15, 0], rtol=1e-6)
    np.testing.assert_allclose(gone.traded, [NAN, 1, 0.25, 0, 0], atol=1e-7)
    np.testing.assert_allclose(gone.positions[3:], [[0, -0.5]] * 2)
    paid = simulate(weights(*[[0.5, -0.5]] * 5), market(*prices))
    assert paid.returns[3] == 0


def test_name_whose_prices_end_with_the_panel_has_not_left():
    assert market([1, 1], [2, NAN], [NAN, NAN]).gone.tolist() == [-1, 0]
    assert market([NAN, NAN], [NAN, NAN]).gone.tolist() == [-1, -1]


def test_nothing_is_filled_without_volume():
    prices = [[10, 10], [10, 10], [20, 10], [20, 10]]
    book = simulate(HALVES, market(*prices, volume=[[1, 1], [1, 1], [0, 1], [1, NAN]]))
    np.testing.assert_allclose(book.positions[1:], [[0.5, -0.5], [1, -0.5], [0.5, -0.5]])
    assert book.traded[2] == 0


def test_fill_at_the_open_by_hand():
    panel = make_panel(np.array([[10, 10], [12, 10], [12, 12.0]]), open=np.array([[10, 10], [10, 10], [15, 12.0]]))
    book = simulate(HALVES[:3], Market.of(panel, fill="open"))
    # session 1: bought at 10, 12 at the close: .1. Session 2: from .6 to .75 at the open, back to .5, then to .4
    np.testing.assert_allclose(book.returns, [NAN, 0.1, 0.15 - 0.1 - 0.1], atol=1e-7)
    np.testing.assert_allclose(book.traded, [NAN, 1, 0.35], atol=1e-7)
    np.testing.assert_allclose(book.positions[1:], [[0.6, -0.5], [0.4, -0.5]])


def test_open_is_adjusted_as_the_close_is():
    close, opened = np.array([[10.0], [20.0]]), np.array([[10.0], [10.0]])
    panel = make_panel(close, open=opened)
    object.__setattr__(panel, "label_price", close * 3)
    np.testing.assert_allclose(Market.of(panel, fill="open").price[:, 0], [30, 30, 30, 60])


def test_what_cannot_be_is_a_usage_error():
    panel = make_panel(np.ones((3, 2)), open=np.ones((3, 2)))
    with pytest.raises(UsageError, match="allowed are close, open"):
        Market.of(panel, fill="noon")
    with pytest.raises(UsageError, match="fields open and close"):
        Market.of(make_panel(np.ones((3, 2))), fill="open")
    with pytest.raises(UsageError, match="delay 0"):
        simulate(HALVES[:3], Market.of(panel, fill="open"), delay=0)
    with pytest.raises(UsageError, match="weights"):
        simulate(HALVES, Market.of(panel))


@given(st.integers(0, 10_000), st.integers(0, 2))
def test_complete_prices_earn_the_labels(seed, delay):
    rng = np.random.default_rng(seed)
    panel = make_panel(np.exp(rng.normal(0, 0.02, (12, 70)).cumsum(axis=0)))
    given_weights = rng.normal(0, 0.1, (12, 70)).astype(np.float32)
    book = simulate(given_weights, Market.of(panel), delay=delay)
    expected = (given_weights * forward_returns(panel, delay=delay))[: 11 - delay].sum(axis=1)
    np.testing.assert_allclose(book.returns[delay + 1 :], expected, atol=1e-6)


@given(st.integers(0, 10_000))
def test_what_is_earned_is_what_the_shares_gained(seed):
    """With holes and no orders: the sum of returns is that of price changes of the shares, counted name by name."""
    rng = np.random.default_rng(seed)
    prices = np.exp(rng.normal(0, 0.05, (15, 4)).cumsum(axis=0))
    prices[rng.random(prices.shape) < 0.3] = NAN
    orders = rng.normal(0, 0.3, prices.shape).astype(np.float32)
    orders[rng.random(prices.shape) < 0.2] = NAN
    panel = make_panel(prices)
    book = simulate(orders, Market.of(panel))
    price, shares, earned = np.full(4, NAN), np.zeros(4), 0.0
    label = panel.label_price
    for row in range(15):
        for name in range(4):
            if not np.isfinite(label[row, name]):
                continue
            if shares[name]:
                earned += shares[name] * (label[row, name] - price[name])
            price[name] = label[row, name]
            if row and np.isfinite(orders[row - 1, name]):
                shares[name] = orders[row - 1, name] / price[name]
    assert np.nansum(book.returns) == pytest.approx(earned, abs=1e-6)
