"""Rows of values and series that wait to be written many at once."""

from __future__ import annotations

import polars as pl

from lode.warehouse.stores.factors import record_series, record_values
from lode.workflow.context import Context

_ROWS_AT_ONCE = 500_000


class Waiting:
    """Rows that wait to be written many at once."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.values: list[pl.DataFrame] = []
        self.series: list[pl.DataFrame] = []

    def add_values(self, rows: pl.DataFrame) -> int:
        self.values.append(rows)
        return self._written(rows)

    def add_series(self, rows: pl.DataFrame) -> int:
        self.series.append(rows)
        return self._written(rows)

    def _written(self, rows: pl.DataFrame) -> int:
        if sum(frame.height for frame in (*self.values, *self.series)) >= _ROWS_AT_ONCE:
            self.write()
        return rows.height

    def write(self) -> None:
        """Write what waits."""
        warehouse = self.context.warehouse
        for frames, record in ((self.values, record_values), (self.series, record_series)):
            if frames:
                record(warehouse, pl.concat(frames))
                frames.clear()
