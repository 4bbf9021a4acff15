from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from lode.errors import NotFoundError
from lode.warehouse import Warehouse
from lode.warehouse.stores.snapshots import SnapshotRecord, list_snapshots, read_snapshot, record_snapshot


def _snapshot() -> SnapshotRecord:
    return SnapshotRecord(
        snapshot=uuid4().hex[:16],
        source="mine",
        universe="A,B",
        fields=["close", "volume"],
        as_of=datetime(2026, 1, 5, 12, tzinfo=UTC),
        first_session=date(2019, 1, 2),
        last_session=date(2019, 12, 31),
        sessions=252,
        names=2,
        coverage=0.5,
        meta='{"selection": {"source": "mine"}}',
    )


@pytest.fixture
def empty(writer: Warehouse) -> Warehouse:
    writer.command("TRUNCATE TABLE snapshots SYNC")
    return writer


def test_the_latest_is_read_where_none_is_named(empty: Warehouse) -> None:
    first, second = _snapshot(), _snapshot()
    for record in (first, second):
        record_snapshot(empty, record)
    assert read_snapshot(empty) == second
    assert read_snapshot(empty, first.snapshot) == first
    assert first.details == {"selection": {"source": "mine"}}
    record_snapshot(empty, replace(first, coverage=0.6))
    assert read_snapshot(empty).coverage == 0.6
    assert list_snapshots(empty)["snapshot"].to_list() == [first.snapshot, second.snapshot]


def test_what_is_missing_is_said_with_what_there_is(empty: Warehouse) -> None:
    with pytest.raises(NotFoundError, match="no snapshot yet: make one with `lode snapshot` or `lode run`"):
        read_snapshot(empty)
    known = _snapshot()
    record_snapshot(empty, known)
    with pytest.raises(NotFoundError, match=f"no snapshot 'zz'; there are: {known.snapshot}"):
        read_snapshot(empty, "zz")
