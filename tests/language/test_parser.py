from __future__ import annotations

import gc
import string
import threading
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lode.errors import ExpressionError
from lode.language import OPERATORS, Call, Constant, Field, Numbers, check, parse
from tests.language.strategies import expressions

PRESENT = ["open", "high", "low", "close", "volume", "sector"]


def refused(text, fields=PRESENT):
    with pytest.raises(ExpressionError) as caught:
        parse(text, fields)
    return caught.value


def test_calls_infix_and_numbers():
    assert parse("rank(-ts_delta(close, 5))") == Call(
        "rank", (Call("reverse", (Call("ts_delta", (Field("close"), Constant(5.0))),)),)
    )
    assert parse("add(close, 1.5e3)") == parse("close + 1500") == Call("add", (Field("close"), Constant(1500.0)))


@pytest.mark.parametrize(
    ("infix", "called"),
    [
        ("a + b * c", "add(a, multiply(b, c))"),
        ("a - b - c", "subtract(subtract(a, b), c)"),
        ("a / b / c", "divide(divide(a, b), c)"),
        ("a ** b ** c", "power(a, power(b, c))"),
        ("-a ** b", "reverse(power(a, b))"),
        ("a < b + c", "less(a, add(b, c))"),
        ("a <= b", "less_equal(a, b)"),
        ("a > b", "greater(a, b)"),
        ("a >= b", "greater_equal(a, b)"),
        ("a == b", "equal(a, b)"),
        ("a != b", "not_equal(a, b)"),
        ("- - a", "reverse(reverse(a))"),
        ("((a)) * (b)", "multiply(a, b)"),
    ],
)
def test_precedence_is_pythons(infix, called):
    assert parse(infix) == parse(called)


def test_minus_before_a_number_is_part_of_it():
    assert parse("-5") == parse("-(5)") == Constant(-5.0)
    assert parse("a ** -2") == Call("power", (Field("a"), Constant(-2.0)))


def test_parameters_may_be_named_and_have_defaults():
    assert parse("winsorize(close)") == parse("winsorize(close, std=4)") == parse("winsorize(std=4, x=close)")
    assert parse("ts_mean(close, d=5)") == parse("ts_mean(close, 5)")


def test_an_absent_group_is_named_as_absent():
    with pytest.raises(ExpressionError, match=r"the group `sector` is absent here: .*; fields present: close, open"):
        parse("group_rank(close, sector)", ["close", "open"])
    with pytest.raises(ExpressionError, match="unknown field `country`"):
        parse("group_rank(close, country)", ["close", "open"])


def test_line_breaks_and_tabs_are_blanks():
    assert parse("rank(\n\tclose\r\n)\n") == parse("rank(close)")
    assert parse("close\n+ open") == parse("close + open")


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("rnk(close)", 0, ["unknown operator `rnk`", "`rank`"]),
        ("rank(ts_men(close, 5))", 5, ["unknown operator `ts_men`", "`ts_mean`"]),
        ("rank(clse)", 5, ["unknown field `clse`", "`close`", "close, high, low, open, sector, volume"]),
        ("rank(Close)", 5, ["`close`"]),
        ("rank", 0, ["is an operator", "rank(close)"]),
        ("ts_mean(close)", 0, ["ts_mean(x, d) takes 2 arguments, not 1", "`d`"]),
        ("1 + rank(close, open)", 16, ["rank(x, rate=2): rate must be a number from 0 to 2, not open"]),
        ("1 + log(close, open)", 4, ["log(x) takes 1 argument, not 2"]),
        ("winsorize()", 0, ["takes 1 to 2 arguments, not 0"]),
        ("ts_mean(close, 0)", 15, ["whole number from 1 to 2520, not 0"]),
        ("ts_mean(close, 2521)", 15, ["not 2521"]),
        ("ts_mean(close, -5)", 15, ["not -5"]),
        ("ts_mean(close, 2.5)", 15, ["whole number", "not 2.5"]),
        ("ts_mean(close, open)", 15, ["not open"]),
        ("ts_mean(close, 2 * 10)", 15, ["not an expression"]),
        ("ts_std_dev(close, 1)", 18, ["from 2"]),
        ("winsorize(close, std=-1)", 21, ["std must be a number from 0"]),
        ("winsorize(close, st=1)", 17, ["no parameter `st`"]),
        ("winsorize(close, std=1, std=2)", 24, ["`std` twice"]),
        ("rank(close, x=open)", 12, ["`x` twice"]),
        ("ts_mean(close, x=open)", 15, ["`x` twice"]),
        ("group_rank(close, close)", 18, ["a group field is needed", "sector", "`close`"]),
        ("group_rank(close, 5)", 18, ["a group field is needed"]),
        ("group_rank(close, close + 1)", 18, ["not an expression"]),
        ("rank(sector)", 5, ["`sector` is a group"]),
        ("sector + 1", 0, ["`sector` is a group"]),
        ("rank(close", 4, ["never closed"]),
        ("rank close", 5, ["missing or out of place"]),
        ("rank(close))", 11, ["closes nothing"]),
        ("close +", 7, ["missing or out of place"]),
        ("rank(close -) * 2", 12, ["missing or out of place"]),
        ("rank(close) + ", 13, ["missing or out of place"]),
        ("close open", 6, ["missing or out of place"]),
        ("5(close)", 2, ["missing or out of place"]),
        ("close = open", 6, ["missing or out of place"]),
        ("close, open", 0, ["only names, numbers, calls and signs"]),
        ("()", 0, ["nothing stands between"]),
        ("close < open < high", 0, ["do not chain"]),
        ("close // open", 0, ["only + - * / **"]),
        ("close % open", 6, ["`%` is not part"]),
        ("close ^ 2", 6, ["x ** y"]),
        ("$close", 0, ["without `$`"]),
        ("a ? b : c", 2, ["if_else"]),
        ("close.real", 5, ["no attributes"]),
        ("'close'", 0, ["no strings"]),
        ("[close]", 0, ["round parentheses"]),
        ("rank(lambda)", 5, ["word of Python"]),
        ("rank(*close)", 5, ["only names"]),
        ("rank(**close)", 5, ["no parameter"]),
        ("close if open else low", 6, ["word of Python"]),
        ("0x10", 0, ["not a number"]),
        ("1_000", 0, ["not a number"]),
        ("1e999", 0, ["largest"]),
        ("9" * 41, 0, ["at most 40"]),
        ("x" * 101, 0, ["at most 100"]),
        ("clos\x00e", 4, ["U+0000"]),
        ("\ud800", 0, ["U+D800"]),
        ("clöse", 2, ["`ö` is not part"]),
        ("", 0, ["empty"]),
        (" \n ", 0, ["empty"]),
    ],
)
def test_errors_point_at_the_place(text, position, says):
    error = refused(text)
    assert error.position == position
    for words in says:
        assert words in str(error)
    str(error).encode()


def test_without_fields_any_name_is_one():
    assert parse("anything_1 / _x").fields == {"anything_1", "_x"}
    assert parse("_ + (_)").fields == {"_"}


def test_groups_of_ones_own():
    assert parse("group_mean(close, country)", [*PRESENT, "country"]).fields == {"close", "country"}


def test_an_unknown_field_lists_those_present():
    assert "fields present: none" in str(refused("close", []))


def test_nothing_is_ever_run(tmp_path):
    marker = tmp_path / "ran"
    for text in (f"__import__('os').system('touch {marker}')", "exec(close)", "(lambda: 1)()", "open('x', 'w')"):
        refused(text)
    assert not marker.exists()


@pytest.mark.parametrize("depth", [200, 1000, 2500])
def test_deep_nesting_works(depth):
    expr = parse("rank(" * depth + "close" + ")" * depth)
    assert expr.depth == depth + 1
    assert parse(str(expr)) == expr
    mixed = parse("-(1 + " * depth + "close" + ")" * depth)
    assert parse(str(mixed)) == mixed


def test_ten_kilobytes_of_terms_work_or_say_why():
    assert parse("+".join(f"rank(a{i})" for i in range(1000))).size == 2999
    assert "put parentheses" in str(refused("a+" * 5000 + "a", None))
    assert "put parentheses" in str(refused("-" * 8000 + "a", None))
    assert "longest" in str(refused("a" * 20_001, None))


def test_hostile_nesting_ends_quickly():
    for text in (
        "(" * 10_000,
        ")" * 10_000,
        "(" * 9_000 + "x" + ")" * 8_999,
        "rank(" * 3_000,
        "f(" * 9_000 + ")" * 9_000,
    ):
        refused(text, None)


ALPHABET = st.one_of(
    st.sampled_from([*OPERATORS, *PRESENT, "lambda", "__class__", "5", "0", "-1", "2.5", "1e9", "std"]),
    st.sampled_from(list("()+-*/<>=!,. \n_[]{}'\"\\@#:;%&|~`$?")),
    st.sampled_from(list(string.printable)),
)


def read(text, fields=None):
    """The expression, or None where the text is refused with a place inside it."""
    try:
        return parse(text, fields)
    except ExpressionError as error:
        inside = error.position is None or 0 <= error.position <= len(error.text)
    if not inside:
        pytest.fail(f"points outside of {text!r}")
    return None


@given(st.one_of(st.text(max_size=200), st.lists(ALPHABET, max_size=60).map("".join)))
@example("f(" + ")")
@example("_(_)")
@example("x if")
def test_any_text_is_read_or_refused(text):
    expr = read(text, PRESENT)
    if expr is not None:
        check(expr, PRESENT)
        assert parse(str(expr), PRESENT) == expr


@given(expressions(), st.data())
def test_damaged_formulas_are_read_or_refused(expr, data):
    text = str(expr)
    at = data.draw(st.integers(0, len(text)))
    put = data.draw(st.sampled_from(["", "(", ")", ",", "-", "1", "x", ".", "="]))
    damaged = read(text[:at] + put + text[at + 1 :])
    assert damaged is None or parse(str(damaged)) == damaged


@given(expressions())
def test_generated_expressions_pass_the_check(expr):
    check(expr)


@pytest.mark.parametrize(
    ("expr", "says"),
    [
        (Call("nope", (Field("close"),)), "unknown operator `nope`"),
        (Call("log", ()), "takes 1 argument, not 0"),
        (Call("log", (Numbers((1, 2)),)), '"1, 2" is a list of numbers'),
        (Call("ts_mean", (Field("close"), Numbers((1, 2)))), 'd must be a whole number from 1 to 2520, not "1, 2"'),
        (Call("bucket", (Field("close"), Numbers((2, 1)), *[Constant(0.0)] * 4)), "buckets must be rising numbers"),
        (Call("bucket", (Field("close"), Constant(1.0), *[Constant(0.0)] * 4)), "buckets must be rising numbers"),
        (Call("ts_mean", (Field("close"), Field("open"))), "whole number"),
        (Call("rank", (Field("clse"),)), "unknown field `clse`"),
    ],
)
def test_check_refuses_what_parse_would(expr, says):
    with pytest.raises(ExpressionError, match=says):
        check(expr, PRESENT)


def test_of_a_long_formula_the_part_around_the_fault_is_shown():
    error = refused("close + " * 200 + "clse + open" + " + close" * 200)
    lines = str(error).splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) < 150
    assert lines[1][lines[2].index("^") :].startswith("clse + open")
    assert error.text[error.position :].startswith("clse + open")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("close > open and volume > 0", "and(close > open, volume > 0)"),
        ("close > open and not volume > 0 or low == 1", "or(and(close > open, not(volume > 0)), low == 1)"),
        ("(close) and (open) or not(low)", "or(and(close, open), not(low))"),
        ("and(or(close, open), low)", "and(or(close, open), low)"),
        ("and(close, open, low)", "and(and(close, open), low)"),
        ("max(close, open, low)", "max(max(close, open), low)"),
        ("add(close, open, low)", "close + open + low"),
        ("subtract(close, open, low)", "close - open - low"),
        ("rank(close, rate=0)", "rank(close)"),
        ("quantile(close, driver=cauchy)", "quantile(close, driver=cauchy, sigma=1)"),
        ("ts_quantile(close, 5, uniform)", "ts_quantile(close, 5, driver=uniform)"),
        ("ts_percentage(close, 5)", "ts_percentile(close, 5, percentage=0.5)"),
    ],
)
def test_published_spellings_are_read(text, meaning):
    assert str(parse(text)) == meaning
    assert parse(meaning) == parse(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("close and", "missing or out of place"),
        ("and(close)", "`y` is missing"),
        ("close and(open, low)", "only names, numbers"),
        ("quantile(close, driver=normal)", "driver must be gaussian, uniform or cauchy"),
        ("rank(close, rate=open)", "rate must be a number"),
        ("ts_regression(close, open, 5, rettype=10)", "rettype must be a whole number from 0 to 9"),
    ],
)
def test_what_is_wrong_with_them_is_said(text, reason):
    with pytest.raises(ExpressionError, match=reason):
        parse(text)


def test_threads_may_read_at_the_same_time():
    """Collections in the midst of reading let other threads in, which Python 3.11's own parser does not survive."""
    text = "rank(ts_corr(close * 2 + volume / 3 - open, ts_delay(volume, 3) * 4 - 7, 10)) + close / open - 3 * volume"
    failed: list[BaseException] = []

    def read() -> None:
        for _ in range(400):
            try:
                parse(text)
            except SystemError as error:
                failed.append(error)

    def let_others_in(phase: str, _: object) -> None:
        if phase == "start":
            time.sleep(0)

    before = gc.get_threshold()
    gc.callbacks.append(let_others_in)
    gc.set_threshold(5, 1, 1)
    try:
        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(let_others_in)
    assert failed == []
