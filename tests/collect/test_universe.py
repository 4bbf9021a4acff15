import itertools
from datetime import UTC, date, datetime

import polars as pl
import pytest

from lode.collect.membership import INDICES, index_spells, members_between, top_number, universe_members
from lode.collect.universe import resolve_universe, symbols_between
from lode.errors import DataError, UsageError
from lode.warehouse.stores.members import insert_members


def test_the_dow_has_thirty_members():
    members = resolve_universe("dow30", when=date(2026, 11, 1))
    assert len(members) == 30
    assert members == sorted(members)
    assert {"AAPL", "NVDA", "SHW"} <= set(members)


def test_members_are_those_of_the_day():
    assert "INTC" in resolve_universe("dow30", when=date(2024, 1, 2))
    assert "INTC" not in resolve_universe("dow30", when=date(2025, 1, 2))


def test_share_classes_are_spelled_as_yahoo_does():
    assert "BRK-B" in resolve_universe("SP500", when=date(2026, 11, 1))


def test_a_list_is_cleaned():
    assert resolve_universe(" msft, AAPL ,,brk-b,AAPL") == ["AAPL", "BRK-B", "MSFT"]
    assert resolve_universe("aapl") == ["AAPL"]


@pytest.mark.parametrize(
    "text",
    [
        "AAPL\nMSFT\n",
        "symbol\nAAPL\nMSFT\n",
        "\ufeffTicker,Name\nAAPL,Apple\nMSFT,Microsoft\n",
        "# mine\n\naapl\r\nmsft,x\n",
    ],
)
def test_a_file_has_one_symbol_a_line(tmp_path, text):
    path = tmp_path / "mine.txt"
    path.write_text(text, "utf-8")
    assert resolve_universe(str(path)) == ["AAPL", "MSFT"]


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(DataError, match=r"mine.csv.*dow30, nasdaq100, sp500"):
        resolve_universe(str(tmp_path / "mine.csv"))


def test_a_binary_file_is_told(tmp_path):
    (tmp_path / "mine.txt").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(DataError, match="no text"):
        resolve_universe(str(tmp_path / "mine.txt"))


@pytest.mark.parametrize("text", ["", " , ", "AAPL,../x", "A A", "AAPL;MSFT", "x" * 33, "<b>"])
def test_what_is_no_symbol_is_refused(text):
    with pytest.raises(UsageError, match="allowed are dow30, nasdaq100, sp500"):
        resolve_universe(text)


def test_the_nasdaq_is_an_index_too():
    members = resolve_universe("nasdaq100", when=date(2026, 11, 1))
    assert 95 <= len(members) <= 110
    assert "AAPL" in members


def test_a_range_has_everybody_who_was_a_member_in_it():
    members = members_between("dow30", date(2013, 2, 8), date(2018, 2, 7))
    today = set(resolve_universe("dow30", when=date(2026, 11, 1)))
    assert {"AA", "BAC", "HPQ", "T", "GE"} <= set(members) - today  # left in 2013, 2013, 2013, 2015 and 2018
    assert set(resolve_universe("dow30", when=date(2015, 1, 2))) <= set(members)
    assert "NVDA" not in members  # joined in November 2024
    assert symbols_between("dow30", date(2013, 2, 8), date(2018, 2, 7)) == members
    assert symbols_between("MSFT,AAPL", date(2013, 2, 8)) == ["AAPL", "MSFT"]


def test_a_spell_ends_on_the_day_before_the_successors():
    assert "NVDA" in members_between("dow30", date(2024, 11, 8), date(2024, 11, 8))
    assert "INTC" not in members_between("dow30", date(2024, 11, 8), date(2024, 11, 8))
    assert "INTC" in members_between("dow30", date(2024, 11, 7), date(2024, 11, 7))


@pytest.mark.parametrize("index", INDICES)
def test_spells_are_in_order_and_apart(index):
    spells = index_spells(index)
    assert list(spells) == sorted(spells, key=lambda spell: spell[:2])
    for before, after in itertools.pairwise(spells):
        assert before[0] != after[0] or before[2] < after[1]
    assert all(last is None or first <= last for _, first, last in spells)


def test_the_most_traded_cannot_be_collected():
    assert [top_number(text) for text in ("top:500", "TOP:5", "top:0", "top", "sp500")] == [500, 5, None, None, None]
    with pytest.raises(UsageError, match="collect symbols first"):
        resolve_universe("top:500")


def test_what_is_no_index_has_no_spells(warehouse):
    with pytest.raises(UsageError, match="no index"):
        members_between("AAPL,MSFT", date(2020, 1, 2))
    assert universe_members(warehouse, "AAPL,MSFT") is None


def test_a_member_counts_under_the_ticker_of_its_time(warehouse):
    spells = universe_members(warehouse, "sp500", start=date(2013, 2, 8), end=date(2018, 2, 7))
    of = {row[0]: row[1:] for row in spells.rows()}
    assert of["META"] == (date(2013, 12, 23), None)
    assert of["FB"] == (date(2013, 12, 23), date(2022, 6, 8))
    assert of["PCLN"] == (date(2009, 11, 3), date(2018, 2, 26))


def test_spells_in_the_warehouse_come_first(warehouse):
    mine = pl.DataFrame({"symbol": ["A"], "first_session": [date(2015, 1, 2)], "last_session": [None]})
    insert_members(warehouse, "dow30", mine, source="file", at=datetime(2026, 11, 20, tzinfo=UTC))
    found = universe_members(warehouse, "dow30", start=date(2016, 1, 4))
    assert found.rows() == [("A", date(2015, 1, 2), None)]
    assert universe_members(warehouse, "dow30", end=date(2014, 1, 2)).is_empty()


def test_a_file_that_a_query_wrote_is_read(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text('"symbol"\n"BBB"\n"AAA"\n')
    assert resolve_universe(str(path)) == ["AAA", "BBB"]
