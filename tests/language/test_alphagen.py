from __future__ import annotations

import contextlib
import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lode.engine import Evaluator
from lode.errors import ExpressionError
from lode.language import canonical, parse
from lode.language.dialects import from_alphagen, to_alphagen
from lode.language.dialects.alphagen import _PATTERNS as SAYABLE
from tests.language.strategies import expressions


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("$close", "close"),
        ("Div(Ref($close,5d),close)", "ts_delay(close, 5) / close"),
        ("Sub(Mean($close,20d),Mul(-0.5,Constant(2)))", "ts_mean(close, 20) - -0.5 * 2"),
        ("CSRank(Greater(Delta($low,10),Log($volume)))", "rank(max(ts_delta(low, 10), log(volume)))"),
        ("Corr($close,Pow($volume,0.5),30d)", "ts_corr(close, volume ** 0.5, 30)"),
        ("Abs(Less(Var($close,5d),Cov($open,$close,4d)))",
         "abs(min(ts_std_dev(close, 5) ** 2, ts_covariance(open, close, 4)))"),
    ],
)  # fmt: skip
def test_reads(text, meaning):
    assert from_alphagen(text) == parse(meaning)


def written(expr):
    """The text, or None where a part cannot be said."""
    with contextlib.suppress(ExpressionError):
        return to_alphagen(expr)
    return None


@given(expressions(names=sorted(SAYABLE), max_leaves=10))
def test_what_is_written_reads_back_as_the_same_formula(expr):
    text = written(expr)
    assume(text is not None)
    assert canonical(from_alphagen(text)) == canonical(expr)
    assert not re.search(r"\de[-+]?\d", text), "AlphaGen reads no exponents"


def test_a_mean_that_fades_is_written_where_its_factor_is_alphagen_s():
    text = "EMA(Log($open),40d)"
    assert to_alphagen(from_alphagen(text)) == text
    with pytest.raises(ExpressionError, match="AlphaGen has no way to say `ts_decay_exp_window"):
        to_alphagen(parse("ts_decay_exp_window(close, 20, factor=0.5)"))


WINDOW = np.array([3.0, 1.0, 5.0, 2.0, 4.0, 2.5])


def moment(order):
    return ((WINDOW - WINDOW.mean()) ** order).mean()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rank($close,6d)", 4 / 6),  # three are larger: the fourth from above
        ("Med($close,6d)", 2.5),  # the lower of 2.5 and 3
        ("Med($close,5d)", 2.5),
        ("Skew($close,6d)", moment(3) / moment(2) ** 1.5),
        ("Kurt($close,6d)", moment(4) / WINDOW.var(ddof=1) ** 2 - 3),
        ("WMA($close,6d)", WINDOW @ np.arange(6) / 15),
        ("EMA($close,6d)", WINDOW @ (5 / 7) ** np.arange(5, -1, -1) / ((5 / 7) ** np.arange(6)).sum()),
        ("Sum($close,6d)", WINDOW.sum()),
    ],
)
def test_values_are_those_of_alphagen_s_definitions(text, expected):
    close = WINDOW.astype(np.float32)[:, None]
    assert Evaluator({"close": close}).value(from_alphagen(text))[-1, 0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("text", "said", "column"),
    [
        ("Add($close,Meen($open,5d))", "AlphaGen has no operator `Meen`; did you mean `Mean`?", 11),
        ("Ref($close,-5d)", "-5 sessions ago is in the future", 0),
        ("$close+$open", "AlphaGen has no `+` between values", 6),
        ("(close)", "a parenthesis follows the name of an operator", 0),
        ("Mean($close,$open)", "argument 2 of `Mean` must be a number", 0),
        ("Mad($close,5d)", "cannot be said in the language", 0),
        ("Mean(volum,5d)", "unknown field `volum`", 5),
        ("Mean($close,2.5d)", "must be a whole number from 1 to 2520, not 2.5", 0),
    ],
)
def test_errors_point_at_the_place(text, said, column):
    with pytest.raises(ExpressionError, match=re.escape(said)) as shown:
        from_alphagen(text, {"open", "close", "volume"})
    assert shown.value.position == column


@given(st.text("$closeMeanAdd(),5d-. 0", max_size=40))
def test_any_text_is_an_expression_or_a_clear_error(text):
    shown = None
    try:
        from_alphagen(text)
    except ExpressionError as error:
        shown = error
    assert shown is None or 0 <= shown.position <= len(text)


def test_what_alphagen_cannot_say_is_named():
    with pytest.raises(ExpressionError, match="AlphaGen has no way to say `close < open`"):
        to_alphagen(parse("rank(close < open)"))
