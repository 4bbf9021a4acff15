"""What a run's page reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from lode.app.provenance import label_of
from lode.app.queries.caching import cached
from lode.lake import open_lake
from lode.settings import Settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.runs import RunRecord, read_run, read_steps
from lode.warehouse.stores.scaling import read_scaling
from lode.warehouse.stores.snapshots import read_snapshot
from lode.workflow.search_record import read_search_record


@dataclass(frozen=True)
class RunPage:
    """A run, its steps as `read_steps`, and comparable runs as `read_scaling`. `read_at` is UTC.

    search: the run's record of its search, None until its finalists are chosen.
    """

    record: RunRecord
    label: str
    steps: pl.DataFrame
    scaling: pl.DataFrame
    search: dict[str, Any] | None
    read_at: datetime


@cached
def read_run_page(settings: Settings, run: str) -> RunPage:
    """Read a run; NotFoundError for one that is not known."""
    with open_warehouse(settings, access="read") as warehouse:
        record = read_run(warehouse, run)
        snapshot = read_snapshot(warehouse, record.snapshot) if record.snapshot else None
        return RunPage(
            record=record,
            label=label_of(snapshot.snapshot, snapshot.meta) if snapshot else "",
            steps=read_steps(warehouse, run),
            scaling=read_scaling(warehouse, record),
            search=read_search_record(open_lake(settings), run),
            read_at=datetime.now(UTC),
        )
