import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from lode.panel.adjust import adj_close_factor, change, cumulative_factor, dividend_ratio, previous, price_fields

NAN = np.nan


def test_split_and_dividend_worked_by_hand():
    # 100 → 102 → two for one, 52 → dividend of 1.04, 51 → 51
    close = np.array([[100.0], [102.0], [52.0], [51.0], [51.0]])
    volume = np.array([[10.0], [10.0], [20.0], [30.0], [20.0]])
    price = cumulative_factor(close.shape, np.array([2, 3]), np.array([0, 0]), np.array([2.0, 52 / 50.96]))
    split = cumulative_factor(close.shape, np.array([2]), np.array([0]), np.array([2.0]))
    fields = price_fields({"close": close, "volume": volume}, price, split, adjusted=False)
    assert_allclose(fields["close"][:, 0], [100, 102, 104, 51 * 2 * 52 / 50.96, 51 * 2 * 52 / 50.96], rtol=1e-6)
    assert_allclose(fields["returns"][:, 0], [NAN, 0.02, 2 / 102, 51 / 50.96 - 1, 0], rtol=1e-5, atol=1e-9)
    assert_array_equal(fields["volume"][:, 0], [10, 10, 10, 15, 10])
    assert_array_equal(fields["raw_close"], close)
    assert_array_equal(fields["dollar_volume"], close * volume)


def test_dividend_ratio_turns_the_price_drop_into_the_total_return():
    # 50 pays 1 and falls to 49.49: 49.49 / 49 - 1 = 1 %
    assert_allclose(49.49 / 50 * dividend_ratio(np.array([1.0]), np.array([50.0])), 1.01)


def test_previous_skips_missing_values_and_never_looks_at_the_session_itself():
    values = np.array([[1.0, NAN], [NAN, 5.0], [3.0, NAN]])
    found = previous(values, np.array([0, 1, 2, 2]), np.array([0, 0, 0, 1]))
    assert_array_equal(found, [NAN, 1.0, 1.0, 5.0])


def test_adj_close_factor_makes_close_proportional_to_adj_close():
    close = np.array([[10.0], [11.0], [NAN], [10.5], [12.0]])
    adj = np.array([[9.0], [9.9], [NAN], [9.975], [12.0]])
    factor = adj_close_factor(adj / close, adj / close)
    assert factor[0, 0] == 1.0
    assert_allclose(close * factor, adj * (10 / 9))


def test_adj_close_factor_takes_a_restatement_known_by_the_ex_date_only():
    # the vendor lowers yesterday's adj_close on the ex-date (session 2); session 1 was 1.0 at its own close
    own, after = np.array([[1.0], [1.0], [1.0]]), np.array([[1.0], [0.98], [1.0]])
    assert_allclose(adj_close_factor(own, after)[:, 0], [1, 1, 1 / 0.98])


def test_change_is_missing_beside_a_missing_or_zero_price():
    values = np.array([[1.0], [2.0], [NAN], [2.0], [0.0], [1.0]])
    assert_array_equal(change(values)[:, 0], [NAN, 1.0, NAN, NAN, -1.0, NAN])


def test_an_adjusted_source_has_no_levels_of_the_day():
    fields = price_fields({"close": np.ones((2, 1)), "volume": np.ones((2, 1))}, 1.0, 1.0, adjusted=True)
    assert sorted(fields) == ["close", "returns", "volume"]
