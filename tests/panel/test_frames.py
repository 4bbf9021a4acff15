from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from lode.errors import DataError, UsageError
from lode.panel import Panel

BARS = pl.DataFrame(
    {
        "symbol": ["aa", "aa", "BB"],
        "date": ["2019-01-02", "2019-01-03", "2019-01-03"],
        "open": [1.0, 2.0, None],
        "high": [2.0, 3.0, 4.0],
        "low": [1.0, 2.0, 3.0],
        "close": [2.0, 3.0, 3.5],
        "volume": [100, 200, 300],
    }
)


def test_a_bars_frame_becomes_a_panel():
    panel = Panel.from_frame(BARS)
    assert panel.names == ("AA", "BB")
    assert_array_equal(panel.fields["close"], [[2, np.nan], [3, 3.5]])
    assert_array_equal(panel.fields["open"], [[1, np.nan], [2, np.nan]])
    assert set(panel.meta.knowledge.values()) == {"assumed"}
    assert panel.meta.source.startswith("frame:")


def test_pandas_and_polars_give_the_same_panel():
    pandas = BARS.with_columns(pl.col("date").str.to_date()).to_pandas()
    indexed = pandas.assign(date=pd.to_datetime(pandas["date"])).set_index(["symbol", "date"])
    sources = {Panel.from_frame(frame).meta.source for frame in (BARS, pandas, indexed)}
    assert len(sources) == 1


def test_columns_may_be_in_capitals_and_called_as_in_files():
    capital = BARS.rename({name: name.capitalize() for name in BARS.columns})
    vendor = BARS.rename({"symbol": "Ticker", "date": " Session ", "close": "CLOSE"})
    indexed = BARS.rename({"symbol": "Ticker", "date": "Date"}).to_pandas().set_index(["Ticker", "Date"])
    assert len({Panel.from_frame(frame).meta.source for frame in (BARS, capital, vendor, indexed)}) == 1


def test_an_alias_beside_the_name_itself_stays_a_column_of_its_own():
    panel = Panel.from_frame(BARS.with_columns(Name=pl.Series(["X", "X", "Y"])))
    assert (panel.names, list(panel.groups)) == (("AA", "BB"), ["Name"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"Close": pl.lit(1.0)}, "several columns for close: close, Close; keep one of them"),
        ({"Symbol": pl.lit("A")}, "several columns for symbol: symbol, Symbol"),
    ],
)
def test_two_columns_that_differ_in_case_only_are_an_error(more, said):
    with pytest.raises(DataError, match=f"the frame has {said}"):
        Panel.from_frame(BARS.with_columns(**more))
    with pytest.raises(DataError, match="several columns for symbol: ticker, Instrument"):
        Panel.from_frame(BARS.rename({"symbol": "ticker"}).with_columns(Instrument=pl.lit("A")))


def test_knowledge_times_make_versions_and_a_late_row():
    known = [datetime(2019, 1, day, hour, tzinfo=UTC) for day, hour in [(2, 21), (3, 21), (3, 22)]]
    panel = Panel.from_frame(BARS.with_columns(knowledge_time=pl.Series(known)))
    assert_array_equal(panel.fields["close"], [[2, np.nan], [3, np.nan]])
    assert_array_equal(panel.label_price, [[2, np.nan], [3, 3.5]])
    assert panel.meta.knowledge["close"] == "recorded"


def test_other_columns_become_fields_and_groups_of_absent_knowledge():
    panel = Panel.from_frame(BARS.with_columns(score=pl.Series([1, 2, 3]), sector=pl.Series(["X", "X", None])))
    assert_array_equal(panel.fields["score"], [[1, np.nan], [2, 3]])
    assert_array_equal(panel.groups["sector"], [[0, -1], [0, -1]])
    assert panel.meta.knowledge["score"] == panel.meta.knowledge["sector"] == "absent"


def test_bad_rows_raise_with_the_count_of_each_rule():
    close = {"close": float("nan")}
    row = BARS.row(0, named=True)
    bad = [
        {**row, "date": "2019-01-04", **close},
        {**row, "date": "2019-01-05"},
        {**row, "date": "2019-01-07", "volume": -1},
        {**row, "date": "2019-01-08", "high": 1.5},
        {**row, "date": "2019-01-09", "low": 1.5},
        row,
    ]
    with pytest.raises(DataError) as caught:
        Panel.from_frame(pl.concat([BARS, pl.DataFrame(bad)]))
    message = str(caught.value)
    for part in (
        "1 × close is not a number (first AA 2019-01-04)",
        "1 × not a session of XNYS (first AA 2019-01-05)",
        "1 × negative price or volume (first AA 2019-01-07)",
        "1 × high below open or close (first AA 2019-01-08)",
        "1 × low above open or close (first AA 2019-01-09)",
        "1 × second row for the same symbol and session (first AA 2019-01-02)",
    ):
        assert part in message


def test_missing_values_beside_a_close_break_no_rule():
    panel = Panel.from_frame(BARS.with_columns(low=pl.lit(float("nan")), volume=pl.lit(None)))
    assert "volume" not in panel.fields
    assert "low" not in panel.fields


@pytest.mark.parametrize(
    ("frame", "error", "message"),
    [
        (BARS.drop("close"), DataError, "no column close; it has symbol"),
        (BARS.clear(), DataError, "no rows"),
        (BARS.with_columns(date=pl.lit("soon")), DataError, "cannot be read"),
        (BARS.with_columns(day=pl.lit(date(2019, 1, 1))), DataError, "column day has type Date"),
        (BARS.with_columns(returns=pl.lit(1.0)), DataError, "'returns' cannot be a field's name"),
        ([1, 2], UsageError, "a list is no frame"),
    ],
)
def test_refusals_name_what_is_wrong(frame, error, message):
    with pytest.raises(error, match=message):
        Panel.from_frame(frame)


def test_the_rows_are_kept_with_the_panel_and_not_with_a_slice():
    panel = Panel.from_frame(BARS.with_columns(score=pl.Series([1, 2, 3])))
    assert panel.bars["instrument"].to_list() == ["AA", "AA", "BB"]
    assert panel.bars["backfilled"].all()
    assert panel.slice(0, 1).bars is None


def test_simulated_symbols_are_labelled():
    named = BARS.with_columns(symbol=pl.lit("SIM01ab2C-0001")).head(2)
    assert Panel.from_frame(named).meta.label == "simulated"
    assert Panel.from_frame(BARS).meta.label == ""
