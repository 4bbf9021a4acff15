"""Membership spells in the warehouse."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from lode.errors import DataError, UsageError
from lode.settings import load_settings
from lode.warehouse import open_warehouse, stop
from lode.warehouse.stores.members import insert_members, list_universes, read_members

AT = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("members"), warehouse_idle=60)
    with open_warehouse(settings) as opened:
        yield opened
    stop(settings)


def spells(*rows):
    schema = {"symbol": pl.String, "first_session": pl.Date, "last_session": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_what_is_inserted_is_read_again_in_its_range(warehouse):
    given = spells(
        ("A", date(2010, 1, 4), date(2011, 1, 3)), ("A", date(2012, 1, 3), None), ("B", date(2005, 1, 3), None)
    )
    assert insert_members(warehouse, "mine", given, source="file", at=AT) == 3
    assert list_universes(warehouse) == ["mine"]
    assert read_members(warehouse, "mine").rows() == given.rows()
    found = read_members(warehouse, "mine", start=date(2011, 1, 3), end=date(2011, 12, 30))
    assert found["instrument"].to_list() == ["A", "B"]
    assert found["last_session"].to_list() == [date(2011, 1, 3), None]
    assert read_members(warehouse, "other").is_empty()


def test_a_spell_that_ends_replaces_the_open_one(warehouse):
    insert_members(warehouse, "ends", spells(("A", date(2010, 1, 4), None)), source="file", at=AT)
    ended = spells(("A", date(2010, 1, 4), date(2020, 1, 3)))
    insert_members(warehouse, "ends", ended, source="file", at=AT.replace(hour=1))
    assert read_members(warehouse, "ends").rows() == ended.rows()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("A", date(2010, 1, 4), date(2009, 1, 5))], "end before they begin, first A 2010-01-04 to 2009-01-05"),
        ([("A", date(2010, 1, 4), None), ("A", date(2012, 1, 3), None)], "overlap the one before"),
        ([("A", None, None)], "without a name or a first session"),
    ],
)
def test_spells_that_cannot_be_are_refused(warehouse, rows, message):
    with pytest.raises(DataError, match=message):
        insert_members(warehouse, "bad", spells(*rows), source="file", at=AT)


def test_a_frame_without_days_is_refused(warehouse):
    with pytest.raises(UsageError, match="first_session, last_session"):
        insert_members(warehouse, "bad", pl.DataFrame({"symbol": ["A"]}), source="file", at=AT)
