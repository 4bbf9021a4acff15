import pytest

from lode.errors import UsageError
from lode.language import BAR_FIELDS, Unit, parse
from lode.search.space import SearchSpace

SPACE = SearchSpace.of(BAR_FIELDS)


@pytest.mark.parametrize(
    "text",
    [
        "close",
        "rank(ts_delta(close, 5))",
        "ts_delta(close, 1)",
        "ts_corr(close, volume, 10)",
        "group_neutralize(returns, sector)",
        "log(volume)",
        "if_else(close > open, returns, ts_mean(returns, 5))",
    ],
)
def test_holds_what_is_well_typed_and_says_something(text):
    assert SPACE.holds(parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "close + volume",  # no unit
        "close - close",  # nothing
        "close / close",
        "ts_corr(close, close, 10)",
        "ts_mean(close, 1)",  # close
        "sign(close)",  # 1
        "log(returns)",  # missing where returns are negative
        "returns ** returns",
        "if_else(returns, close, open)",  # returns are hardly ever 0
        "ts_mean(ts_mean(close, 250), 300)",  # looks too far back
        "-returns",  # the sign is no idea
    ],
)
def test_leaves_out_what_is_not(text):
    assert not SPACE.holds(parse(text))


def test_bounds_size():
    assert not SearchSpace.of(BAR_FIELDS, max_size=3).holds(parse("rank(ts_mean(close, 5))"))
    assert SearchSpace.of(BAR_FIELDS, max_size=4).holds(parse("rank(ts_mean(close, 5))"))


def test_refuses_fields_that_are_absent():
    assert not SearchSpace.of({"close": Unit.PRICE}).holds(parse("volume"))


def test_thins_windows_by_history():
    space = SearchSpace.of(BAR_FIELDS, history=100)
    assert space.windows == (1, 2, 3, 5, 8, 10, 15, 20)
    assert space.max_lookback == 25
    assert SearchSpace.of(BAR_FIELDS, history=2520).windows[-1] == 250


def test_groups_are_not_computed():
    names = ["rank", "group_rank", "bucket", "densify", "group_cartesian_product"]
    space = SearchSpace.of(BAR_FIELDS, operators=names)
    assert space.operators == ("group_rank", "rank")
    assert space.holds(parse("group_rank(close, sector)"))
    assert not space.holds(parse("group_rank(close, bucket(rank(close), buckets='0.5'))"))


def test_has_group_operators_only_with_groups():
    assert "group_mean" in SPACE.operators
    assert SPACE.groups == ("sector",)
    assert not [name for name in SearchSpace.of({"close": Unit.PRICE}).operators if name.startswith("group")]


@pytest.mark.parametrize(
    ("fields", "operators", "message"),
    [
        ({}, None, "no field to search over"),
        ({"sector": Unit.GROUP}, None, "no field to search over"),
        ({"close": Unit.PRICE}, ["rnak"], "unknown operators rnak"),
        ({"close": Unit.PRICE}, ["group_mean"], "no operator to search with"),
    ],
)
def test_says_why_there_is_nothing_to_search(fields, operators, message):
    with pytest.raises(UsageError, match=message):
        SearchSpace.of(fields, operators=operators)


def test_round_trip_keeps_units_that_have_no_name():
    space = SearchSpace.of(
        {"close": Unit.PRICE, "odd": Unit(money=2.0, shares=-1.0), "sector": Unit.GROUP}, history=500
    )
    assert SearchSpace.from_dict(space.to_dict()) == space
