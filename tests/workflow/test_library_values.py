from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from lode.errors import DataError, NotFoundError
from lode.library import LIBRARY, family
from lode.workflow.library_values import library_columns, library_request
from lode.workflow.value_file import write_values
from tests.evidence.conftest import make_panel

NAN = float("nan")


@pytest.fixture
def panel():
    """Two names over 253 sessions: one grew by half from 252 to 21 sessions ago, and its value is known."""
    close = np.full((253, 2), 10.0)
    close[231:, 0] = 15.0
    market_cap = np.full((253, 2), NAN)
    market_cap[251:, 0] = 8.0
    return make_panel(close, market_cap=market_cap)


@pytest.mark.parametrize(
    "text", ["rank(close)", "close", " market_cap ", "rank", "9c1e77", "clsoe", "close,", "a.b.c", ""]
)
def test_a_formula_is_none_of_the_library(text, panel):
    assert library_request(text, panel) == ()


def test_names_are(panel):
    assert library_request("momentum", panel) == (LIBRARY["fama_french.momentum"],)
    assert library_request("valuation.dividend_yield", panel) == (LIBRARY["valuation.dividend_yield"],)
    assert library_request("sentiment", panel) == family("sentiment")
    assert library_request("LIBRARY", panel) == tuple(LIBRARY.values())
    assert [d.name for d in library_request("size, momentum", panel)] == ["size", "momentum"]


def test_a_field_goes_before_a_factor_of_its_name():
    panel = make_panel(np.ones((3, 2)), book_to_market=np.ones((3, 2)))
    assert library_request("book_to_market", panel) == ()
    assert len(library_request("fama_french.book_to_market", panel)) == 1


def test_a_misspelt_key_names_the_nearest(panel):
    with pytest.raises(NotFoundError, match=r"did you mean `valuation.dividend_yield`"):
        library_request("valuation.dividend_yeild", panel)
    with pytest.raises(NotFoundError, match="has no 'sizze'"):
        library_request("momentum, sizze", panel)


def test_one_column_per_factor_and_a_row_where_any_has_a_value(panel, tmp_path):
    columns, skipped = library_columns(panel, family("fama_french"))
    assert write_values(panel, columns, tmp_path / "values.parquet") == 3
    frame = pl.read_parquet(tmp_path / "values.parquet")
    assert frame.columns == ["session", "symbol", "fama_french.size", "fama_french.momentum"]
    assert set(skipped) == {
        "fama_french.book_to_market",
        "fama_french.operating_profitability",
        "fama_french.investment",
    }
    days = [date.fromisoformat(str(day)) for day in panel.sessions[251:]]
    log8 = np.float32(np.log(np.float32(8)))
    assert frame.rows() == [
        (days[0], "N000", log8, None),
        (days[1], "N000", log8, 0.5),
        (days[1], "N001", None, 0.0),
    ]


def test_one_alone_is_called_value(panel, tmp_path):
    columns, skipped = library_columns(panel, (LIBRARY["fama_french.momentum"],))
    write_values(panel, columns, tmp_path / "values.parquet")
    frame = pl.read_parquet(tmp_path / "values.parquet")
    assert frame.columns == ["session", "symbol", "value"]
    assert frame["value"].to_list() == [0.5, 0.0]
    assert not skipped


def test_without_any_field_the_message_says_which_and_what_to_run(panel):
    with pytest.raises(DataError, match=r"this snapshot has no dividends_paid; run `lode collect filings`"):
        library_columns(panel, (LIBRARY["valuation.dividend_yield"],))
