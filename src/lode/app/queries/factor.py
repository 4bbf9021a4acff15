"""What a factor's page reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from lode.app.provenance import label_of
from lode.app.queries.caching import cached
from lode.errors import NotFoundError
from lode.lake import open_lake
from lode.settings import Settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.factors import FactorRecord, read_alike, read_evidence, read_factor, read_series
from lode.warehouse.stores.lineage import read_ancestry
from lode.warehouse.stores.runs import RunRecord, read_run
from lode.warehouse.stores.snapshots import SnapshotRecord, read_snapshot
from lode.warehouse.stores.vault import list_openings
from lode.workflow.kept_sheets import read_sheet


@dataclass(frozen=True)
class FactorPage:
    """What is known of a factor in one run; `standings` are its runs, the newest first. `read_at` is UTC.

    ancestry: as `read_ancestry`; empty for a factor that no search made. alike: as `read_alike`. alpha: level of the
    run's opening of the vault, None where it opened none.
    """

    record: FactorRecord
    standings: tuple[FactorRecord, ...]
    run: RunRecord
    snapshot: SnapshotRecord
    label: str
    evidence: pl.DataFrame
    series: pl.DataFrame
    ancestry: pl.DataFrame
    alike: pl.DataFrame
    alpha: float | None
    read_at: datetime


@cached
def read_factor_page(settings: Settings, factor: str, run: str) -> FactorPage:
    """Read a factor's standing in `run`, the newest run that judged it when `run` is empty.

    Raises NotFoundError for an unknown factor, and for a run that did not judge it.
    """
    with open_warehouse(settings, access="read") as warehouse:
        standings = read_factor(warehouse, factor)
        record = _standing(standings, run)
        snapshot = read_snapshot(warehouse, record.snapshot)
        return FactorPage(
            record=record,
            standings=tuple(standings),
            run=read_run(warehouse, record.run),
            snapshot=snapshot,
            label=label_of(snapshot.snapshot, snapshot.meta),
            evidence=read_evidence(warehouse, record.factor, record.run),
            series=read_series(warehouse, record.factor, record.run).filter(pl.col("horizon") == record.horizon),
            ancestry=read_ancestry(warehouse, record.run, record.factor),
            alike=read_alike(warehouse, record.factor, record.run),
            alpha=_alpha(list_openings(warehouse), record.run),
            read_at=datetime.now(UTC),
        )


@cached
def read_factor_sheet(settings: Settings, factor: str, run: str) -> dict[str, Any] | None:
    """Read the record of a factor's sheet from the lake; None where the run kept none."""
    return read_sheet(open_lake(settings), run, factor)


def _alpha(openings: pl.DataFrame, run: str) -> float | None:
    """Level at which a run opened the vault."""
    own = openings.filter(pl.col("run") == run)
    return float(own["alpha"][0]) if own.height else None


def _standing(standings: list[FactorRecord], run: str) -> FactorRecord:
    found = next((record for record in standings if run in ("", record.run)), None)
    if found is None:
        judged = ", ".join(record.run for record in standings)
        raise NotFoundError(f"run {run!r} did not judge factor {standings[0].factor}; it was judged by: {judged}")
    return found
