from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lode.language import OPERATORS, Call, Constant, Field, canonical, expression_id, parse
from tests.language.strategies import expressions, typed_expressions
from tests.language.values import VALUES, IllConditioned, evaluate, market

IDENTITIES = [
    ("close + open", "open + close"),
    ("(close + open) + low", "close + (low + open)"),
    ("close * open", "open * close"),
    ("(close * open) * low", "low * (close * open)"),
    ("close + 0", "close"),
    ("close - 0", "close"),
    ("0 - close", "-close"),
    ("close * 1", "close"),
    ("close / 1", "close"),
    ("close * -1", "-close"),
    ("close / -1", "-close"),
    ("-(-close)", "close"),
    ("close - (-open)", "close + open"),
    ("close + -open", "close - open"),
    ("-(close - open)", "open - close"),
    ("close + close", "2 * close"),
    ("3 * close - close", "2 * close"),
    ("close - close", "0 * close"),
    ("2 * (close + open)", "2 * open + close * 2"),
    ("(close + open) / 4", "0.25 * close + open / 4"),
    ("2 * 3 * close", "6 * close"),
    ("close * open * 2", "(2 * close) * open"),
    ("(-close) * open", "-(open * close)"),
    ("(-close) * (-open)", "close * open"),
    ("(-close) / open", "close / (-open)"),
    ("close / open / low", "close / (low * open)"),
    ("close * (open / low)", "open * close / low"),
    ("(close / low) * (open / high)", "close * open / (high * low)"),
    ("inverse(close)", "1 / close"),
    ("close * inverse(open)", "close / open"),
    ("close ** -1", "inverse(close)"),
    ("close ** 1", "close"),
    ("close * close", "close ** 2"),
    ("close ** 2 * close", "close ** 3"),
    ("(close * open) ** 2", "close ** 2 * open ** 2"),
    ("(close / open) ** 2", "close ** 2 / open ** 2"),
    ("(-close) ** 2", "close ** 2"),
    ("close ** -2", "1 / (close * close)"),
    ("close ** 0.5", "sqrt(close)"),
    ("sqrt(4 * volume)", "2 * sqrt(volume)"),
    ("signed_power(close, 1)", "close"),
    ("signed_power(-close, 2)", "-signed_power(close, 2)"),
    ("abs(-close)", "abs(close)"),
    ("abs(close - open)", "abs(open - close)"),
    ("abs(3 * close)", "3 * abs(close)"),
    ("abs(abs(close))", "abs(close)"),
    ("abs(rank(close))", "rank(close)"),
    ("sign(2 * close)", "sign(close)"),
    ("sign(-close)", "-sign(close)"),
    ("sign(sign(close))", "sign(close)"),
    ("max(close, open)", "max(open, close)"),
    ("max(close, close)", "close"),
    ("max(max(close, open), low)", "max(close, max(low, open))"),
    ("max(-close, -open)", "-min(close, open)"),
    ("min(3, min(close, 5))", "min(close, 3)"),
    ("close > open", "open < close"),
    ("close >= open", "open <= close"),
    ("close <= open", "1 - (open < close)"),
    ("close == open", "open == close"),
    ("close != open", "1 - (close == open)"),
    ("-close < -open", "open < close"),
    ("if_else(close >= open, low, high)", "if_else(close < open, high, low)"),
    ("if_else(close == open, low, high)", "if_else(open != close, high, low)"),
    ("if_else(1, close, open)", "close"),
    ("is_nan(-close)", "is_nan(close)"),
    ("ts_delta(close, 2)", "close - ts_delay(close, 2)"),
    ("ts_delay(ts_delay(close, 1), 2)", "ts_delay(close, 3)"),
    ("ts_delay(close + open, 1)", "ts_delay(close, 1) + ts_delay(open, 1)"),
    ("ts_delay(ts_delta(close, 1), 2)", "ts_delta(ts_delay(close, 2), 1)"),
    ("ts_sum(close, 3)", "3 * ts_mean(close, 3)"),
    ("ts_av_diff(close, 3)", "close - ts_mean(close, 3)"),
    ("ts_mean(2 * close, 3)", "2 * ts_mean(close, 3)"),
    ("ts_mean(close, 1)", "close"),
    ("ts_min(close, 1)", "close"),
    ("ts_decay_linear(-close, 3)", "-ts_decay_linear(close, 3)"),
    ("ts_std_dev(-2 * close, 3)", "2 * ts_std_dev(close, 3)"),
    ("ts_min(-close, 3)", "-ts_max(close, 3)"),
    ("ts_max(ts_max(close, 2), 3)", "ts_max(close, 4)"),
    ("ts_arg_min(-close, 3)", "ts_arg_max(2 * close, 3)"),
    ("ts_zscore(-2 * close, 3)", "-ts_zscore(close, 3)"),
    ("ts_rank(-close, 3)", "1 - ts_rank(close, 3)"),
    ("ts_scale(-close, 3)", "1 - ts_scale(close, 3)"),
    ("ts_corr(close, volume, 3)", "ts_corr(volume, close, 3)"),
    ("ts_corr(-close, 2 * volume, 3)", "-ts_corr(volume, close, 3)"),
    ("ts_covariance(2 * close, -volume, 3)", "-2 * ts_covariance(volume, close, 3)"),
    ("ts_covariance(close, close, 3)", "ts_std_dev(close, 3) ** 2"),
    ("ts_backfill(ts_backfill(-volume, 2), 2)", "-ts_backfill(volume, 3)"),
    ("rank(2 * close)", "rank(close)"),
    ("rank(-close)", "1 - rank(close)"),
    ("rank(rank(close))", "rank(close)"),
    ("zscore(-2 * close)", "-zscore(close)"),
    ("zscore(zscore(close))", "zscore(close)"),
    ("zscore(normalize(close))", "zscore(close)"),
    ("zscore(scale(close))", "zscore(close)"),
    ("normalize(normalize(close))", "normalize(close)"),
    ("scale(scale(-close))", "-scale(close)"),
    ("winsorize(-close, std=1)", "-winsorize(close, std=1)"),
    ("group_rank(-close, sector)", "1 - group_rank(close, sector)"),
    ("group_zscore(group_neutralize(close, sector), sector)", "group_zscore(close, sector)"),
    ("group_neutralize(group_neutralize(close, sector), sector)", "group_neutralize(close, sector)"),
    ("group_mean(group_mean(close, sector), sector)", "group_mean(close, sector)"),
    ("close ** 3 / close ** 2", "close * close / close"),
    ("close / (open / low)", "close * low * low / (open * low)"),
    ("close / 0", "1 / 0"),
    ("not(close > open)", "close <= open"),
    ("not(close)", "close == 0"),
    ("and(close > open, low > high)", "(high < low) * (close > open)"),
    ("or(close > open, low > high)", "max(low > high, close > open)"),
    ("and(close, -open)", "and(2 * open, close)"),
    ("is_not_nan(close)", "1 - is_nan(-close)"),
    ("s_log_1p(-close)", "-s_log_1p(close)"),
    ("tanh(-close)", "-tanh(close)"),
    ("floor(-close)", "-ceiling(close)"),
    ("round(floor(close))", "floor(close)"),
    ("purify(close)", "close"),
    ("nan_mask(2 * close, 3 * open)", "2 * nan_mask(close, open)"),
    ("clamp(close, lower=-1, upper=2)", "min(max(close, -1), 2)"),
    ("left_tail(-close, maximum=1)", "-right_tail(close, minimum=-1)"),
    ("nan_out(-close, lower=-1, upper=2)", "-nan_out(close, lower=-2, upper=1)"),
    ("to_nan(-close, value=2)", "-to_nan(close, value=-2)"),
    ("slope(-2 * close, 4)", "-2 * slope(close, 4)"),
    ("rsquare(-close, 4)", "rsquare(close, 4)"),
    ("ts_regression(close, volume, 4, lag=2, rettype=2)", "ts_regression(close, ts_delay(volume, 2), 4, rettype=2)"),
    ("ts_regression(2 * close, 4 * volume, 4, rettype=2)", "0.5 * ts_regression(close, volume, 4, rettype=2)"),
    ("ts_regression(close, volume, 4, rettype=3)", "close - ts_regression(close, volume, 4)"),
    ("ts_regression(close, volume, 4, rettype=6)", "ts_corr(volume, close, 4) ** 2"),
    ("ts_regression(close, volume, 4, rettype=7)", "ts_regression(close, volume, 4, rettype=4) / 2"),
    ("ts_percentile(close, 4)", "ts_median(close, 4)"),
    ("ts_percentile(-close, 4, percentage=0.2)", "-ts_percentile(close, 4, percentage=0.8)"),
    ("ts_percentile(-close, 4, percentage=0)", "-ts_max(close, 4)"),
    ("ts_quantile(-2 * close, 4)", "-ts_quantile(close, 4)"),
    ("ts_quantile(close, 4, driver=uniform)", "0.5 * ts_rank(close, 4) - 0.25"),
    ("ts_skewness(-close, 4)", "-ts_skewness(close, 4)"),
    ("ts_kurtosis(-close, 5)", "ts_kurtosis(2 * close, 5)"),
    ("ts_moment(close, 4)", "0.75 * ts_std_dev(close, 4) ** 2"),
    ("ts_moment(-close, 4, k=3)", "-ts_moment(close, 4, k=3)"),
    ("ts_ir(close, 4)", "ts_mean(close, 4) / ts_std_dev(close, 4)"),
    ("ts_returns(close, 2)", "ts_delta(close, 2) / ts_delay(close, 2)"),
    ("log_diff(close)", "ts_delta(log(close), 1)"),
    ("ts_min_diff(-close, 3)", "ts_max(close, 3) - close"),
    ("ts_min_max_cps(close, 3)", "-2 * ts_min_max_diff(close, 3)"),
    ("ts_weighted_decay(close, k=0.5)", "(close + ts_delay(close, 1)) / 2"),
    ("ts_decay_exp_window(close, 4, factor=1)", "ts_mean(close, 4)"),
    ("ts_decay_exp_window(-close, 4)", "-ts_decay_exp_window(close, 4)"),
    ("ts_ewm_mean(2 * close, 3)", "2 * ts_ewm_mean(close, 3)"),
    ("ts_ewm_mean(close, 1)", "close"),
    ("ts_count_nans(-close, 3)", "ts_sum(is_nan(close), 3)"),
    ("kth_element(close, 4, k=1)", "ts_backfill(close, 4)"),
    ("last_diff_value(-close, d=4)", "-last_diff_value(close, d=4)"),
    ("days_from_last_change(-close, d=4)", "days_from_last_change(close, d=4)"),
    ("trade_when(2 * volume, -close, -1, d=4)", "-trade_when(volume, close, -1, d=4)"),
    ("ts_step(3)", "3 * ts_step(1)"),
    ("hump(-close, hump=0.1, d=4)", "-hump(close, hump=0.1, d=4)"),
    ("quantile(-close, sigma=2)", "-2 * quantile(rank(close))"),
    ("vector_neut(2 * close, -open)", "2 * close - 2 * vector_proj(close, open)"),
    ("regression_neut(close, 3 * open)", "close - regression_proj(close, open)"),
    ("ts_vector_neut(2 * close, -open, 3)", "2 * close - 2 * ts_vector_proj(close, open, 3)"),
    ("truncate(-2 * close)", "-2 * truncate(close)"),
    ("one_side(-close)", "-one_side(close, side=-1)"),
    ("group_min(-close, sector)", "-group_max(close, sector)"),
    ("group_percentage(close, sector)", "group_median(close, sector)"),
    ("group_scale(-close, sector)", "1 - group_scale(close, sector)"),
    ("group_std_dev(-2 * close, sector)", "2 * group_std_dev(close, sector)"),
    ("group_normalize(group_normalize(close, sector), sector)", "group_normalize(close, sector)"),
    ("group_count(-close, sector)", "group_count(close, sector)"),
    ("sqrt(2 + 2)", "2"),
    ("1 < 2", "1"),
]  # fmt: skip

DIFFERENT = [
    ("close - close", "0"),
    ("close / close", "1"),
    ("0 * close", "0"),
    ("close ** 0", "1"),
    ("close / (open / low)", "close * low / open"),
    ("inverse(inverse(close))", "close"),
    ("close * open / open", "close"),
    ("sqrt(close) ** 2", "close"),
    ("sqrt(close ** 2)", "close"),
    ("max(close, min(close, open))", "close"),
    ("if_else(close > open, low, low)", "low"),
    ("rank(zscore(close))", "rank(close)"),
    ("rank(scale(close))", "rank(close)"),
    ("normalize(scale(close))", "scale(close)"),
    ("zscore(close + open)", "zscore(close) + zscore(open)"),
    ("abs(close + open)", "abs(close) + abs(open)"),
    ("ts_rank(close, 1)", "0.5"),
    ("ts_arg_max(close, 1)", "0"),
    ("ts_corr(close, close, 3)", "1"),
    ("ts_mean(5, 3)", "5"),
    ("ts_delay(5, 3)", "5"),
    ("rank(5)", "0.5"),
    ("ts_mean(ts_mean(close, 2), 3)", "ts_mean(close, 4)"),
    ("ts_std_dev(close + open, 3)", "ts_std_dev(close, 3) + ts_std_dev(open, 3)"),
    ("group_zscore(close, sector)", "zscore(close)"),
    ("1 / 0", "0"),
    ("log(close * open)", "log(close) + log(open)"),
    ("signed_power(close, 2)", "close ** 2"),
    ("close < open", "close <= open"),
    ("1 - (close < open)", "close < open"),
    ("rank(close)", "rank(-close)"),
    ("and(close, open)", "close * open"),
    ("and(close, open)", "or(close, open)"),
    ("not(not(close))", "close"),
    ("floor(2 * close)", "2 * floor(close)"),
    ("s_log_1p(2 * close)", "s_log_1p(close)"),
    ("left_tail(2 * close, maximum=2)", "2 * left_tail(close, maximum=1)"),
    ("ts_median(close + open, 3)", "ts_median(close, 3) + ts_median(open, 3)"),
    ("ts_percentile(close, 4, percentage=0.2)", "ts_percentile(close, 4, percentage=0.8)"),
    ("ts_regression(close, volume, 4)", "ts_regression(volume, close, 4)"),
    ("ts_regression(close, close, 4)", "0 * close"),
    ("ts_decay_exp_window(close, 4, factor=0)", "close"),
    ("kth_element(close, 4, k=2)", "ts_delay(close, 1)"),
    ("quantile(close)", "quantile(close, driver=cauchy)"),
    ("vector_neut(close, open)", "regression_neut(close, open)"),
    ("hump(2 * close, hump=0.1, d=4)", "hump(close, hump=0.1, d=4)"),
    ("trade_when(-volume, close, -1, d=4)", "trade_when(volume, close, -1, d=4)"),
    ("ts_skewness(close, 4)", "ts_skewness(-close, 4)"),
]


def same(left, right):
    return np.allclose(left, right, rtol=1e-6, atol=1e-8, equal_nan=True)


@pytest.mark.parametrize(("left", "right"), IDENTITIES)
def test_equal_spellings_share_an_id(left, right):
    assert str(canonical(parse(left))) == str(canonical(parse(right)))
    assert expression_id(parse(left)) == expression_id(parse(right))


@pytest.mark.parametrize(("left", "right"), IDENTITIES)
def test_equal_spellings_have_the_same_values(left, right):
    for seed in range(3):
        fields = market(seed)
        assert same(evaluate(parse(left), fields), evaluate(parse(right), fields))


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_what_differs_somewhere_has_two_ids(left, right):
    assert expression_id(parse(left)) != expression_id(parse(right))


def test_the_list_is_long_enough():
    assert len(IDENTITIES) >= 40
    assert set(VALUES) == set(OPERATORS)


def test_the_id_is_the_head_of_the_texts_sha256():
    expr = parse("open + close")
    assert str(canonical(expr)) == "close + open"
    assert expression_id(expr) == hashlib.sha256(b"close + open").hexdigest()[:16]
    assert re.fullmatch("[0-9a-f]{16}", expression_id(expr))


def test_ids_stay_what_they_are():
    # Written into ledgers: a change of these is a change of every factor's name.
    assert expression_id(parse("rank(-ts_delta(close, 5))")) == "cda8b8942d78f253"
    assert expression_id(parse("ts_corr(rank(close), rank(volume), 10)")) == "80bbf0a05f97511d"


@pytest.mark.parametrize("operator", [o for o in OPERATORS.values() if o.commutative], ids=lambda o: o.name)
def test_what_is_declared_commutative_is_sorted(operator):
    tail = [Constant(5.0)] * (len(operator.params) - 2)
    straight = Call(operator.name, (Field("close"), Field("open"), *tail))
    turned = Call(operator.name, (Field("open"), Field("close"), *tail))
    assert expression_id(straight) == expression_id(turned)


@given(expressions(max_leaves=20))
def test_canonical_is_idempotent_and_readable(expr):
    form = canonical(expr)
    assert canonical(form) == form
    assert parse(str(form)) == form


@given(typed_expressions(max_leaves=20))
def test_typed_canonical_is_idempotent(expr):
    form = canonical(expr)
    assert canonical(form) == form


@given(expressions(max_leaves=10, longest_window=4), st.integers(0, 3))
def test_the_form_has_the_values_of_the_expression(expr, seed):
    fields = market(seed)
    try:
        left, right = evaluate(expr, fields), evaluate(canonical(expr), fields)
    except IllConditioned:
        assume(False)
    assert same(left, right), canonical(expr)


@pytest.mark.parametrize(
    "text",
    [
        "1e10 * close * 1e10 * 1e10",
        "close * 1e20",
        "1e-20 * close + open",
        "power(10, 400)",
        "2 ** 60 * close",
        "1e300 * 1e300",
    ],
)
def test_constants_that_could_overflow_stay_where_they_are(text):
    form = canonical(parse(text))
    assert canonical(form) == form


def test_long_and_deep_formulas_end_quickly():
    for text in (
        "+".join(f"a{i}" for i in range(2000)),
        "*".join(f"a{i}" for i in range(2000)),
        "/".join(f"a{i}" for i in range(2000)),
        "ts_rank(-" * 1000 + "x" + ", 5)" * 1000,
        "min(a + " * 1000 + "x" + ", b)" * 1000,
        "(a + b * " * 1000 + "x" + ")" * 1000,
    ):
        form = canonical(parse(text))
        assert canonical(form) == form
