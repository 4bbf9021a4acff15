from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.stores.collections import Collection, record_collections
from lode.warehouse.stores.freshness import read_collected, read_ends
from lode.warehouse.stores.runs import RunRecord, record_run
from lode.warehouse.stores.snapshots import read_provenance
from lode.warehouse.stores.standings import read_newest_of_each, read_totals
from lode.warehouse.stores.vault import OpeningRecord, record_opening

NOW = datetime(2026, 11, 20, 21, 5, tzinfo=UTC)


def _run(universe: str, state: str, days_ago: int, trials: int = 0) -> RunRecord:
    started = NOW - timedelta(days=days_ago)
    return RunRecord(uuid4().hex[:16], "s", "yahoo", universe, "{}", "0", 0, state, started, trials=trials)


def test_only_runs_that_are_done_count_their_trials(writer: Warehouse) -> None:
    before = read_totals(writer)
    record_run(writer, _run("totals", "succeeded", 1, trials=5))
    record_run(writer, _run("totals", "running", 0, trials=7))
    after = read_totals(writer)
    assert (after.runs - before.runs, after.trials - before.trials) == (2, 5)


def test_the_newest_run_that_is_done_stands_for_its_data(writer: Warehouse) -> None:
    universe = uuid4().hex[:8]
    old, new, failed = _run(universe, "succeeded", 9), _run(universe, "succeeded", 1), _run(universe, "failed", 0)
    for run in (old, new, failed):
        record_run(writer, run)
    opening = OpeningRecord(991, new.run, universe, date(2024, 1, 2), date(2024, 12, 30), ["A"], 10, 0.0003, [], NOW)
    record_opening(writer, opening)
    found = read_newest_of_each(writer).filter(pl.col("universe") == universe)
    assert found.select("run", "k").rows() == [(new.run, 10)]


def test_a_source_is_what_its_subjects_came_to_last(writer: Warehouse) -> None:
    source, later = uuid4().hex[:8], NOW + timedelta(hours=1)
    record_collections(
        writer,
        [
            Collection(source, "A", NOW, "failed", message="old"),
            Collection(source, "A", later, "collected"),
            Collection(source, "B", NOW, "collected"),
            Collection(source, "B", later, "failed", message="429"),
            Collection(source, "C", NOW, "unchanged"),
        ],
    )
    (row,) = read_collected(writer).filter(pl.col("source") == source).iter_rows(named=True)
    assert (row["subjects"], row["failed"], row["message"]) == (3, 1, "429")
    assert (row["collected_at"], row["failed_at"]) == (later, later)


def test_a_source_that_never_answered_was_never_collected(writer: Warehouse) -> None:
    source = uuid4().hex[:8]
    record_collections(writer, [Collection(source, "A", NOW, "failed", message="403")])
    (row,) = read_collected(writer).filter(pl.col("source") == source).iter_rows(named=True)
    assert (row["subjects"], row["failed"], row["collected_at"]) == (1, 1, None)


def test_a_warehouse_without_bars_or_snapshots_has_none(writer: Warehouse) -> None:
    assert {"source", "last_session", "rows", "collected", "quarantined"} <= set(read_ends(writer).columns)
    assert read_provenance(writer, []).is_empty()
