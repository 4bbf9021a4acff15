"""What the overview reads of what was mined: counts, the last runs, the newest proven factors, what gives alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from lode.app.queries.caching import cached, settled
from lode.app.queries.provenance import with_provenance
from lode.app.series import cumulated
from lode.lake import open_lake
from lode.settings import Settings
from lode.warehouse import Warehouse, open_warehouse
from lode.warehouse.stores.leaderboard import Filter, read_board
from lode.warehouse.stores.runs import list_runs
from lode.warehouse.stores.standings import Totals, read_newest_of_each, read_totals
from lode.warehouse.stores.track import read_monthly_rank_ic, read_since_vault
from lode.workflow.alive import with_stopped

_RUNS, _PROVEN = 8, 10
_COUNTS = ("trials", "trials_on_vault", "effective_trials", "finalists", "proven", "refused")


@dataclass(frozen=True)
class Newest:
    """The state of the house. read_at: UTC.

    runs: as `list_runs`, the newest first, with as_of and label of their snapshots; counts are null until a run is
    done. proven: as `read_board`, the newest first, with as_of, label, and cumulative, the rank IC summed up to the end
    of some months, times direction. of_each: as `read_newest_of_each`.
    """

    totals: Totals
    runs: pl.DataFrame
    proven: pl.DataFrame
    of_each: pl.DataFrame
    read_at: datetime

    @property
    def labels(self) -> list[str]:
        """Labels of what is shown whose data are a sample or simulated, each once."""
        shown = pl.concat([self.runs["label"], self.proven["label"]])
        return [label for label in shown.unique(maintain_order=True) if label]


@cached
def read_newest(settings: Settings) -> Newest:
    """Read what is new."""
    with open_warehouse(settings, access="read") as warehouse:
        runs = with_stopped(list_runs(warehouse, most=_RUNS), warehouse, open_lake(settings))
        return Newest(
            totals=read_totals(warehouse),
            runs=with_provenance(warehouse, _counted(runs)),
            proven=_proven(warehouse),
            of_each=read_newest_of_each(warehouse),
            read_at=datetime.now(UTC),
        )


@settled
def read_performance(settings: Settings) -> pl.DataFrame:
    """Read how proven factors have done since their vault, as `read_since_vault`."""
    with open_warehouse(settings, access="read") as warehouse:
        return read_since_vault(warehouse)


def _proven(warehouse: Warehouse) -> pl.DataFrame:
    rows = read_board(warehouse, Filter(states=("proven",), sort="started"), most=_PROVEN)
    monthly = read_monthly_rank_ic(warehouse, list(rows.select("factor", "run").iter_rows()))
    lines = cumulated(monthly, rows.select("factor", "run", "horizon", "direction"))
    joined = rows.join(lines, on=["factor", "run"], how="left", maintain_order="left")
    return with_provenance(warehouse, joined)


def _counted(runs: pl.DataFrame) -> pl.DataFrame:
    """Take back the counts of runs that are not done: what they hold until then are no counts."""
    done = pl.col("state") == "succeeded"
    return runs.with_columns(pl.when(done).then(pl.col(name)).alias(name) for name in _COUNTS)
