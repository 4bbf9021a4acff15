from __future__ import annotations

import pytest

from lode.errors import ExpressionError
from lode.language.dialects import read_any

FIELDS = {"open", "high", "low", "close", "volume", "sector"}


@pytest.mark.parametrize(
    ("text", "dialect", "meant"),
    [
        ("Ref($close, 5)/$close", "qlib", "ts_delay(close, 5) / close"),
        ("($close-$open)/$open", "qlib", "(close - open) / open"),
        ("Mean($close, 5)", "qlib", "ts_mean(close, 5)"),
        ("Rank($close,4)", "qlib", "(ts_rank(close, 4) * 3 + 1) / 4"),
        ("Rank($close,4d)", "AlphaGen", "(4 - ts_rank(close, 4) * 3) / 4"),
        ("Div(Ref($close,5d),$close)", "AlphaGen", "ts_delay(close, 5) / close"),
        ("CSRank($close)", "AlphaGen", "rank(close)"),
        ("Mul(Constant(2.0),$volume)", "AlphaGen", "2 * volume"),
        ("rank(close) - 1", None, "rank(close) - 1"),
        ("close", None, "close"),
        ("Rank(close, rate=0) + Log(high / low)", None, "rank(close) + log(high / low)"),
        ("Max(close, open)", None, "max(close, open)"),
    ],
)
def test_the_dialect_is_known_by_dollar_signs_and_names(text, dialect, meant):
    expression, found = read_any(text, FIELDS)
    assert (str(expression), found) == (meant, dialect)


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("Ref($clse, 5)", 4, "did you mean `close`"),
        ("Ref(close, 5) / close", 4, r"written with a dollar sign: \$close"),
        ("rank($close)", 5, "written without `\\$`"),
        ("Ref($close, -2) / $close", 0, "in the future"),
        ("Ref($close, -2d)", 0, "in the future"),
        ("EMA($close,-1d)", 0, "d must be a whole number from 1 to 2520, not -1"),
        ("Ref($lambda, 2)", 4, "`lambda` is a word of Python"),
        ("Ref($rank, 2)", 4, "`rank` is an operator"),
        ("Foo($close, 5)", 0, "qlib has no operator `Foo`"),
        ("correlation(close, volume, 5)", 0, "did you mean `ts_corr`"),
        ("rank(stddev(close, 5))", 5, "did you mean `ts_std_dev`"),
        ("rank(adv20)", 5, r"did you mean `ts_mean\(dollar_volume, 20\)`"),
        ("cap / close", 0, "did you mean `market_cap`"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(text, position, said):
    with pytest.raises(ExpressionError, match=said) as caught:
        read_any(text, {*FIELDS, "market_cap"})
    assert caught.value.position == position
