"""Published options, as what they mean in the language."""

from __future__ import annotations

import pytest

from lode.errors import ExpressionError
from lode.language import OPERATORS, canonical, expression_id, parse

FOUR_RANKS = (
    "(ts_rank(x, 5) * ts_rank(y, 5) * ts_rank(z, 5) * ts_rank(w, 5)) ** 0.25 - "
    "(ts_rank(x, 5) + ts_rank(y, 5) + ts_rank(z, 5) + ts_rank(w, 5)) / 4"
)
MEANINGS = [
    ("rank(x, rate=2)", "rank(x)"),
    ("rank(x, 0)", "rank(x)"),
    ("Rank(x, Rate=0)", "rank(x)"),
    ("ts_rank(x, 5, constant=0)", "ts_rank(x, 5)"),
    ("ts_rank(x, 5, constant=1)", "ts_rank(x, 5) + 1"),
    ("ts_scale(x, 5, constant=1)", "ts_scale(x, 5) + 1"),
    ("ts_decay_linear(x, 5, dense=true)", "ts_decay_linear(x, 5)"),
    ("ts_decay_linear(x, 5, dense=false)", "ts_decay_linear(to_nan(x, 0, 1), 5)"),
    ("scale(x, scale=1, longscale=1, shortscale=1)", "scale(x)"),
    ("scale(x, scale=4)", "4 * scale(x)"),
    ("scale(x, longscale=4, shortscale=3)", "scale_by_side(x, 4, 3)"),
    ("scale(x, scale=2, longscale=0)", "2 * scale_by_side(x, 0, 1)"),
    ("normalize(x, useStd=false, limit=0.0)", "normalize(x)"),
    ("normalize(x, useStd=true)", "zscore(x)"),
    ("normalize(x, limit=0.5)", "clamp(normalize(x), -0.5, 0.5)"),
    ("normalize(x, true, 2)", "clamp(zscore(x), -2, 2)"),
    ('ts_backfill(x, lookback=5, k=1, ignore="NAN")', "ts_backfill(x, 5)"),
    ("ts_backfill(x, 5, k=2)", "if_else(is_nan(x), kth_element(x, 5, 2), x)"),
    ('ts_backfill(x, 5, ignore="NAN 0")', "ts_backfill(to_nan(x, 0), 5)"),
    ('kth_element(x, 5, k="2", ignore="NAN")', "kth_element(x, 5, 2)"),
    ("kth_element(x, 5, k=2, ignore='NAN 0, -1')", "kth_element(to_nan(to_nan(x, 0), -1), 5, 2)"),
    ("add(x, y, filter=false)", "x + y"),
    ("add(x, y, filter=true)", "to_nan(x, 0, 1) + to_nan(y, 0, 1)"),
    ("add(x, y, z, filter=true)", "to_nan(x, 0, 1) + to_nan(y, 0, 1) + to_nan(z, 0, 1)"),
    ("subtract(x, y, Filter=True)", "to_nan(x, 0, 1) - to_nan(y, 0, 1)"),
    ("multiply(x, y, z, filter=true)", "to_nan(x, 1, 1) * to_nan(y, 1, 1) * to_nan(z, 1, 1)"),
    ("group_mean(x, 1, sector)", "group_weighted_mean(x, 1, sector)"),
    ("group_mean(x, weight=y, group=sector)", "group_weighted_mean(x, y, sector)"),
    ("group_normalize(x, sector, scale=2)", "2 * group_normalize(x, sector)"),
    ("group_normalize(x, sector, constantCheck=false, tolerance=0.1, scale=2)", "2 * group_normalize(x, sector)"),
    ("power(x, 2, precise=true)", "x ** 2"),
    ("ts_weighted_delay(x, k=0.3)", "ts_weighted_decay(x, 0.3)"),
    ("if_else(TRUE, x, False)", "if_else(1, x, 0)"),
    ("rank_by_side(x, rate=0, scale=2)", "rank_by_side(x, scale=2)"),
    ('quantile(x, driver="cauchy", sigma=1.0)', "quantile(x, cauchy)"),
    ("one_side(x, side=long)", "one_side(x)"),
    ('one_side(x, side="short")', "one_side(x, -1)"),
    ("Trade_When(x=x > 0, y=y, z=false)", "trade_when(x > 0, y, 0)"),
    ("to_nan(x, value=0, reverse=true)", "to_nan(x, 0, 1)"),
    ("if_else(true, x, False)", "if_else(1, x, 0)"),
    ("rank_gmean_amean_diff(x, y, z)",
     "(rank(x) * rank(y) * rank(z)) ** 0.3333333333333333 - (rank(x) + rank(y) + rank(z)) / 3"),
    ("ts_rank_gmean_amean_diff(x, y, z, w, 5)", FOUR_RANKS),
]  # fmt: skip


@pytest.mark.parametrize(("text", "meaning"), MEANINGS)
def test_what_options_mean(text, meaning):
    assert parse(text) == parse(meaning)
    assert parse(str(parse(text))) == parse(text)


IDS = {
    "rank(close)": "843b1f97b9e6376b",
    "scale(close)": "613fd335a1a237cd",
    "normalize(close)": "e3d67810daa0aba7",
    "ts_rank(close, 5)": "a0f54d99b73a4a4e",
    "ts_scale(close, 5)": "090a8543b1877b5f",
    "ts_decay_linear(close, 5)": "c64b897ed7005c42",
    "ts_backfill(close, 5)": "ac3f4d65c930485b",
    "kth_element(close, 5, k=2)": "c185fc443beff2a6",
    "group_mean(close, sector)": "ced76373a8b82688",
    "close + open": "8f13409272f792db",
    "close * open": "0911b7a2eb1569fd",
    "group_normalize(close, sector)": "6856d2be8510b0d8",
    "one_side(close)": "2d9612a2657a52b8",
    "quantile(close)": "10acb66967c0f158",
    "trade_when(close, open, -1)": "b2831cea19b0993d",
}


@pytest.mark.parametrize("text", IDS)
def test_spellings_from_before_the_options_keep_their_ids(text):
    assert expression_id(parse(text)) == IDS[text]


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("rank(x, rate=-1)", 13, "rate must be a number from 0 to 2, not -1"),
        ("rank(x, rate=y)", 13, "rate must be a number from 0 to 2, not y"),
        ("rank(x, 5)", 8, "rate must be a number from 0 to 2, not 5"),
        ("group_normalize(x, sector, constantCheck=true)", 41, "constantCheck must be false, not 1"),
        ("a = x; rank(a)", 5, "there is one formula"),
        ("vec_avg(x)", 0, "published by WorldQuant and left out here"),
        ("rank(x, 2, 3)", 0, "takes 1 to 2 arguments, not 3"),
        ("ts_decay_linear(x, 5, dense=2)", 28, "dense must be false or true, not 2"),
        ("normalize(x, limit=-1)", 19, "limit must be a number from 0"),
        ("normalize(x, limit=1, limit=2)", 22, "is given `limit` twice"),
        ("ts_backfill(x, 5, k=0)", 20, "k must be a whole number from 1"),
        ("ts_backfill(x, 5, ignore=0)", 25, 'ignore must be "NAN"'),
        ('ts_backfill(x, 5, ignore="0")', 26, "missing values are always passed over"),
        ('kth_element(x, 5, k="two")', 21, "`two` is no number"),
        ('quantile(x, driver="normal")', 19, "driver must be gaussian, uniform or cauchy"),
        ("add(x, y, true)", 10, "options are given by name here: filter=true"),
        ("group_mean(x, y, z, sector)", 0, "group_weighted_mean(x, weight, group) takes 3 arguments, not 4"),
        ("ts_rank_gmean_amean_diff(x, y, z, 0)", 34, "d must be a whole number from 1"),
        ("ts_rank_gmean_amean_diff(x, 5)", 0, "`d` is missing"),
        ('rank("x")', 5, "there are no strings"),
        ('x + "1"', 4, "there are no strings"),
        ('ts_mean("close", 5)', 8, "there are no strings"),
        ('bucket(x, range="0; 1")', 16, "there are no strings"),
        ('bucket(x, range="0, 1', 16, "there are no strings"),
        ('bucket(x, range="0, 1, 0.1" "2")', 28, "missing or out of place"),
        ('bucket(x, rangef"0, 1, 0.1")', 16, "a sign or a comma is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_them_is_pointed_at(text, position, said):
    with pytest.raises(ExpressionError) as caught:
        parse(text, ["x", "y", "z", "sector"])
    assert said in str(caught.value)
    assert caught.value.position == position


def test_options_are_on_the_signature_and_have_a_meaning():
    assert OPERATORS["rank"].signature == "rank(x, rate=2)"
    assert OPERATORS["scale"].signature == "scale(x, scale=1, longscale=1, shortscale=1)"
    assert OPERATORS["ts_backfill"].signature == 'ts_backfill(x, d, k=1, ignore="NAN")'
    assert OPERATORS["normalize"].signature == "normalize(x, useStd=false, limit=0)"
    for operator in OPERATORS.values():
        assert not operator.options or (operator.meaning and operator.meaning.__doc__)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("group_mean(close, 3, sector)", "group_mean(close, sector)"),
        ("group_mean(close, 2 * volume, sector)", "group_mean(close, volume, sector)"),
        ("group_rank(close, densify(sector))", "group_rank(close, sector)"),
        ("group_rank(close, group_cartesian_product(sector, bucket(open, buckets='1')))",
         "group_rank(close, group_cartesian_product(bucket(open, buckets='1'), sector))"),
        ("group_rank(close, bucket(open, buckets='1', skipBoth=true))",
         "group_rank(close, bucket(open, buckets='1', skipBegin=true, skipEnd=true))"),
        ("group_rank(close, bucket(open, range='0, 1, 0.5'))", "group_rank(close, bucket(open, buckets='0 0.5 1'))"),
        ("inst_tvr(close, 5)", "ts_sum(abs(close - ts_delay(close, 1)), 5) / ts_sum(abs(close), 5)"),
        ("scale_down(2 * close, constant=1)", "scale_down(close) - 1"),
        ("ts_theilsen(2 * close, 3 * open, 5)", "1.5 * ts_theilsen(close, open, 5)"),
        ("ts_triple_corr(close, open, -low, 5)", "-ts_triple_corr(low, close, open, 5)"),
        ("ts_partial_corr(close, open, -low, 5)", "ts_partial_corr(open, close, low, 5)"),
        ("ts_co_skewness(-close, -open, 5)", "-ts_co_skewness(close, open, 5)"),
        ("group_vector_neut(close, 2 * open, sector)", "close - group_vector_proj(close, open, sector)"),
        ("rank_gmean_amean_diff(open, close)", "sqrt(rank(close) * rank(open)) - (rank(open) + rank(close)) / 2"),
    ],
)  # fmt: skip
def test_equal_spellings_share_an_id(left, right):
    assert str(canonical(parse(left))) == str(canonical(parse(right)))
