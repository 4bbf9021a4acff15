"""What the leaderboard reads: the rows that a filter leaves, and what there is to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from lode.app.queries.caching import cached
from lode.app.queries.provenance import with_provenance
from lode.settings import Settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.leaderboard import Filter, count_standings, read_board

SHOWN = 1_000  # rows that a page holds
_EXPORTED = 100_000


@dataclass(frozen=True)
class Board:
    """Rows of the leaderboard as `read_board`, with as_of and label of their snapshots, and age_days of their runs.

    matching: how many rows the filter leaves, of which the first are here. read_at: UTC.
    """

    rows: pl.DataFrame
    matching: int
    read_at: datetime

    @property
    def labels(self) -> list[str]:
        """Labels of the rows whose data are a sample or simulated, each once."""
        return [label for label in self.rows["label"].unique(maintain_order=True) if label]


@cached
def read_leaderboard(settings: Settings, wanted: Filter) -> Board:
    """Read the first rows that a filter leaves."""
    return _read(settings, wanted, SHOWN)


def read_all(settings: Settings, wanted: Filter) -> Board:
    """Read every row that a filter leaves, for a file."""
    return _read(settings, wanted, _EXPORTED)


@cached
def read_choices(settings: Settings) -> pl.DataFrame:
    """Count the factors there are, as `count_standings`."""
    with open_warehouse(settings, access="read") as warehouse:
        return count_standings(warehouse)


def _read(settings: Settings, wanted: Filter, most: int) -> Board:
    with open_warehouse(settings, access="read") as warehouse:
        rows = with_provenance(warehouse, read_board(warehouse, wanted, most=most))
    matching = int(rows["matching"][0]) if rows.height else 0
    now = datetime.now(UTC)
    age = (pl.lit(now) - pl.col("started")).dt.total_days().alias("age")
    return Board(rows.drop("matching").with_columns(age), matching, now)
