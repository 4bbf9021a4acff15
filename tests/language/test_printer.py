from __future__ import annotations

import pytest
from hypothesis import given

from lode.language import OPERATORS, Call, Constant, Field, parse
from tests.language.strategies import expressions, typed_expressions


@given(expressions())
def test_text_parses_back_to_the_same_expression(expr):
    assert parse(str(expr)) == expr


@given(typed_expressions(max_leaves=30))
def test_typed_text_parses_back_to_the_same_expression(expr):
    assert parse(str(expr)) == expr


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a-(b-c)-d", "a - (b - c) - d"),
        ("a*(b/c)", "a * (b / c)"),
        ("(a*b)/c", "a * b / c"),
        ("-a**2", "-(a ** 2)"),
        ("(-a)**2", "(-a) ** 2"),
        ("(-5)**a", "(-5) ** a"),
        ("a**b**c", "a ** (b ** c)"),
        ("(a**b)**c", "(a ** b) ** c"),
        ("a**-b", "a ** -b"),
        ("-(a+b)*c", "-(a + b) * c"),
        ("a- -5", "a - -5"),
        ("--a", "-(-a)"),
        ("(a<b)==(c<d)", "(a < b) == (c < d)"),
        ("(a<b)*c", "(a < b) * c"),
        ("a+b<c", "a + b < c"),
        ("winsorize(a)", "winsorize(a, std=4)"),
        ("subtract(a, multiply(b, 1e-7))", "a - b * 1e-07"),
        ("negate(a)", "-a"),
        ("+a", "a"),
    ],
)
def test_spelling(text, printed):
    assert str(parse(text)) == printed
    assert parse(printed) == parse(text)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e300, 5e-324, 1e15, 1e16, 123456789.0, -2.5e-8])
def test_numbers_keep_every_digit(value):
    assert parse(str(Constant(value))) == Constant(value)


def test_the_reverse_of_a_number_stays_a_call():
    assert str(Call("reverse", (Constant(5.0),))) == "reverse(5)"
    assert str(Call("reverse", (Field("a"),))) == "-a"


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=lambda operator: operator.name)
def test_examples_read_as_they_print(operator):
    assert str(parse(operator.example)) == operator.example
