from __future__ import annotations

import pickle

import pytest
from hypothesis import given

from lode.errors import ExpressionError
from lode.language import FIELD_UNITS, OPERATORS, UNITS, Call, Field, Unit, UnitError, constant_unit, parse, unit
from tests.language.strategies import typed_expressions


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("close", "price"),
        ("close + open", "price"),
        ("close * volume", "money"),
        ("dollar_volume / volume", "price"),
        ("dollar_volume / close", "shares"),
        ("close / open", "ratio"),
        ("close * open", "price^2"),
        ("sqrt(close * open)", "price"),
        ("(close - open) ** 2", "price^2"),
        ("inverse(close)", "price^-1"),
        ("volume / ts_arg_max(close, 5)", "shares sessions^-1"),
        ("dollar_volume * volume", "money shares"),
        ("5 * close", "price"),
        ("rank(close) + 1", "rank"),
        ("rank(close) + returns", "ratio"),
        ("rank(close) * rank(open)", "ratio"),
        ("2 + 3", "number"),
        ("close > open", "count"),
        ("ts_delta(close, 1) > 0", "count"),
        ("max(ts_delta(close, 1), 0)", "price"),
        ("if_else(close > open, volume, -volume)", "shares"),
        ("if_else(close > open, 0, volume)", "shares"),
        ("ts_sum(close > open, 5)", "count"),
        ("log(volume)", "ratio"),
        ("ts_corr(close, volume, 5)", "ratio"),
        ("ts_covariance(close, volume, 5)", "money"),
        ("ts_arg_max(close, 5)", "sessions"),
        ("ts_rank(close, 5)", "rank"),
        ("group_mean(close, sector)", "price"),
        ("returns ** rank(close)", "ratio"),
        ("close ** 0", "ratio"),
        ("ts_product(1 + returns, 5)", "ratio"),
    ],
)
def test_units(text, name):
    assert unit(parse(text)).name == name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("close + volume", "price and shares"),
        ("close + 1", "price and number"),
        ("close > 5", "price and number"),
        ("close - returns", "price and ratio"),
        ("min(close, volume)", "price and shares"),
        ("if_else(close, open, low)", "condition"),
        ("if_else(close > open, close, volume)", "price and shares"),
        ("returns ** close", "without a dimension"),
        ("ts_product(close, 5)", "without a dimension"),
        ("ts_arg_max(close, 5) + rank(close)", "sessions and rank"),
        ("close ** 13", "beyond 12"),
    ],
)
def test_refusals(text, says):
    with pytest.raises(UnitError, match=says):
        unit(parse(text))


def test_a_refusal_points_at_the_part():
    with pytest.raises(UnitError) as caught:
        unit(parse("rank(close + volume)"))
    assert caught.value.position == 5
    assert "`close + volume`" in str(caught.value)
    assert isinstance(caught.value, ExpressionError)


def test_an_unknown_field_is_named():
    with pytest.raises(UnitError, match="`sales` is not known"):
        unit(parse("sales / close"))
    assert unit(parse("sales / close"), {**FIELD_UNITS, "sales": Unit.MONEY}).name == "shares"


def test_an_unknown_operator_is_named():
    with pytest.raises(ExpressionError, match="unknown operator `nope`"):
        unit(Call("nope", (Field("close"),)))


def test_groups_and_series_are_kept_apart():
    rule = OPERATORS["group_rank"].unit_rule
    assert rule([Unit.PRICE, Unit.GROUP], [None, None]) == Unit.RANK
    with pytest.raises(UnitError, match="must be a group"):
        rule([Unit.PRICE, Unit.PRICE], [None, None])
    with pytest.raises(UnitError, match="must be a series"):
        OPERATORS["add"].unit_rule([Unit.PRICE, Unit.GROUP], [None, None])


def test_zero_takes_any_unit_and_other_constants_none():
    assert constant_unit(0.0) == Unit.ZERO
    assert constant_unit(2.0) == Unit.NUMBER


def test_names_lead_back_to_units():
    assert all(Unit.named(name) == measured for name, measured in UNITS.items())
    with pytest.raises(UnitError, match="unknown unit 'furlong'; units: price"):
        Unit.named("furlong")


def test_units_survive_pickling():
    for measured in UNITS.values():
        twin = pickle.loads(pickle.dumps(measured))  # noqa: S301
        assert twin == measured
        assert twin.name == measured.name


@given(typed_expressions())
def test_every_part_of_a_typed_expression_has_a_unit(expr):
    for part in expr.children:
        assert unit(part).name
    assert unit(expr).name
