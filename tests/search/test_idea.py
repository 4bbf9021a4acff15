import pytest

from lode.language import FIELD_UNITS, Constant, parse
from lode.search.idea import NOTHING, idea, positive, skeleton


def key(text):
    return idea(parse(text), FIELD_UNITS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("returns", "-returns"),
        ("returns", "rank(-returns)"),
        ("ts_mean(returns, 5)", "zscore(ts_mean(-returns, 5))"),
        ("volume", "log(volume)"),
        ("ts_mean(volume, 5)", "inverse(sqrt(ts_mean(volume, 5)))"),
        ("close / open", "open / close"),
        ("close - open", "open - close"),
        ("close - ts_mean(close, 5)", "ts_mean(close, 5) - close"),
        ("1 + returns", "returns"),
        ("close * volume", "volume * close"),
        ("ts_corr(close, volume, 10)", "ts_corr(volume, close, 10)"),
        ("ts_corr(close, volume, 10)", "-ts_corr(close, -volume, 10)"),
    ],
)
def test_sign_and_order_make_no_new_idea(one, other):
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("returns", "abs(returns)"),
        ("returns / volume", "volume / returns"),
        ("ts_mean(returns, 5)", "ts_mean(returns, 6)"),
        ("ts_mean(rank(close), 5)", "ts_mean(close, 5)"),
        ("max(returns, ts_delay(returns, 1))", "max(-returns, ts_delay(returns, 1))"),
        ("group_rank(returns, sector)", "returns"),
    ],
)
def test_what_orders_the_names_otherwise_is_another_idea(one, other):
    assert key(one) != key(other)


def test_a_constant_is_nothing():
    assert idea(Constant(3.0), FIELD_UNITS) == NOTHING


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("close", True),
        ("close * volume / ts_mean(volume, 5)", True),
        ("abs(returns)", True),
        ("returns", False),
        ("close - open", False),
        ("ts_delta(close, 5)", False),
        ("ts_mean(returns, 5) * close", False),
    ],
)
def test_positive(text, known):
    assert positive(parse(text), FIELD_UNITS) is known


def test_skeleton_forgets_windows_and_names():
    assert skeleton(parse("ts_mean(close, 5) / open"), FIELD_UNITS) == "divide(ts_mean(price),price)"
