"""`lode evaluate --values`: the evidence sheet of values that were computed elsewhere. The try enters the ledger.

Nobody can rebuild such values from what was known, so their leak check is *not checkable* and they are never proven.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.collect.own_tables import load_body, read_table
from lode.errors import DataError
from lode.evaluation import Identity, Sheet, SheetOptions, sheet_of
from lode.panel import Panel
from lode.warehouse.stores.snapshots import read_snapshot
from lode.workflow.context import Context
from lode.workflow.manual import enter, open_panel
from lode.workflow.referring import references, verdicts

_NAMES = {
    "session": ("session", "date"),
    "symbol": ("symbol", "instrument", "ticker"),
    "value": ("value", "factor", "signal"),
}


def evaluate_values(
    path: Path, context: Context, *, snapshot: str | None = None, options: SheetOptions | None = None
) -> Sheet:
    """Judge the values of a CSV or Parquet file (session, symbol, value) on the rows that may be looked at.

    A value of session t is taken as known at its close. Rows of other names and sessions are left out; DataError where
    none is left, where a cell has two values, or where the file is not what it should be.
    """
    record = read_snapshot(context.warehouse, snapshot)
    panel = open_panel(context, record.snapshot)
    body = load_body(path)
    values = _on_panel(_columns(read_table(body, str(path)), path), panel, path)
    digest = hashlib.sha256(body).hexdigest()[:16]
    text = f"values of {path.name}"
    identity = Identity(text, text, digest, 0, "undefined", ())
    sheet = sheet_of(values, panel, identity, options or SheetOptions(), references(context, panel, digest))
    if not sheet.coverage > 0:
        raise DataError(f"{path}: nothing is left of its values on the panel of snapshot {record.snapshot}")
    run = enter(sheet, record.snapshot, context, size=0)
    return sheet.with_snapshot(record.snapshot).with_verdicts(verdicts(sheet, run, context))


def _columns(table: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Return session, symbol and value, typed; DataError names what is missing or cannot be read."""
    there = {name.strip().lower(): name for name in table.columns}
    found = {ours: next((there[t] for t in theirs if t in there), None) for ours, theirs in _NAMES.items()}
    missing = [f"{ours} (or {', '.join(_NAMES[ours][1:])})" for ours, theirs in found.items() if theirs is None]
    if missing:
        raise DataError(f"{path} has no column {', '.join(missing)}; it has {', '.join(table.columns[:20]) or 'none'}")
    rows = table.select(pl.col(theirs).alias(ours) for ours, theirs in found.items() if theirs is not None)
    session = pl.col("session")
    if rows.schema["session"] == pl.String:
        session = session.str.strip_chars().str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    number = pl.col("value").cast(pl.Float64, strict=False)
    typed = rows.select(
        session.cast(pl.Date, strict=False),
        pl.col("symbol").cast(pl.String).str.strip_chars().str.to_uppercase(),
        number,
        unread=pl.col("value").is_not_null() & number.is_null(),
    )
    faulty = typed["session"].is_null() | typed["symbol"].is_null() | typed["unread"]
    if faulty.any():
        raise DataError(
            f"{path}: {faulty.sum()} of {typed.height} rows have no ISO date, no symbol, or a value that is no number; "
            f"the first is {rows.filter(faulty).row(0)}"
        )
    return typed.drop("unread")


def _on_panel(rows: pl.DataFrame, panel: Panel, path: Path) -> NDArray[np.float32]:
    """Values (T, N) float32 on the panel's rows and names, NaN elsewhere and where a name is not tradable."""
    if twice := int(rows.select(pl.struct("session", "symbol").is_duplicated().sum()).item()):
        raise DataError(f"{path}: {twice} rows share their session and symbol with another; one value each is allowed")
    names = pl.DataFrame({"symbol": panel.names, "column": np.arange(len(panel.names))})
    sessions = pl.DataFrame({"session": pl.Series(panel.sessions).cast(pl.Date), "row": np.arange(len(panel.sessions))})
    inside = rows.join(names, on="symbol").join(sessions, on="session").drop_nulls("value")
    if inside.is_empty():
        raise DataError(
            f"{path} has no value of a name and session of the panel: {panel.sessions[0]} to {panel.sessions[-1]}, "
            f"{len(panel.names)} names such as {', '.join(panel.names[:5])}"
        )
    values = np.full(panel.shape, np.nan, np.float32)
    values[inside["row"].to_numpy(), inside["column"].to_numpy()] = inside["value"].to_numpy()
    values[~panel.tradable | ~np.isfinite(values)] = np.nan
    return values
