from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from lode.deploy.watch import due_since, emit, look, watch
from lode.settings import load_settings
from lode.warehouse import open_warehouse, stop
from lode.warehouse.stores.bars import insert_bars
from lode.warehouse.stores.collections import Collection, record_collections
from lode.warehouse.stores.imports import insert_quarantine
from lode.warehouse.stores.instruments import insert_instruments
from lode.warehouse.stores.runs import RunRecord, record_run
from lode.warehouse.stores.upkeep import read_disks

NOW = datetime(2024, 6, 17, 21, tzinfo=UTC)  # a Monday, an hour after the close


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A warehouse with bars of New York up to Thursday and of London up to Monday, and filings of Monday, no news."""
    collectors = "market,filings,news,rumours"
    settings = load_settings(home=tmp_path_factory.mktemp("watched"), warehouse_url=None, collectors=collectors)
    with open_warehouse(settings) as warehouse:
        insert_instruments(
            warehouse,
            pl.DataFrame({"instrument": ["AAPL", "SHEL.L"], "symbol": ["AAPL", "SHEL.L"], "exchange": ["NMS", "LSE"]}),
            source="yahoo",
            known_at=NOW,
        )
        bars = pl.DataFrame(
            {
                "instrument": ["AAPL", "AAPL", "SHEL.L"],
                "session": [date(2024, 6, 12), date(2024, 6, 13), date(2024, 6, 17)],
                "close": [10.0, 10.1, 30.0],
            }
        ).with_columns(
            pl.lit(NOW).alias("knowledge_time"),
            pl.lit(value=False).alias("adjusted"),
            pl.lit(value=True).alias("backfilled"),
        )
        insert_bars(warehouse, bars, source="yahoo", collected_at=NOW)
        for day, at in enumerate((NOW - timedelta(days=3), NOW - timedelta(hours=1))):
            refused = pl.DataFrame(
                {"symbol": "AAPL", "session": [date(2024, 6, 12)], "row_number": [1], "row_json": "{}", "reason": "no"}
            )
            insert_quarantine(warehouse, refused, source="yahoo", batch=str(day), collected_at=at)
        record_collections(
            warehouse,
            [
                Collection("sec", "0000320193", NOW - timedelta(minutes=10), "unchanged"),
                Collection("sec", "0000320194", NOW, "failed", message="throttled"),
                Collection("news", "AAPL", NOW, "failed", message="throttled"),
            ],
        )
        for run, state, days in (("a", "succeeded", 4), ("b", "failed", 0)):
            started = NOW - timedelta(days=days)
            record_run(warehouse, RunRecord(run, "s", "yahoo", "dow30", "{}", "1", 0, state, started))
    yield settings
    stop(settings)


@pytest.fixture(scope="module")
def readings(stored):
    return {reading["Source"]: reading for reading in look(stored, NOW)}


def test_a_market_is_as_late_as_its_latest_exchange(readings):
    assert readings["market"] == {"Source": "market", "SessionsBehind": 2, "RowsRefused": 1}  # Friday and Monday


def test_a_source_that_answered_after_the_session_was_due_is_fresh(readings):
    assert readings["filings"] == {"Source": "filings", "SessionsBehind": 0, "RowsRefused": 0}


def test_a_source_that_never_answered_has_no_freshness(readings):
    assert readings["news"] == {"Source": "news", "RowsRefused": 0}


def test_runs_count_from_the_last_one_that_succeeded(readings):
    assert readings["runs"] == {"Source": "runs", "SessionsBehind": 2, "HoursSinceRun": 96.0}


def test_an_unknown_collector_leaves_the_others_alone(readings):
    assert readings["rumours"] == {"Source": "rumours"}


def test_a_disk_that_may_not_be_asked_for_is_no_number(readings):
    assert readings["warehouse"] == {"Source": "warehouse"}  # the embedded warehouse's readers see its tables only


def test_the_fullest_disk_is_told_to_who_may_ask(stored):
    with open_warehouse(stored) as warehouse:
        assert 0 < read_disks(warehouse) <= 1


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        ("2024-06-14T20:30:01", "2024-06-17T20:29:59", 0),  # Friday's is due at 20:30 UTC, Monday's a second from now
        ("2024-06-14T20:29:59", "2024-06-17T20:30:00", 2),
        ("2024-06-14T21:00:00", "2024-06-16T23:00:00", 0),  # a weekend
        ("2024-06-18T21:00:00", "2024-06-20T13:00:00", 0),  # Juneteenth, a Wednesday without a session
        ("2024-07-03T17:29:00", "2024-07-03T17:30:00", 1),  # an early close, at 17:00 UTC
        ("2024-06-12T21:00:00", "2024-06-14T21:00:00", 2),
        ("2024-06-13T00:10:00", "2024-06-13T19:00:00", 0),  # in the night after the session that it has
        ("2024-06-17T21:00:00", "2024-06-17T20:00:00", 0),  # a clock that went back
    ],
)
def test_sessions_are_due_half_an_hour_after_their_close(last, now, due):
    assert due_since(*(datetime.fromisoformat(t).replace(tzinfo=UTC) for t in (last, now))) == due


def test_a_line_is_in_the_embedded_metric_format():
    out = io.StringIO()
    emit({"Source": "market", "SessionsBehind": 2, "HoursSinceRun": 1.5}, NOW, out)
    line = json.loads(out.getvalue())
    assert line["_aws"] == {
        "Timestamp": 1718658000000,
        "CloudWatchMetrics": [
            {
                "Namespace": "Lode",
                "Dimensions": [["Source"]],
                "Metrics": [
                    {"Name": "SessionsBehind", "Unit": "Count"},
                    {"Name": "HoursSinceRun", "Unit": "None"},
                ],
            }
        ],
    }
    assert (line["Source"], line["SessionsBehind"], line["HoursSinceRun"]) == ("market", 2, 1.5)


def test_a_reading_without_a_number_is_no_metric():
    out = io.StringIO()
    emit({"Source": "runs"}, NOW, out)
    assert "_aws" not in json.loads(out.getvalue())


def test_the_function_writes_one_object_a_line(stored, monkeypatch, capfd):
    monkeypatch.setenv("LODE_HOME", str(stored.home))
    monkeypatch.setenv("LODE_COLLECTORS", stored.collectors)
    found = watch({}, None)
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [line["Source"] for line in lines] == ["market", "filings", "news", "rumours", "runs", "warehouse"]
    assert [reading["Source"] for reading in found["readings"]] == [line["Source"] for line in lines]
