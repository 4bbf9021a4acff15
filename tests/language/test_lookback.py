from __future__ import annotations

import pytest
from hypothesis import given

from lode.errors import ExpressionError
from lode.language import OPERATORS, Call, Field, lookback, parse
from tests.language.strategies import expressions


@pytest.mark.parametrize(
    ("text", "sessions"),
    [
        ("close", 0),
        ("5", 0),
        ("rank(close / open)", 0),
        ("ts_delta(close, 5)", 5),
        ("ts_delay(close, 1)", 1),
        ("ts_mean(close, 20)", 19),
        ("ts_mean(close, 1)", 0),
        ("ts_backfill(volume, 5)", 4),
        ("ts_mean(ts_delta(close, 5), 20)", 24),
        ("ts_delta(close, 5) + ts_mean(close, 20)", 19),
        ("ts_corr(ts_delay(close, 3), volume, 10)", 12),
        ("group_rank(ts_rank(close, 10), sector)", 9),
    ],
)
def test_lookback(text, sessions):
    assert lookback(parse(text)) == sessions


@given(expressions())
def test_an_operator_never_looks_less_far_than_its_arguments(expr):
    assert lookback(expr) >= max((lookback(arg) for arg in expr.children), default=0)


def test_windows_reach_inside_or_one_session_beyond():
    for operator in OPERATORS.values():
        values = [None if p.kind == "series" else 7.0 if p.kind == "window" else p.default for p in operator.params]
        found = operator.lookback(values)
        if operator.name in {"log_diff", "ts_weighted_decay", "hump_decay"}:
            assert found == 1
        elif any(p.kind == "window" for p in operator.params):
            assert found == (7 if operator.name in {"ts_delta", "ts_delay", "ts_returns", "inst_tvr"} else 6)
        else:
            assert found == 0
    assert lookback(parse("ts_regression(close, open, 7, lag=3)")) == 9


def test_an_unknown_operator_is_named():
    with pytest.raises(ExpressionError, match="unknown operator `nope`"):
        lookback(Call("nope", (Field("close"),)))


def test_a_window_that_is_no_constant_is_refused():
    with pytest.raises(ExpressionError, match="constant"):
        lookback(Call("ts_mean", (Field("close"), Field("open"))))
