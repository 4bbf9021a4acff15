from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from lode.errors import NotFoundError
from lode.warehouse.stores.bars import (
    insert_actions,
    insert_bars,
    list_instruments,
    list_sources,
    read_actions,
    read_bars,
    row_hash,
)
from lode.warehouse.stores.imports import Watermark, insert_watermarks, read_watermarks
from lode.warehouse.stores.instruments import insert_instruments, read_instruments

NOW = datetime(2024, 7, 1, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def bars(**columns):
    height = max(len(values) for values in columns.values())
    defaults = {
        "instrument": ["AAPL"] * height,
        "session": [date(2024, 6, 10)] * height,
        "knowledge_time": [datetime(2024, 6, 10, 20, tzinfo=UTC)] * height,
        "close": [1.0] * height,
        "adjusted": [False] * height,
        "backfilled": [True] * height,
    }
    return pl.DataFrame(defaults | columns)


@pytest.fixture
def stored(warehouse, source):
    names = ["AAPL", "AMZN", "MSFT"]
    days = [date(2024, 6, 10), date(2024, 6, 11), date(2024, 6, 12)]
    insert_bars(warehouse, bars(instrument=names, session=days), source=source, collected_at=NOW)
    return source


def test_bounds_are_included(warehouse, stored):
    rows = read_bars(warehouse, source=stored, start=date(2024, 6, 11), end=date(2024, 6, 11), as_of=LATER)
    assert rows["instrument"].to_list() == ["AMZN"]
    assert rows["knowledge_time"].dtype == pl.Datetime("us", "UTC")
    assert rows["session"].dtype == pl.Date


def test_as_of_is_exact_to_the_microsecond(warehouse, source):
    at = datetime(2024, 6, 10, 20, 0, 0, 123456, tzinfo=UTC)
    insert_bars(warehouse, bars(knowledge_time=[at]), source=source, collected_at=NOW)
    assert read_bars(warehouse, source=source, as_of=at).height == 1
    assert read_bars(warehouse, source=source, as_of=at.replace(microsecond=123455)).is_empty()


def test_an_unknown_symbol_is_answered_with_the_nearest(warehouse, stored):
    with pytest.raises(NotFoundError, match=r"no bars of APPL; near: AAPL.*has 3 names"):
        read_bars(warehouse, source=stored, instruments=["AAPL", "APPL"], as_of=LATER)


def test_a_name_that_was_not_known_yet_is_no_error(warehouse, stored):
    assert read_bars(warehouse, source=stored, instruments=["AAPL"], as_of=datetime(2000, 1, 1, tzinfo=UTC)).is_empty()


def test_an_unknown_source_is_answered_with_those_there_are(warehouse, stored):
    with pytest.raises(NotFoundError, match=stored):
        read_bars(warehouse, source="nobody", as_of=LATER)


def test_lists(warehouse, stored):
    assert stored in list_sources(warehouse)
    assert list_instruments(warehouse, source=stored).rows() == [
        ("AAPL", date(2024, 6, 10), date(2024, 6, 10)),
        ("AMZN", date(2024, 6, 11), date(2024, 6, 11)),
        ("MSFT", date(2024, 6, 12), date(2024, 6, 12)),
    ]


def test_the_same_rows_again_are_there_once(warehouse, stored):
    again = read_bars(warehouse, source=stored, as_of=LATER)
    insert_bars(warehouse, again, source=stored, collected_at=LATER)
    assert read_bars(warehouse, source=stored, as_of=LATER).height == 3


def test_the_hash_does_not_change_between_versions_of_lode():
    rows = pl.DataFrame(
        {
            **dict.fromkeys(("open", "high", "low", "adj_close", "vwap"), pl.Series([None, 1.0], dtype=pl.Float64)),
            "close": [1.5, 2.0],
            "volume": [0.0, 7.0],
            "adjusted": [False, True],
            "currency": ["", "USD"],
        }
    )
    assert row_hash(rows).tolist() == HASHES
    assert row_hash(rows.with_columns(volume=-pl.col("volume"))).tolist()[0] == HASHES[0]
    assert row_hash(rows.with_columns(pl.col("open").fill_null(float("nan")))).tolist() == HASHES


HASHES = [5231098060744431220, 12521914209893597911]


def test_every_value_counts_in_the_hash():
    row = {name: [1.0] for name in ("open", "high", "low", "close", "volume", "adj_close", "vwap")}
    base = pl.DataFrame(row | {"adjusted": [False], "currency": ["USD"]})
    variants = [base.with_columns(pl.lit(2.0).alias(name)) for name in row]
    variants += [base.with_columns(adjusted=True), base.with_columns(currency=pl.lit("EUR")), base]
    variants += [base.with_columns(open=pl.lit(None, pl.Float64))]
    assert len(np.unique([row_hash(frame)[0] for frame in variants])) == len(variants)


def test_actions_are_read_as_of(warehouse, source):
    morning = datetime(2024, 6, 10, tzinfo=UTC)
    actions = pl.DataFrame(
        {
            "instrument": ["AAPL", "AAPL", "MSFT"],
            "ex_date": [date(2024, 6, 10)] * 3,
            "kind": ["dividend", "dividend", "split"],
            "value": [0.25, 0.26, 4.0],
            "knowledge_time": [morning, NOW, morning],
        }
    )
    insert_actions(warehouse, actions, source=source)
    assert read_actions(warehouse, source=source, instruments=["AAPL"], as_of=morning)["value"].to_list() == [0.25]
    found = read_actions(warehouse, source=source, as_of=NOW)
    assert found.equals(actions)


def test_details_of_instruments_add_up(warehouse):
    first = pl.DataFrame({"instrument": ["Q1", "Q2"], "sector": ["Energy", None]})
    assert insert_instruments(warehouse, first, source="a", known_at=NOW) == 2
    assert insert_instruments(warehouse, first, source="b", known_at=NOW) == 0
    more = pl.DataFrame({"instrument": ["Q1"], "currency": ["USD"], "sector": [""]})
    assert insert_instruments(warehouse, more, source="a", known_at=LATER) == 1
    details = ("instrument", "name", "exchange", "currency", "sector")
    assert read_instruments(warehouse, ["Q1", "Q2", "Q3"]).select(details).rows() == [
        ("Q1", "", "", "USD", "Energy"),
        ("Q2", "", "", "", ""),
    ]


def test_the_latest_watermark_counts(warehouse, source):
    marks = [
        Watermark(source, "A", date(2020, 1, 2), date(2024, 6, day), f"key{day}", NOW.replace(day=day))
        for day in (5, 7)
    ]
    for mark in marks:
        insert_watermarks(warehouse, [mark])
    insert_watermarks(warehouse, [])
    assert read_watermarks(warehouse, source=source) == {"A": marks[1]}
