"""Every run and every factor, for pages where a reader chooses one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl
import streamlit as st

from lode.app.provenance import label_of
from lode.app.queries.caching import cached
from lode.calendar import DEFAULT_EXCHANGE, last_closed_session, sessions
from lode.lake import open_lake
from lode.settings import Settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.factors import list_factors
from lode.warehouse.stores.runs import list_runs
from lode.warehouse.stores.snapshots import list_snapshots
from lode.workflow.alive import with_stopped

_EVERY = 1_000_000
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


@cached
def read_overview(settings: Settings) -> Overview:
    """Read runs and factors."""
    with open_warehouse(settings, access="read") as warehouse:
        snapshots = list_snapshots(warehouse, most=_EVERY)
        listed = with_stopped(list_runs(warehouse, most=_EVERY), warehouse, open_lake(settings))
        runs = _counted(_with_snapshot(listed, snapshots))
        factors = list_factors(warehouse)
    return Overview(runs, factors.join(runs.select(_RUN_COLUMNS), on="run", how="left"), datetime.now(UTC))


@st.cache_data(ttl=600, max_entries=256, show_spinner=False)
def sessions_behind(last_session: date) -> int:
    """Count the exchange's sessions that have closed since `last_session`; 0 when it is the latest."""
    closed = last_closed_session(DEFAULT_EXCHANGE, datetime.now(UTC))
    return max(0, len(sessions(DEFAULT_EXCHANGE, last_session, closed)) - 1)


def _with_snapshot(runs: pl.DataFrame, snapshots: pl.DataFrame) -> pl.DataFrame:
    labels = {snapshot: label_of(snapshot, meta) for snapshot, meta in snapshots["snapshot", "meta"].iter_rows()}
    label = pl.col("snapshot").replace_strict(labels, default="", return_dtype=pl.String)
    known = snapshots.select("snapshot", "as_of")
    return runs.join(known, on="snapshot", how="left", maintain_order="left").with_columns(label.alias("label"))


def _counted(runs: pl.DataFrame) -> pl.DataFrame:
    """Take back the counts of runs that are not done: what they hold until then are no counts."""
    done = pl.col("state") == "succeeded"
    return runs.with_columns(pl.when(done).then(pl.col(name)).alias(name) for name in COUNTS)
