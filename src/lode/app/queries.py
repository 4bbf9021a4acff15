"""Everything that the pages read, from the warehouse alone and with read-only access.

Answers are kept for some seconds per warehouse, so that a click does not read again what is on the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import streamlit as st

from lode.app.provenance import label_of
from lode.calendar import DEFAULT_EXCHANGE, last_closed_session, sessions
from lode.errors import NotFoundError
from lode.lake import open_lake
from lode.settings import Settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.condition import (
    read_coverage,
    read_failures,
    read_outcomes,
    read_reach,
    read_refusals,
    read_refused_rows,
)
from lode.warehouse.stores.factors import FactorRecord, list_factors, read_evidence, read_factor, read_series
from lode.warehouse.stores.findings import count_findings, read_findings
from lode.warehouse.stores.lineage import read_ancestry
from lode.warehouse.stores.runs import RunRecord, list_runs, read_run, read_steps
from lode.warehouse.stores.scaling import read_scaling
from lode.warehouse.stores.snapshots import SnapshotRecord, list_snapshots, read_snapshot
from lode.workflow.alive import with_stopped
from lode.workflow.search_record import read_search_record

_FRESH_SECONDS = 10
_EVERY = 1_000_000
_SHOWN = 2_000  # what a page holds
COUNTS = ("trials", "trials_on_vault", "effective_trials", "finalists", "proven", "refused")
_RUN_COLUMNS = ("run", "source", "universe", "as_of", "trials", "trials_on_vault", "label")


@dataclass(frozen=True)
class Overview:
    """Runs and factors.

    runs: as `list_runs`, the newest first, with as_of and label of their snapshot; counts are null until a run is done.
    factors: as `list_factors`, with source, universe, as_of, label, trials and trials_on_vault of their run.
    read_at: UTC.
    """

    runs: pl.DataFrame
    factors: pl.DataFrame
    read_at: datetime

    @property
    def labels(self) -> list[str]:
        """Labels of the runs whose data are a sample or simulated, each once, the newest first."""
        return [label for label in self.runs["label"].unique(maintain_order=True) if label]


@dataclass(frozen=True)
class FactorPage:
    """What is known of a factor in one run; `standings` are its runs, the newest first. `read_at` is UTC.

    ancestry: as `read_ancestry`; empty for a factor that no search made.
    """

    record: FactorRecord
    standings: tuple[FactorRecord, ...]
    run: RunRecord
    snapshot: SnapshotRecord
    label: str
    evidence: pl.DataFrame
    series: pl.DataFrame
    ancestry: pl.DataFrame
    read_at: datetime


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


@dataclass(frozen=True)
class DataPage:
    """In what state the stored data are; columns as in the stores `condition` and `findings`. `read_at` is UTC."""

    reach: pl.DataFrame
    outcomes: pl.DataFrame
    failures: pl.DataFrame
    counts: pl.DataFrame
    findings: pl.DataFrame
    refusals: pl.DataFrame
    refused: pl.DataFrame
    coverage: pl.DataFrame
    read_at: datetime


def place(settings: Settings) -> str:
    """Name the warehouse for a reader: its folder, or the server's host and database, never what opens it."""
    if not settings.has_server:
        return str(settings.warehouse_folder)
    if settings.warehouse_url is None:
        return "the deployed warehouse"
    parts = urlsplit(settings.warehouse_url.get_secret_value())
    return f"{parts.hostname}{parts.path}"


def _identity(settings: Settings) -> str:
    url = settings.warehouse_url.get_secret_value() if settings.warehouse_url else ""
    return f"{settings.folder}\n{url}\n{settings.warehouse_secret}"


_cached = st.cache_data(ttl=_FRESH_SECONDS, max_entries=64, show_spinner="Reading …", hash_funcs={Settings: _identity})


@_cached
def read_overview(settings: Settings) -> Overview:
    """Read runs and factors."""
    with open_warehouse(settings, access="read") as warehouse:
        snapshots = list_snapshots(warehouse, most=_EVERY)
        listed = with_stopped(list_runs(warehouse, most=_EVERY), warehouse, open_lake(settings))
        runs = _counted(_with_snapshot(listed, snapshots))
        factors = list_factors(warehouse)
    return Overview(runs, factors.join(runs.select(_RUN_COLUMNS), on="run", how="left"), datetime.now(UTC))


@_cached
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
            read_at=datetime.now(UTC),
        )


@_cached
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


@_cached
def read_sources(settings: Settings) -> pl.DataFrame:
    """Read how far each source is: source, names, rows, first_session, last_session, collected_at, quarantined."""
    with open_warehouse(settings, access="read") as warehouse:
        return warehouse.query(
            "SELECT s.source AS source, names, rows, first_session, last_session, collected_at, quarantined FROM ("
            "  SELECT source, uniqExact(instrument) AS names, count() AS rows, min(session) AS first_session, "
            "  max(session) AS last_session, max(collected_at) AS collected_at FROM bars GROUP BY source) AS s "
            "LEFT JOIN (SELECT source, count() AS quarantined FROM quarantine FINAL GROUP BY source) AS q "
            "USING (source) ORDER BY source"
        )


@_cached
def read_data_page(settings: Settings) -> DataPage:
    """Read the state of the stored data; of findings and refused rows the newest."""
    with open_warehouse(settings, access="read") as warehouse:
        return DataPage(
            reach=read_reach(warehouse),
            outcomes=read_outcomes(warehouse),
            failures=read_failures(warehouse),
            counts=count_findings(warehouse),
            findings=read_findings(warehouse, most=_SHOWN),
            refusals=read_refusals(warehouse),
            refused=read_refused_rows(warehouse, most=_SHOWN),
            coverage=read_coverage(warehouse),
            read_at=datetime.now(UTC),
        )


@st.cache_data(ttl=600, max_entries=256, show_spinner=False)
def sessions_behind(last_session: date) -> int:
    """Count the exchange's sessions that have closed since `last_session`; 0 when it is the latest."""
    closed = last_closed_session(DEFAULT_EXCHANGE, datetime.now(UTC))
    return max(0, len(sessions(DEFAULT_EXCHANGE, last_session, closed)) - 1)


def _standing(standings: list[FactorRecord], run: str) -> FactorRecord:
    found = next((record for record in standings if run in ("", record.run)), None)
    if found is None:
        judged = ", ".join(record.run for record in standings)
        raise NotFoundError(f"run {run!r} did not judge factor {standings[0].factor}; it was judged by: {judged}")
    return found


def _with_snapshot(runs: pl.DataFrame, snapshots: pl.DataFrame) -> pl.DataFrame:
    labels = {snapshot: label_of(snapshot, meta) for snapshot, meta in snapshots["snapshot", "meta"].iter_rows()}
    label = pl.col("snapshot").replace_strict(labels, default="", return_dtype=pl.String)
    known = snapshots.select("snapshot", "as_of")
    return runs.join(known, on="snapshot", how="left", maintain_order="left").with_columns(label.alias("label"))


def _counted(runs: pl.DataFrame) -> pl.DataFrame:
    """Take back the counts of runs that are not done: what they hold until then are no counts."""
    done = pl.col("state") == "succeeded"
    return runs.with_columns(pl.when(done).then(pl.col(name)).alias(name) for name in COUNTS)
