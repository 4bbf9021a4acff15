import pytest

from lode.columns import BARS_ALIASES, column_names
from lode.errors import DataError

OURS = ("symbol", "date", "close", "adj_close")


def test_names_and_aliases_are_found_whatever_their_case():
    found = column_names(["Ticker", " DATE ", "Adj Close", "mood"], OURS, BARS_ALIASES, "bars.csv")
    assert found == {"symbol": "Ticker", "date": " DATE ", "adj_close": "Adj Close"}


def test_an_exact_name_wins_over_an_alias():
    assert column_names(["name", "symbol"], OURS, BARS_ALIASES, "bars.csv") == {"symbol": "symbol"}


def test_several_columns_of_one_name_are_told_with_the_table():
    with pytest.raises(DataError, match=r"^bars.csv has several columns for symbol: ticker, Name; keep one of them$"):
        column_names(["ticker", "Name"], OURS, BARS_ALIASES, "bars.csv")
