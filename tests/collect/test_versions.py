from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from lode.collect.versions import Tolerance, new_versions

DAY = date(2024, 6, 10)
CLOSE = datetime(2024, 6, 10, 20, tzinfo=UTC)
UTC_TIME = pl.Datetime("us", "UTC")
SCHEMA = {
    "instrument": pl.String,
    "session": pl.Date,
    "knowledge_time": UTC_TIME,
    "close": pl.Float64,
    "volume": pl.Float64,
}
NOTHING = pl.DataFrame(schema=SCHEMA)


def came(close, volume=None, recorded=None):
    row = {
        "instrument": "A",
        "session": DAY,
        "close_time": CLOSE,
        "knowledge_time": recorded,
        "close": close,
        "volume": volume,
    }
    return pl.DataFrame([row], schema=SCHEMA | {"close_time": UTC_TIME})


def known(close, volume=None, at=CLOSE):
    return pl.DataFrame(
        [{"instrument": "A", "session": DAY, "knowledge_time": at, "close": close, "volume": volume}], SCHEMA
    )


def test_a_fresh_bar_is_known_from_its_close():
    found = new_versions(came(10.0), NOTHING, at=CLOSE + timedelta(days=30))
    assert (found.fresh, found.changed, found.unchanged) == (1, 0, 0)
    assert found.rows.select("knowledge_time", "backfilled").row(0) == (CLOSE, True)


def test_a_recorded_time_is_kept():
    at = CLOSE + timedelta(minutes=5)
    found = new_versions(came(10.0, recorded=at), NOTHING, at=CLOSE + timedelta(days=30))
    assert found.rows.select("knowledge_time", "backfilled").row(0) == (at, False)


def test_a_changed_bar_with_a_later_recorded_time_is_known_from_it():
    later, at = CLOSE + timedelta(days=2), CLOSE + timedelta(days=30)
    assert new_versions(came(11.0, recorded=later), known(10.0), at=at).rows["knowledge_time"].item() == later
    assert new_versions(came(11.0, recorded=CLOSE), known(10.0), at=at).rows["knowledge_time"].item() == at


def test_versions_never_share_a_knowledge_time():
    at = CLOSE + timedelta(days=1)
    found = new_versions(came(12.0), known(11.0, at=at), at=at)
    assert found.rows["knowledge_time"].item() == at + timedelta(microseconds=1)


def test_a_value_that_appears_or_disappears_is_a_change():
    assert new_versions(came(10.0, 5.0), known(10.0), at=CLOSE).changed == 1
    assert new_versions(came(10.0), known(10.0, 5.0), at=CLOSE).changed == 1
    assert new_versions(came(10.0), known(10.0), at=CLOSE).unchanged == 1


def test_fields_that_did_not_come_are_not_compared():
    assert new_versions(came(10.0).drop("volume", "knowledge_time"), known(10.0, 5.0), at=CLOSE).unchanged == 1


def test_a_tolerance_is_relative():
    tolerance = Tolerance(price=1e-6, volume=1e-4)
    assert new_versions(came(100.00009, 10_001.0), known(100.0, 10_000.0), at=CLOSE, tolerance=tolerance).unchanged == 1
    assert new_versions(came(100.0002, 10_000.0), known(100.0, 10_000.0), at=CLOSE, tolerance=tolerance).changed == 1
    assert new_versions(came(100.0, 10_002.0), known(100.0, 10_000.0), at=CLOSE, tolerance=tolerance).changed == 1
    assert new_versions(came(100.0, None), known(100.0, 1.0), at=CLOSE, tolerance=tolerance).changed == 1


@given(st.lists(st.tuples(st.sampled_from([1.0, 2.0, 3.0]), st.integers(-2, 3)), max_size=8))
def test_the_latest_version_is_always_what_came_last(collections):
    """Values come in any order of times; each collection leaves its value as the latest, times strictly grow."""
    history = NOTHING
    for close, days in collections:
        latest = history.sort("knowledge_time").tail(1)
        rows = new_versions(came(close), latest, at=CLOSE + timedelta(days=days)).rows
        history = pl.concat([history, rows.select(SCHEMA.keys())])
        ordered = history.sort("knowledge_time")
        assert ordered["close"].last() == close
        assert ordered["knowledge_time"].is_unique().all()
        assert new_versions(came(close), ordered.tail(1), at=CLOSE + timedelta(days=days)).rows.is_empty()
