"""What the page of runs reads: the runs, one of them as it stands, and what it is compared with once it has ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import polars as pl

from lode.app.provenance import label_of
from lode.app.queries.caching import cached, cached_briefly
from lode.lake import open_lake
from lode.settings import Settings
from lode.warehouse import Warehouse, open_warehouse
from lode.warehouse.stores.bars import list_sources
from lode.warehouse.stores.ledger import read_generations
from lode.warehouse.stores.runs import RunRecord, list_runs, read_run, read_steps
from lode.warehouse.stores.scaling import read_scaling
from lode.warehouse.stores.snapshots import SnapshotRecord, read_snapshot
from lode.workflow.alive import with_stopped
from lode.workflow.search_record import read_search_record

RUNNING = "running"
_MOST_RUNS = 1000


@dataclass(frozen=True)
class RunState:
    """A run as it stands: its record, `stopped` where no process goes on with it, and its steps as `read_steps`.

    generations: as `read_generations` until it has succeeded; after that empty, since the steps say more. `read_at` is
    UTC.
    """

    record: RunRecord
    steps: pl.DataFrame
    generations: pl.DataFrame
    read_at: datetime

    @property
    def goes_on(self) -> bool:
        """Whether a process has the run in hand."""
        return self.record.state == RUNNING

    @property
    def now(self) -> datetime | None:
        """When this was read, None where no process has the run in hand."""
        return self.read_at if self.goes_on else None


@dataclass(frozen=True)
class RunPage:
    """What does not change while a run is mined.

    label: of its data, "" for real ones. snapshot: None until it has one. scaling: comparable runs as `read_scaling`.
    search: the run's record of its search, None until its finalists are chosen.
    """

    label: str
    snapshot: SnapshotRecord | None
    scaling: pl.DataFrame
    search: dict[str, Any] | None


@cached_briefly
def read_run_list(settings: Settings) -> pl.DataFrame:
    """Read the runs, the newest first, as `list_runs`; one that no process goes on with is `stopped`."""
    with open_warehouse(settings, access="read") as warehouse:
        return with_stopped(list_runs(warehouse, most=_MOST_RUNS), warehouse, open_lake(settings))


@cached_briefly
def read_run_state(settings: Settings, run: str) -> RunState:
    """Read a run as it stands; NotFoundError for one that is not known."""
    with open_warehouse(settings, access="read") as warehouse:
        record = _as_it_stands(read_run(warehouse, run), warehouse, settings)
        steps = read_steps(warehouse, run)
        generations = (
            read_generations(warehouse, run) if record.state == RUNNING else _ended_generations(settings, record)
        )
        return RunState(record, steps, generations, datetime.now(UTC))


@cached
def read_run_page(settings: Settings, record: RunRecord) -> RunPage:
    """Read what stands beside a run in this state: another state is read anew."""
    with open_warehouse(settings, access="read") as warehouse:
        snapshot = read_snapshot(warehouse, record.snapshot) if record.snapshot else None
        return RunPage(
            label=label_of(snapshot.snapshot, snapshot.meta) if snapshot else "",
            snapshot=snapshot,
            scaling=read_scaling(warehouse, record),
            search=read_search_record(open_lake(settings), record.run),
        )


@cached
def read_source_names(settings: Settings) -> list[str]:
    """Read the sources that have bars in the warehouse, sorted."""
    with open_warehouse(settings, access="read") as warehouse:
        return list_sources(warehouse)


@cached
def _ended_generations(settings: Settings, record: RunRecord) -> pl.DataFrame:
    """Read the generations of a run that nobody goes on with: not anew with everything that changes."""
    with open_warehouse(settings, access="read") as warehouse:
        return read_generations(warehouse, "" if record.state == "succeeded" else record.run)


def _as_it_stands(record: RunRecord, warehouse: Warehouse, settings: Settings) -> RunRecord:
    if record.state != RUNNING:
        return record
    told = pl.DataFrame({name: [getattr(record, name)] for name in ("run", "state", "message")})
    return replace(record, **with_stopped(told, warehouse, open_lake(settings)).row(0, named=True))
