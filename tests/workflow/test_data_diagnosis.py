from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from lode.warehouse import open_warehouse
from lode.warehouse.stores.bars import insert_bars
from lode.warehouse.stores.collections import Collection, record_collections
from lode.warehouse.stores.imports import Watermark, insert_quarantine, insert_watermarks
from lode.workflow.data_diagnosis import sessions_behind
from lode.workflow.diagnosis import diagnose

NOW = datetime(2024, 6, 14, 21, tzinfo=UTC)  # a Friday, after the close


def write(settings, source="yahoo", *, collected=True):
    with open_warehouse(settings) as warehouse:
        days = [date(2024, 6, 3), date(2024, 6, 4), date(2024, 6, 6), date(2024, 6, 7)]
        bars = pl.DataFrame({"instrument": "AAPL", "session": days, "close": [10.0, 10.1, 10.2, 10.1]}).with_columns(
            pl.lit(NOW).alias("knowledge_time"),
            pl.lit(value=False).alias("adjusted"),
            pl.lit(value=True).alias("backfilled"),
        )
        insert_bars(warehouse, bars, source=source, collected_at=NOW)
        refused = pl.DataFrame({"symbol": "AAPL", "session": days[:2], "row_number": [1, 2], "row_json": "{}"})
        reasons = refused.with_columns(pl.Series("reason", ["no volume", "no volume; no sense"]))
        insert_quarantine(warehouse, reasons, source=source, batch="b", collected_at=NOW)
        if collected:
            insert_watermarks(warehouse, [Watermark(source, "AAPL", days[0], days[-1], "key", NOW)])
            earlier = NOW.replace(hour=1)
            record_collections(
                warehouse,
                [
                    Collection(source, "AAPL", earlier, "failed", message="throttled"),
                    Collection(source, "AAPL", NOW, "collected", rows=4),
                    Collection(source, "GONE", NOW, "failed", message="UnknownSymbolError: GONE"),
                ],
            )


@pytest.fixture
def told(lode_settings):
    def told():
        return {row["part"]: row for row in diagnose(lode_settings, now=NOW)["checks"]}

    return told


def test_an_empty_warehouse_has_nothing_to_say(told):
    assert [part for part in told() if " " in part and not part.startswith("extra")] == []
    assert told()["checks"]["detail"] == "nothing found in 0 sources"


def test_the_stored_data_are_described_with_what_to_do(told, lode_settings):
    write(lode_settings)
    found = told()
    assert found["source yahoo"]["state"] == "behind"
    assert found["source yahoo"]["detail"] == "1 names up to 2024-06-07, 5 sessions behind, 2 rows in quarantine"
    assert "lode collect market" in found["source yahoo"]["next"]
    assert found["findings yahoo"]["detail"] == "calendar gap: 1 in 1 names"
    assert found["findings yahoo"]["state"] == "notice"
    assert found["quarantine yahoo"]["detail"] in {"no volume: 2 rows of 1 symbols", "no sense: 1 rows of 1 symbols"}
    collection = found["collection yahoo"]
    assert collection["state"] == "failed"
    assert collection["detail"].startswith(
        "1 collected, 1 failed, last at 2024-06-14 21:00 UTC; GONE: UnknownSymbolError"
    )
    assert "again" in collection["next"]


def test_a_file_of_the_past_is_not_behind(told, lode_settings):
    write(lode_settings, "mine", collected=False)
    assert told()["source mine"]["state"] == "ok"
    assert "collection mine" not in told()


@pytest.mark.parametrize(
    ("last", "behind"), [(date(2024, 6, 14), 0), (date(2024, 6, 13), 1), (date(2024, 6, 7), 5), (date(2024, 6, 17), 0)]
)
def test_sessions_behind_counts_what_has_closed(last, behind):
    assert sessions_behind(last, NOW) == behind
