import pytest

from lode.errors import ExpressionError
from lode.language import parse
from lode.language.dialects import from_gplearn

COLUMNS = ["close", "volume", "returns"]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("X0", "close"),
        ("sub(div(X0, X1), mul(-0.5, X2))", "close / volume - -0.5 * returns"),
        ("add(max(X0, X1), min(X0, 2.000))", "max(close, volume) + min(close, 2)"),
        ("neg(inv(abs(X2)))", "-inverse(abs(returns))"),
        ("sqrt(log(X2))", "sqrt(abs(log(abs(returns))))"),
        ("sig(X2)", "sigmoid(returns)"),
    ],
)
def test_reads_programs_as_gplearn_writes_them(text, meaning):
    assert from_gplearn(text, COLUMNS) == parse(meaning)


def test_a_program_with_names_of_its_own_needs_none():
    assert from_gplearn("div(close, volume)") == parse("close / volume")


@pytest.mark.parametrize(
    ("text", "columns", "reason"),
    [
        ("sub(X0, X3)", COLUMNS, "`X3` is column 3, counted from 0, and 3 names of columns were given: close"),
        ("sub(X0, X1)", [], "`X0` is column 0, counted from 0, and no names were given"),
        ("sin(X0)", COLUMNS, "`sin` cannot be said in the language"),
        ("rolling_mean(X0)", COLUMNS, "gplearn has no operator `rolling_mean`"),
        ("sub(X0)", COLUMNS, "`sub` takes 2 arguments, not 1"),
        ("sub(X0, open)", COLUMNS, "open"),
        ("sub(X0, X1", COLUMNS, "never closed"),
        ("X0 + X1", COLUMNS, "gplearn has no"),
    ],
)
def test_what_cannot_be_read_is_told(text, columns, reason):
    with pytest.raises(ExpressionError) as caught:
        from_gplearn(text, columns)
    assert reason in str(caught.value)
