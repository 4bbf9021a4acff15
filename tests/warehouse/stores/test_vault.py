from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.stores.vault import OpeningRecord, list_openings, record_opening

OPENING = OpeningRecord(
    opening=4_000_000_001,
    run="r",
    universe="all",
    first_session=date(2019, 1, 2),
    last_session=date(2019, 12, 31),
    instruments=("B", "A"),
    k=3,
    alpha=0.05 * 6 / 9,
    finalists=("f", "g"),
    opened_at=datetime(2026, 1, 5, tzinfo=UTC),
)


def test_an_opening_is_recorded_once_and_listed_in_order(writer: Warehouse) -> None:
    later = replace(OPENING, opening=OPENING.opening + 1, run="s", finalists=())
    for record in (later, OPENING, OPENING):
        record_opening(writer, record)
    found = list_openings(writer).filter(pl.col("opening") >= OPENING.opening)
    assert found["run"].to_list() == ["r", "s"]
    first = found.row(0, named=True)
    assert (first["names"], first["k"], first["alpha"], first["finalists"]) == (2, 3, OPENING.alpha, ["f", "g"])
    assert (first["first_session"], first["last_session"]) == (OPENING.first_session, OPENING.last_session)
