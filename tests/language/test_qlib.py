from __future__ import annotations

import contextlib
import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lode.engine import Evaluator
from lode.errors import ExpressionError
from lode.language import canonical, expression_id, parse
from lode.language.dialects import from_qlib, to_qlib
from lode.language.dialects.qlib import _PATTERNS as SAYABLE
from lode.library import LIBRARY
from tests.language.strategies import expressions

# Alpha158 as qlib's loader writes it, over 5 sessions
QLIB_ALPHA158 = {
    "kmid2": "($close-$open)/($high-$low+1e-12)",
    "kup": "($high-Greater($open, $close))/$open",
    "klow2": "(Less($open, $close)-$low)/($high-$low+1e-12)",
    "ksft": "(2*$close-$high-$low)/$open",
    "vwap0": "$vwap/$close",
    "roc5": "Ref($close, 5)/$close",
    "ma5": "Mean($close, 5)/$close",
    "std5": "Std($close, 5)/$close",
    "beta5": "Slope($close, 5)/$close",
    "rsqr5": "Rsquare($close, 5)",
    "resi5": "Resi($close, 5)/$close",
    "max5": "Max($high, 5)/$close",
    "min5": "Min($low, 5)/$close",
    "qtlu5": "Quantile($close, 5, 0.8)/$close",
    "qtld5": "Quantile($close, 5, 0.2)/$close",
    "rank5": "Rank($close, 5)",
    "rsv5": "($close-Min($low, 5))/(Max($high, 5)-Min($low, 5)+1e-12)",
    "imax5": "IdxMax($high, 5)/5",
    "imin5": "IdxMin($low, 5)/5",
    "imxd5": "(IdxMax($high, 5)-IdxMin($low, 5))/5",
    "corr5": "Corr($close, Log($volume+1), 5)",
    "cord5": "Corr($close/Ref($close,1), Log($volume/Ref($volume, 1)+1), 5)",
    "cntp5": "Mean($close>Ref($close, 1), 5)",
    "cntd5": "Mean($close>Ref($close, 1), 5)-Mean($close<Ref($close, 1), 5)",
    "sump5": "Sum(Greater($close-Ref($close, 1), 0), 5)/(Sum(Abs($close-Ref($close, 1)), 5)+1e-12)",
    "sumd5": (
        "(Sum(Greater($close-Ref($close, 1), 0), 5)-Sum(Greater(Ref($close, 1)-$close, 0), 5))"
        "/(Sum(Abs($close-Ref($close, 1)), 5)+1e-12)"
    ),
    "vma5": "Mean($volume, 5)/($volume+1e-12)",
    "vstd5": "Std($volume, 5)/($volume+1e-12)",
    "wvma5": "Std(Abs($close/Ref($close, 1)-1)*$volume, 5)/(Mean(Abs($close/Ref($close, 1)-1)*$volume, 5)+1e-12)",
}


@pytest.mark.parametrize(("name", "text"), QLIB_ALPHA158.items())
def test_qlib_s_text_is_the_library_s_formula(name, text):
    assert expression_id(from_qlib(text)) == expression_id(LIBRARY[f"alpha158.{name}"].tree)


@pytest.mark.parametrize("name", [key for key in LIBRARY if key.startswith(("alpha158.", "alpha360.c"))])
def test_what_qlib_published_can_be_written_for_it_again(name):
    tree = LIBRARY[name].tree
    assert expression_id(from_qlib(to_qlib(tree))) == expression_id(tree)


def written(expr):
    """The text, or None where a part cannot be said."""
    with contextlib.suppress(ExpressionError):
        return to_qlib(expr)
    return None


@given(expressions(names=sorted(SAYABLE), max_leaves=10))
def test_what_is_written_reads_back_as_the_same_formula(expr):
    text = written(expr)
    assume(text is not None)
    assert canonical(from_qlib(text)) == canonical(expr)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("$close", "close"),
        ("-$close**2", "-(close ** 2)"),
        ("2**-1*$close", "2 ** -1 * close"),
        ("$open-$close-$low", "open - close - low"),
        ("($close > $open) & ($volume > 0)", "and(close > open, volume > 0)"),
        ("~($close >= $open) | Not($low)", "or(not(close >= open), not(low))"),
        ("If(Gt($close, 0), Sign($close), Power($close, 2))", "if_else(close > 0, sign(close), close ** 2)"),
        ("Var($close, 5) + Count($close, 5)", "ts_std_dev(close, 5) ** 2 + (5 - ts_count_nans(close, 5))"),
        ("EMA($close, 12) - EMA($close, 0.5)", "ts_ewm_mean(close, 12, d=250) - ts_ewm_mean(close, 3, d=250)"),
        ("Delta($close,5)/Med($close,9)*Cov($open,$close,4)",
         "ts_delta(close, 5) / ts_median(close, 9) * ts_covariance(open, close, 4)"),
    ],
)  # fmt: skip
def test_reads(text, meaning):
    assert from_qlib(text) == parse(meaning)


@pytest.mark.parametrize(
    ("text", "said", "column"),
    [
        ("$close + Meen($close, 5)", "qlib has no operator `Meen`; did you mean `Mean`?", 9),
        ("Ref($close, -2)/$close", "-2 sessions ago is in the future", 0),
        ("Ref($close, 0)", "0 sessions ago is today", 0),
        ("1 + Mad($close, 5)", "`Mad` cannot be said in the language", 4),
        ("Mean($close, $open)", "argument 2 of `Mean` must be a number, not `open`", 0),
        ("Mean($close)", "`Mean` takes 2 arguments, not 1", 0),
        ("Mean($close, 0)", "d must be a whole number from 1 to 2520, not 0", 0),
        ("close/$open", "fields are written with a dollar sign: $close", 0),
        ("$open + $clos", "unknown field `clos`; did you mean `close`", 8),
        ("$close > $open > $low", "comparisons do not chain", 15),
        ("($close", "never closed", 0),
        ("$close)", "nothing was opened", 6),
        ("$close $open", "missing or out of place", 7),
        ("Mean(, 5)", "missing or out of place", 5),
        ("$close.real", "not part of qlib's language", 6),
        ("__import__('os')", "not part of qlib's language", 11),
        ("Mean($close, 20d)", "writes windows as whole numbers: 20", 13),
        ("", "missing or out of place", 0),
    ],
)
def test_errors_point_at_the_place(text, said, column):
    with pytest.raises(ExpressionError, match=re.escape(said)) as shown:
        from_qlib(text, {"open", "close", "low"})
    assert shown.value.position == column


@given(st.text("$closeMean(),5+-*/<>&|~. 0", max_size=40))
def test_any_text_is_an_expression_or_a_clear_error(text):
    shown = None
    try:
        from_qlib(text)
    except ExpressionError as error:
        shown = error
    assert shown is None or 0 <= shown.position <= len(text)


def test_depth_costs_no_recursion():
    expr = from_qlib("Abs(" * 2500 + "$close" + ")" * 2500)
    assert expr.depth == 2501
    assert to_qlib(expr).count("Abs(") == 2500


def test_what_qlib_cannot_say_is_named():
    with pytest.raises(ExpressionError, match=r"qlib has no way to say `rank\(close\)`; it knows abs, add"):
        to_qlib(parse("1 + rank(close)"))
    with pytest.raises(ExpressionError, match="ts_ewm_mean"):
        to_qlib(parse("ts_ewm_mean(close, 12, d=20)"))


def test_scales_of_ranks_and_places_are_qlib_s():
    close = np.array([[3], [1], [5], [2], [4]], np.float32)
    value = Evaluator({"close": close}).value
    assert value(from_qlib("Rank($close, 5)"))[-1, 0] == pytest.approx(0.8)  # fourth of five
    assert value(from_qlib("IdxMax($close, 5)"))[-1, 0] == 3
    assert value(from_qlib("IdxMin($close, 5)"))[-1, 0] == 2
    # weights 1 to 5 over 15, and qlib takes the mean of the five products
    assert value(from_qlib("WMA($close, 5)"))[-1, 0] == pytest.approx((3 + 2 + 15 + 8 + 20) / 15 / 5)
