"""The as-of join: which version of a row fills which cell of (sessions, names).

Features of session t take, of every row about t, the last version known by the close of t; a row that becomes known
later is missing at t for good. Labels take the last version known by the snapshot's as-of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.errors import DataError
from lode.panel.adjust import Matrix

_TIES = ("knowledge_time", "collected_at", "row_hash")


@dataclass(frozen=True)
class AsOfJoin:
    """Row numbers by cell at three points in time; -1 where there is no row.

    rows: the bars, sorted by knowledge.
    own: as known by the close of the cell's session; after: by the close of the session after it; final: by the as-of.
    """

    rows: pl.DataFrame
    own: NDArray[np.int32]
    after: NDArray[np.int32]
    final: NDArray[np.int32]

    @classmethod
    def of(
        cls,
        bars: pl.DataFrame,
        names: tuple[str, ...],
        sessions: NDArray[np.datetime64],
        closes: NDArray[np.datetime64],
    ) -> AsOfJoin:
        """Join rows of `names` and `sessions` (T,), which close at `closes` (T,) UTC."""
        rows = bars.sort([name for name in _TIES if name in bars.columns], maintain_order=True)
        session = np.searchsorted(sessions, rows["session"].to_numpy().astype("datetime64[D]"))
        name = rows["instrument"].replace_strict(names, range(len(names)), return_dtype=pl.Int64).to_numpy()
        known = rows["knowledge_time"].to_numpy()
        cell = session * len(names) + name
        next_closes = np.append(closes[1:], closes[-1:])
        picks = (known <= closes[session], known <= next_closes[session], np.ones(len(rows), bool))
        return cls(rows, *(_last_row(cell, pick, (len(sessions), len(names))) for pick in picks))

    def at_close(self, column: str) -> Matrix:
        """(T, N) float64 as known at each session's own close; NaN where missing."""
        return self._values(column, self.own)

    def at_next_close(self, column: str) -> Matrix:
        """(T, N) float64 as known one session later."""
        return self._values(column, self.after)

    def by_as_of(self, column: str) -> Matrix:
        """(T, N) float64 as known by the as-of."""
        return self._values(column, self.final)

    def codes(self, column: str) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """(T, N) codes of a text column as known at each session's own close, -1 where missing, and their labels."""
        text = self.rows[column].cast(pl.String)
        labels = tuple(text.drop_nulls().unique().sort())
        codes = text.replace_strict(labels, range(len(labels)), return_dtype=pl.Int32).fill_null(-1).to_numpy()
        return np.append(codes, np.int32(-1))[self.own], labels

    def _values(self, column: str, pick: NDArray[np.int32]) -> Matrix:
        values = self.rows[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
        return np.asarray(np.append(values, np.nan)[pick])


def _last_row(cell: NDArray[np.int64], pick: NDArray[np.bool_], shape: tuple[int, int]) -> NDArray[np.int32]:
    """Row number of the last picked row of each cell, -1 where there is none."""
    rows = np.full(shape[0] * shape[1], -1, np.int32)
    rows[cell[pick]] = np.flatnonzero(pick)  # of a repeated cell the last assignment stays
    return rows.reshape(shape)


def static_codes(
    members: pl.DataFrame, column: str, names: tuple[str, ...], sessions: int
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """(T, N) codes of a text that each instrument keeps, -1 where it has none, and their labels.

    members: instrument and `column`. Raises DataError where an instrument has two.
    """
    listed = members.select("instrument", pl.col(column).cast(pl.String)).drop_nulls().unique()
    twice = listed.filter(pl.col("instrument").is_duplicated())["instrument"].unique().sort()
    if len(twice):
        raise DataError(
            f"{len(twice)} instruments have more than one {column}, first {twice[0]}; give each one {column}"
        )
    of: Mapping[str, str] = dict(listed.iter_rows())
    labels = tuple(sorted({of[name] for name in names if name in of}))
    code = {label: number for number, label in enumerate(labels)}
    row = np.array([code[of[name]] if name in of else -1 for name in names], np.int32)
    return np.ascontiguousarray(np.broadcast_to(row, (sessions, len(names)))), labels
