from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.errors import NotFoundError, UsageError
from lode.library import FAMILIES, LIBRARY, Definition, family, names, resolve


def test_one_by_its_key_or_by_its_name_alone():
    (one,) = resolve("valuation.dividend_yield")
    assert one is LIBRARY["valuation.dividend_yield"]
    assert resolve(" Dividend_Yield ") == (one,)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_all_of_its_members(name):
    assert resolve(name) == family(name)


def test_the_whole_library():
    assert resolve("LIBRARY") == tuple(LIBRARY.values())


def test_several_come_once_each_in_the_order_asked_for():
    found = resolve("fama_french.size, sentiment, size")
    assert [d.key for d in found] == ["fama_french.size", *(d.key for d in family("sentiment"))]


@given(st.sampled_from(names()))
def test_every_name_that_is_listed_resolves(name):
    assert resolve(name)


def test_no_member_is_called_as_a_family():
    assert not {d.name for d in LIBRARY.values()} & set(FAMILIES)


def test_a_bare_name_in_two_families_asks_which(monkeypatch):
    other = Definition("momentum", "close / ts_delay(close, 126) - 1", "own", 1, "Somebody (2020)")
    monkeypatch.setattr("lode.library.lookup.LIBRARY", {**LIBRARY, other.key: other})
    assert resolve("own.momentum") == (other,)
    with pytest.raises(UsageError, match=r"write one of fama_french\.momentum, own\.momentum"):
        resolve("momentum")


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("dividend_yeild", "`dividend_yield`"),
        ("valuation.dividend_yeild", "`valuation.dividend_yield`"),
        ("profitabilty", "`profitability`"),
        ("librari", "`library`"),
    ],
)
def test_a_misspelling_names_the_nearest(typed, near):
    with pytest.raises(NotFoundError, match=f"the library has no '{typed}'") as shown:
        resolve(typed)
    assert near in str(shown.value)
    assert "families: valuation" in str(shown.value)


def test_nothing_near_lists_the_families():
    with pytest.raises(NotFoundError, match="has no 'qqqqqq'; families: valuation"):
        resolve("qqqqqq")


def test_an_empty_name_is_refused():
    with pytest.raises(NotFoundError, match="has no ''"):
        resolve("size,")
