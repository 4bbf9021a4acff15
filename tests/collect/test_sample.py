from datetime import UTC, date, datetime
from importlib.resources import files

import numpy as np
import polars as pl

from lode import calendar
from lode.collect.sample import import_sample, load_sample
from lode.warehouse.stores.bars import list_sources, read_bars

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_twenty_stocks_at_every_session():
    sample = load_sample()
    assert sample.schema == {"symbol": pl.String, "date": pl.Date, "close": pl.Float64}
    days = calendar.sessions("XNYS", "1990-01-02", "2022-12-28")
    assert len(days) == 8313
    assert sample.height == 20 * len(days)
    for _, rows in sample.group_by("symbol"):
        np.testing.assert_array_equal(rows["date"].to_numpy().astype("datetime64[D]"), days)


def test_closes_as_they_were_shipped():
    rows = load_sample().filter(pl.col("symbol").is_in(["AAPL", "XOM"]) & (pl.col("date") == date(1990, 1, 3)))
    assert rows["close"].to_list() == [0.266, 4.027]


def test_import_keeps_every_row_as_adjusted(warehouse, lake):
    report = import_sample(warehouse=warehouse, lake=lake, now=NOW)
    assert (report.rows, report.kept, report.quarantined, report.fields) == (166_260, 166_260, {}, ("close",))
    assert "sample" in list_sources(warehouse)
    rows = read_bars(warehouse, source="sample", instruments=["AAPL"], end=date(1990, 1, 5), as_of=NOW)
    assert rows["close"].to_list() == [0.264, 0.266, 0.267, 0.268]
    assert rows["adjusted"].all()
    again = import_sample(warehouse=warehouse, lake=lake, now=NOW)
    assert (again.fresh, again.changed, again.unchanged) == (0, 0, 166_260)


def test_origin_and_licence_come_with_it():
    notice = files("lode.collect.sample").joinpath("NOTICE").read_text("utf-8")
    assert "skfolio 1.12.2" in notice
    assert "BSD 3-Clause License" in notice
    assert "Copyright (c) 2023-2026 The skfolio developers." in notice
    assert files("lode.collect.sample").joinpath("sp500_20.parquet").stat().st_size < 600_000
