from datetime import date

import pytest

from lode.collect.universe import resolve_universe
from lode.errors import DataError, UsageError


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
