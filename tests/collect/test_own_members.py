from __future__ import annotations

import csv
from datetime import UTC, date, datetime

import pytest

from lode.collect.own_members import import_members
from lode.errors import DataError, UsageError
from lode.warehouse.stores.imports import read_quarantine
from lode.warehouse.stores.members import read_members

NOW = datetime(2024, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def bring(tmp_path, warehouse, lake, source):
    def bring(text, *, name=source):
        path = tmp_path / "members.csv"
        path.write_text(text)
        return import_members(path, source=name, warehouse=warehouse, lake=lake, now=NOW)

    return bring


def test_spells_go_into_the_universe_of_the_source(bring, warehouse, source):
    report = bring("ticker,start_date,end_date\nA,2000-06-05,\nb,1999-12-08,2017-06-19\nB,2019-01-02,\n")
    assert (report.rows, report.kept, report.symbols, report.current) == (3, 3, 2, 2)
    assert report.universes == {source: 3}
    assert report.renamed == {"ticker": "symbol", "start_date": "first_session", "end_date": "last_session"}
    assert read_members(warehouse, source).rows() == [
        ("A", date(2000, 6, 5), None),
        ("B", date(1999, 12, 8), date(2017, 6, 19)),
        ("B", date(2019, 1, 2), None),
    ]


def test_a_file_may_name_its_universes(bring, warehouse, source):
    text = f"universe,symbol,first_session,last_session\n{source}-x,A,2000-06-05,\n{source}-y,A,2001-06-05,nan\n"
    assert bring(text).universes == {f"{source}-x": 1, f"{source}-y": 1}
    assert read_members(warehouse, f"{source}-y").rows() == [("A", date(2001, 6, 5), None)]


BROKEN = [
    (",2000-06-05,", "no symbol"),
    ("A,soon,", "unreadable first session"),
    ("A,2000-06-05,later", "unreadable last session"),
    ("A,2000-06-05,2000-06-04", "ends before it begins"),
    ("B,2003-01-01,2003-02-01", "overlaps the spell before it"),
]


@pytest.mark.parametrize(("row", "reason"), BROKEN)
def test_a_row_that_breaks_a_rule_is_quarantined(bring, warehouse, source, row, reason):
    report = bring(f"symbol,start,end\nB,2001-01-02,2004-01-02\n{row}\n")
    assert (report.kept, report.quarantined) == (1, {reason: 1})
    assert read_quarantine(warehouse, source=source).select("row_number", "reason").rows() == [(2, reason)]
    assert len(read_members(warehouse, source)) == 1


def test_what_cannot_be_used_is_said(bring):
    with pytest.raises(DataError, match="no column symbol, first_session; it has a, b"):
        bring("a,b\n1,2\n")
    with pytest.raises(UsageError, match="--source"):
        bring("symbol,start\nA,2000-01-03\n", name="yahoo")


def test_the_real_file(shared_data, warehouse, lake):
    path = shared_data / "universe" / "sp500_ticker_start_end.csv"
    report = import_members(path, source="sp500-own", warehouse=warehouse, lake=lake, now=NOW)
    with path.open() as file:
        came = list(csv.DictReader(file))
    assert report.rows == len(came) == 1230
    assert report.quarantined == {}
    assert report.current == sum(not row["end_date"] for row in came)
    day = date(2010, 6, 1)
    members = {
        row["ticker"]
        for row in came
        if date.fromisoformat(row["start_date"]) <= day
        and (not row["end_date"] or date.fromisoformat(row["end_date"]) >= day)
    }
    assert set(read_members(warehouse, "sp500-own", start=day, end=day)["instrument"]) == members
    again = import_members(path, source="sp500-own", warehouse=warehouse, lake=lake, now=NOW)
    assert again.kept == 1230
    assert len(read_members(warehouse, "sp500-own")) == 1230
