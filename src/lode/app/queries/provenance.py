"""Rows with where their snapshots come from."""

from __future__ import annotations

import polars as pl

from lode.app.provenance import label_of
from lode.warehouse import Warehouse
from lode.warehouse.stores.snapshots import read_provenance


def with_provenance(warehouse: Warehouse, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows (column snapshot, "" for none) with as_of and label: "" for real data, null as_of where unknown."""
    known = read_provenance(warehouse, [name for name in rows["snapshot"].unique() if name])
    labels = {snapshot: label_of(snapshot, meta) for snapshot, meta in known["snapshot", "meta"].iter_rows()}
    label = pl.col("snapshot").replace_strict(labels, default="", return_dtype=pl.String)
    joined = rows.join(known.drop("meta"), on="snapshot", how="left", maintain_order="left")
    return joined.with_columns(label.alias("label"))
