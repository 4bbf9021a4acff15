"""A market behind a replica, and `collect(day)`: what Lode makes of it on the evening of a day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from lode.collect.market import MarketReport, collect_market, reparse_market
from lode.lake import Lake
from lode.settings import Settings
from lode.warehouse import Warehouse
from lode.warehouse.stores.bars import read_actions, read_bars
from tests.replicas.server import Replica
from tests.replicas.yahoo import Listing, Market, weekdays

DAYS = weekdays(date(2024, 4, 1), 40)  # to May 24; no holiday
SINCE = DAYS[0]
LATER = datetime(2030, 1, 1, tzinfo=UTC)
TABLES = ("bars", "corporate_actions", "quarantine", "watermarks", "instruments", "collections", "findings")


def evening(day: date) -> datetime:
    """An hour after New York has closed, in summer."""
    return datetime(day.year, day.month, day.day, 21, 0, tzinfo=UTC)


def listing(price: float = 100.0, days: list[date] | None = None, **changes: Any) -> Listing:
    """A stock that gains a dollar a session."""
    traded = {d: (price + n, price + n + 2, price + n - 2, price + n + 1, 1_000.0 + n) for n, d in enumerate(DAYS)}
    return Listing({d: bar for d, bar in traded.items() if days is None or d in days}, **changes)


class World:
    """The market, its replica, the lake and the (emptied) warehouse."""

    def __init__(self, stage: Market, replica: Replica, settings: Settings, warehouse: Warehouse, lake: Lake) -> None:
        self.stage, self.replica, self.settings, self.warehouse, self.lake = stage, replica, settings, warehouse, lake
        self.empty()

    def empty(self) -> None:
        """Leave nothing in the warehouse."""
        for table in TABLES:
            self.warehouse.command(f"TRUNCATE TABLE {table}")

    def collect(
        self,
        day: date,
        symbols: list[str] | None = None,
        *,
        since: date = SINCE,
        until: date | None = None,
        **more: Any,
    ) -> MarketReport:
        """Collect on the evening of `day`."""
        self.stage.today = day
        return collect_market(
            symbols or list(self.stage.listings),
            since=since,
            until=until,
            settings=self.settings,
            warehouse=self.warehouse,
            lake=self.lake,
            now=lambda: evening(day),
            **more,
        )

    def reparse(self, day: date) -> MarketReport:
        """Parse the lake again."""
        return reparse_market(warehouse=self.warehouse, lake=self.lake, now=lambda: evening(day))

    def bars(self, as_of: datetime = LATER, source: str = "yahoo") -> pl.DataFrame:
        """Every version that was known by then."""
        return read_bars(self.warehouse, source=source, as_of=as_of)

    def actions(self, as_of: datetime = LATER) -> pl.DataFrame:
        """Every version that was known by then."""
        return read_actions(self.warehouse, source="yahoo", as_of=as_of)
