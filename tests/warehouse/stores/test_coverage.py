"""How complete bars are, and what later versions changed in them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from lode.settings import load_settings
from lode.warehouse import open_warehouse, stop
from lode.warehouse.stores.bars import insert_bars
from lode.warehouse.stores.coverage import read_field_counts, read_gaps
from lode.warehouse.stores.facts import COLUMNS, insert_facts
from lode.warehouse.stores.restatements import read_restated_bars, read_restated_facts

AT, LATER = datetime(2024, 3, 1, 21, tzinfo=UTC), datetime(2024, 4, 1, 21, tzinfo=UTC)
DAYS = [date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 2), date(2024, 2, 5)]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("coverage"), warehouse_idle=60)
    with open_warehouse(settings) as opened:
        yield opened
    stop(settings)


def keep(warehouse, source, rows, *, known=AT, **columns):
    """Store bars from (instrument, session, close, volume)."""
    bars = pl.DataFrame(rows, schema=["instrument", "session", "close", "volume"], orient="row")
    flags = {"adjusted": False, "backfilled": False, "knowledge_time": known} | columns
    insert_bars(
        warehouse,
        bars.with_columns(pl.lit(value).alias(name) for name, value in flags.items()),
        source=source,
        collected_at=known,
    )


def test_bars_are_counted_by_month_and_by_session_once_for_all_versions(warehouse):
    keep(warehouse, "counted", [("A", DAYS[0], 1.0, None), ("A", DAYS[2], 1.0, 5.0), ("B", DAYS[0], 1.0, 5.0)])
    keep(warehouse, "counted", [("A", DAYS[2], 2.0, 5.0)], known=LATER)
    span = {"source": "counted", "start": DAYS[0], "end": DAYS[-1]}
    months = read_field_counts(warehouse, **span)
    assert months.select("period", "close", "volume", "open").rows() == [
        (date(2024, 1, 1), 2, 1, 0),
        (date(2024, 2, 1), 1, 1, 0),
    ]
    sessions = read_field_counts(warehouse, **span, by_session=True)
    assert sessions.select("period", "close", "volume").rows() == [(DAYS[0], 2, 1), (DAYS[2], 1, 1)]
    assert read_field_counts(warehouse, **span | {"source": "none"}).is_empty()


def test_gaps_lie_between_the_first_and_the_last_bar_the_longest_first(warehouse):
    keep(warehouse, "gaps", [("A", day, 1.0, None) for day in (DAYS[0], DAYS[4], date(2024, 2, 3))])
    keep(warehouse, "gaps", [("B", day, 1.0, None) for day in (DAYS[1], DAYS[3])])
    keep(warehouse, "gaps", [("C", day, 1.0, None) for day in (DAYS[1], DAYS[2])])
    assert read_gaps(warehouse, source="gaps", sessions=DAYS).rows() == [
        ("A", DAYS[0], DAYS[4], 3),  # the Saturday is no session
        ("B", DAYS[1], DAYS[3], 1),
    ]
    assert read_gaps(warehouse, source="gaps", sessions=DAYS, instruments=["B", "C"])["instrument"].to_list() == ["B"]
    assert read_gaps(warehouse, source="gaps", sessions=DAYS, most=1).height == 1


def test_a_changed_bar_is_told_field_by_field(warehouse):
    keep(warehouse, "changed", [("A", DAYS[0], 10.0, None), ("A", DAYS[1], 11.0, 5.0)])
    keep(warehouse, "changed", [("A", DAYS[0], 10.5, 7.0)], known=LATER, repairs="split undone")
    keep(warehouse, "changed", [("A", DAYS[1], 11.0, 5.0)], known=LATER)  # said again
    found = read_restated_bars(warehouse, source="changed")
    assert found.select("session", "field", "value_before", "value_after", "repairs").rows() == [
        (DAYS[0], "close", 10.0, 10.5, "split undone"),
        (DAYS[0], "volume", None, 7.0, "split undone"),
    ]
    assert found["known_before"][0] == AT
    assert found["known_after"][0] == LATER
    assert read_restated_bars(warehouse, source="changed", instruments=["B"]).is_empty()


def test_a_restated_fact_is_told_once_for_each_change(warehouse):
    def fact(value, month, **more):
        known = datetime(2024, month, 1, tzinfo=UTC)
        row = {
            "cik": 1, "concept": "us-gaap/Assets", "unit": "USD", "period_end": date(2023, 12, 31), "value": value,
            "form": "10-K", "accession": f"a{month}", "filed": known.date(), "knowledge_time": known,
            "fiscal_period": "FY", "source": "sec",
        }  # fmt: skip
        return dict.fromkeys(COLUMNS) | row | more

    insert_facts(
        warehouse,
        pl.DataFrame(
            [
                *(fact(5.0, 1), fact(5.0, 2), fact(6.0, 3), fact(4.0, 5)),
                *(fact(1.0, 1, period_start=date(2023, 1, 1)), fact(2.0, 2, period_start=date(2023, 7, 1))),
                *(fact(1.0, 1, cik=2, concept="us-gaap/Other"), fact(2.0, 2, cik=2, concept="us-gaap/Other")),
            ],
            schema=COLUMNS,
        ),
    )
    april = datetime(2024, 4, 1, tzinfo=UTC)
    found = read_restated_facts(warehouse, ciks=[1], as_of=april)
    assert found.select("value_before", "value_after", "accession").rows() == [(5.0, 6.0, "a3")]
    assert found["known_before"][0] == datetime(2024, 2, 1, tzinfo=UTC)
    assert read_restated_facts(warehouse, as_of=april)["cik"].to_list() == [1, 2]
    assert read_restated_facts(warehouse, concepts=["us-gaap/Other"], as_of=april)["cik"].to_list() == [2]
    assert read_restated_facts(warehouse, ciks=[1], as_of=LATER.replace(year=2025)).height == 2
