from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from lode.collect.own_facts import import_facts, own_cik
from lode.errors import DataError, NotFoundError, UsageError
from lode.warehouse.stores.facts import read_facts
from lode.warehouse.stores.imports import read_quarantine
from lode.warehouse.stores.instruments import insert_instruments, read_instruments

NOW = datetime(2024, 7, 1, 12, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
LONG = "cik,concept,unit,period_start,period_end,value,form,accession,filed,accepted\n"
WIDE = "symbol,end_date,amend,period_focus,fiscal_year,doc_type,revenues,cash_flow_op,assets,eps_basic,snapshot_date\n"


@pytest.fixture
def bring(tmp_path, warehouse, lake, source):
    def bring(content, *, now=NOW, name=source):
        path = tmp_path / ("facts.csv" if isinstance(content, str) else "facts.parquet")
        if isinstance(content, str):
            path.write_text(content)
        else:
            content.write_parquet(path)
        return import_facts(path, source=name, warehouse=warehouse, lake=lake, now=now)

    return bring


def test_a_long_file_keeps_what_it_says(bring, warehouse, source):
    report = bring(
        LONG + "900001,us-gaap/Revenues,USD,2023-10-01,2023-12-31,100,10-Q,a-1,2024-02-01,2024-02-01T21:30:00Z\n"
        "900001,us-gaap/Revenues,USD,2023-10-01,2023-12-31,101,10-Q/A,a-2,2024-03-01,2024-03-01T21:30:00Z\n"
        "900001,equity,,,2023-12-31,50,10-Q,a-1,2024-02-01,2024-02-01T21:30:00Z\n"
    )
    assert (report.rows, report.kept, report.facts, report.unchanged, report.quarantined) == (3, 3, 3, 0, {})
    facts = read_facts(warehouse, ciks=[900001], as_of=LATER)
    assert facts.select("concept", "unit", "period_start", "value", "form", "accession", "source").rows() == [
        ("us-gaap/Revenues", "USD", date(2023, 10, 1), 100.0, "10-Q", "a-1", source),
        ("us-gaap/Revenues", "USD", date(2023, 10, 1), 101.0, "10-Q/A", "a-2", source),
        ("us-gaap/StockholdersEquity", "USD", None, 50.0, "10-Q", "a-1", source),
    ]
    early = read_facts(warehouse, ciks=[900001], as_of=datetime(2024, 2, 28, tzinfo=UTC))
    assert early["value"].to_list() == [100.0, 50.0]
    assert read_facts(warehouse, ciks=[900001], as_of=datetime(2024, 2, 1, 21, 29, tzinfo=UTC)).is_empty()


def test_a_wide_file_has_a_value_a_cell(bring, warehouse):
    report = bring(
        WIDE + "ACME,2015-06-30,False,Q2,2015,10-Q,10,30,7,.5,2015-08-05\n"
        "ACME,2015-12-31,True,FY,2015,10-K,44,,8,2.1,2016-03-01\n"
    )
    assert (report.rows, report.kept, report.facts, report.missing) == (2, 2, 7, 1)
    assert (report.companies, report.new_companies, report.derived_starts) == (1, 1, 5)
    assert report.renamed["snapshot_date"] == "knowledge_time"
    facts = read_facts(warehouse, ciks=[own_cik("ACME")], as_of=LATER)
    rows = {(row["concept"], row["period_end"]): row for row in facts.iter_rows(named=True)}
    quarter = rows["us-gaap/Revenues", date(2015, 6, 30)]
    assert (quarter["period_start"], quarter["form"], quarter["fiscal_period"]) == (date(2015, 4, 1), "10-Q", "Q2")
    # a day stands for its end in New York
    assert quarter["knowledge_time"] == datetime(2015, 8, 6, 3, 59, 59, tzinfo=UTC)
    assert quarter["filed"] == date(2015, 8, 5)
    so_far = rows["us-gaap/NetCashProvidedByUsedInOperatingActivities", date(2015, 6, 30)]
    assert so_far["period_start"] == date(2015, 1, 1)
    year = rows["us-gaap/Revenues", date(2015, 12, 31)]
    assert (year["period_start"], year["form"]) == (date(2015, 1, 1), "10-K/A")
    assert rows["us-gaap/Assets", date(2015, 6, 30)]["period_start"] is None
    assert rows["us-gaap/EarningsPerShareBasic", date(2015, 6, 30)]["unit"] == "USD/shares"
    assert read_instruments(warehouse, ["ACME"])["cik"].to_list() == [own_cik("ACME")]


def test_the_same_file_again_and_a_repeated_report_are_unchanged(bring, warehouse):
    text = WIDE + (
        "AGAIN,2015-06-30,False,Q2,2015,10-Q,10,30,7,.5,2015-08-05\n"
        "AGAIN,2015-06-30,False,Q2,2015,10-Q,10,30,9,.5,2015-08-06\n"
    )
    first = bring(text)
    assert (first.facts, first.unchanged) == (5, 3)  # assets alone were restated
    again = bring(text, now=datetime(2024, 7, 2, tzinfo=UTC))
    assert (again.kept, again.facts, again.unchanged) == (2, 0, 8)
    assert read_facts(warehouse, ciks=[own_cik("AGAIN")], as_of=LATER).height == 5


def test_two_values_for_one_period_at_one_time_are_a_contradiction_and_a_repeated_row_is_none(bring):
    row = "TWICE,2015-06-30,False,Q2,2015,10-Q,10,30,7,.5,2015-08-05\n"
    report = bring(WIDE + row + row + row.replace(",7,", ",8,"))
    assert report.quarantined == {"other values for the same period at the same time": 1}
    assert (report.kept, report.facts, report.unchanged) == (2, 4, 4)


def test_a_symbol_whose_cik_is_known_gets_it(bring, warehouse, source):
    insert_instruments(warehouse, pl.DataFrame({"instrument": ["KNOWN"], "cik": [320193]}), source=source, known_at=NOW)
    report = bring(WIDE + "known,2015-06-30,False,Q2,2015,10-Q,10,30,7,.5,2015-08-05\n")
    assert report.new_companies == 0
    assert read_facts(warehouse, ciks=[320193], as_of=LATER).height == 4


def test_the_cik_that_comes_later_is_the_same_company(bring, warehouse, source):
    bring(WIDE + "LATE,2015-06-30,False,Q2,2015,10-Q,10,30,7,.5,2015-08-05\n")
    insert_instruments(warehouse, pl.DataFrame({"instrument": ["LATE"], "cik": [777]}), source=source, known_at=LATER)
    assert read_instruments(warehouse, ["LATE", "LATE~2"]).select("instrument", "cik").rows() == [("LATE", 777)]


BROKEN = [
    (",2015-06-30,False,Q2,2015,10-Q,1,1,1,1,2015-08-05", "no symbol and no CIK"),
    ("B,,False,Q2,2015,10-Q,1,1,1,1,2015-08-05", "unreadable period_end"),
    ("B,2015-06-31,False,Q2,2015,10-Q,1,1,1,1,2015-08-05", "unreadable period_end"),
    ("B,2015-06-30,False,Q2,2015,10-Q,1,1,1,1,", "no knowledge time"),
    ("B,2015-06-30,False,Q2,2015,10-Q,1,1,1,1,soon", "unreadable knowledge time"),
    ("B,2015-06-30,False,Q2,2015,10-Q,1,1,1,1,2015-06-29", "period ends after it became known"),
    ("B,2015-06-30,False,Q2,2015,10-Q,ten,1,1,1,2015-08-05", "revenue is not a number"),
    ("B,2015-06-30,False,Q2,2015,10-Q,1,1,inf,1,2015-08-05", "assets is not a number"),
]


@pytest.mark.parametrize(("row", "reason"), BROKEN)
def test_a_row_that_breaks_a_rule_is_quarantined_as_it_came(bring, warehouse, source, row, reason):
    report = bring(WIDE + row + "\nB,2015-06-30,False,Q2,2015,10-Q,1,1,1,1,2015-08-05\n")
    assert report.quarantined == {reason: 1}
    assert (report.rows, report.kept) == (2, 1)
    kept = read_quarantine(warehouse, source=source)
    assert kept.select("row_number", "reason").rows() == [(1, reason)]
    assert '"doc_type":"10-Q"' in kept["row_json"].item()


def test_a_year_that_cannot_be_is_left_out_and_said(bring, warehouse):
    report = bring(WIDE + "YEAR,2015-06-30,False,Q2,1215,10-Q,1,1,1,1,2015-08-05\n")
    assert report.kept == 1
    assert report.notes[1:] == ("1 rows name a fiscal year that cannot be (1215); their values are kept without it",)
    assert read_facts(warehouse, ciks=[own_cik("YEAR")], as_of=LATER)["fiscal_year"].null_count() == 4


def test_what_cannot_be_used_is_said(bring, tmp_path, warehouse, lake, source):
    with pytest.raises(DataError, match=r"no column symbol or cik; no period_end .* see `lode import facts --help`"):
        bring("a,revenue,filed\n1,2,3\n")
    with pytest.raises(DataError, match="no column concept and value"):
        bring("cik,end,filed\n1,2015-06-30,2015-07-30\n")
    with pytest.raises(DataError, match="several columns for revenue: revenues, sales"):
        bring("cik,end,filed,revenues,sales\n1,2015-06-30,2015-07-30,1,1\n")
    with pytest.raises(UsageError, match="--source 'sec'"):
        bring("x\n", name="sec")
    with pytest.raises(NotFoundError):
        import_facts(tmp_path / "none.csv", source=source, warehouse=warehouse, lake=lake, now=NOW)


def test_the_real_file(shared_data, warehouse, lake):
    path = shared_data / "pystock" / "fundamentals_sp500_2015_2017.parquet"
    report = import_facts(path, source="pystock", warehouse=warehouse, lake=lake, now=NOW)
    came = pl.read_parquet(path)
    dirty = came.filter(pl.col("end_date") > pl.col("snapshot_date"))
    assert report.rows == 7610
    key = ["symbol", "end_date", "snapshot_date", "doc_type", "amend"]
    contradicting = came.unique().height - came.unique(key).height
    assert (dirty.height, contradicting) == (2, 16)
    assert report.quarantined == {
        "period ends after it became known": 2,
        "other values for the same period at the same time": 16,
    }
    assert report.companies == came["symbol"].n_unique() == 488
    apple = (
        came.filter(pl.col("symbol") == "AAPL", pl.col("period_focus") == "FY").sort("snapshot_date").row(0, named=True)
    )
    facts = read_facts(
        warehouse,
        ciks=read_instruments(warehouse, ["AAPL"])["cik"].to_list(),
        concepts=["us-gaap/Revenues"],
        as_of=LATER,
    )
    first = facts.filter(pl.col("period_end") == apple["end_date"]).row(0, named=True)
    assert (first["value"], first["filed"]) == (apple["revenues"], apple["snapshot_date"])
    again = import_facts(path, source="pystock", warehouse=warehouse, lake=lake, now=LATER)
    assert (again.facts, again.unchanged) == (0, report.facts + report.unchanged)


@pytest.mark.parametrize("parquet", [False, True])
def test_a_time_without_a_zone_is_new_yorks(bring, warehouse, parquet):
    """Half past four in the afternoon is after the close; read as UTC it would be known at half past eleven."""
    given = "2024-02-01T16:30:00"
    cik = 900310 + parquet
    content = LONG + f"{cik},us-gaap/Revenues,USD,2023-10-01,2023-12-31,100,10-Q,a-1,2024-02-01,{given}\n"
    if parquet:
        content = pl.read_csv(content.encode()).with_columns(pl.col("accepted").str.to_datetime())
    assert bring(content).kept == 1
    known = read_facts(warehouse, ciks=[cik], as_of=LATER)["knowledge_time"].to_list()
    assert known == [datetime(2024, 2, 1, 21, 30, tzinfo=UTC)]
