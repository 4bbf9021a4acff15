"""What every import of a user's own file does besides reading it: name its source, keep its bytes, record itself."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping

import polars as pl

from lode.collect.claims import Claim
from lode.errors import UsageError
from lode.lake import Lake
from lode.warehouse import Warehouse
from lode.warehouse.stores.imports import ImportRecord, record_import

RESERVED = ("sample", "yahoo", "auto")
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,99}")


def may_name_a_source(name: str) -> bool:
    """Whether the source of an imported file may be called so."""
    return bool(_SOURCE.fullmatch(name)) and name not in RESERVED


def require_source(source: str, *taken: str) -> None:
    """Raise UsageError for what may not name the source of a file; taken: names beside those of RESERVED."""
    if not may_name_a_source(source) or source in taken:
        raise UsageError(
            f"--source {source!r}: allowed are up to 100 letters, digits and ._:@+- other than "
            f"{', '.join((*RESERVED, *taken))}"
        )


def keep_body(lake: Lake, folder: str, source: str, body: bytes) -> str:
    """Keep a file's bytes in the lake under their sha256, which names the import's batch and is returned."""
    batch = hashlib.sha256(body).hexdigest()
    kind = "parquet" if body[:4] == b"PAR1" else "csv"
    lake.put(f"raw/{folder}/source={source}/{batch}.{kind}", body)
    return batch


def by_reason(rows: pl.DataFrame) -> dict[str, int]:
    """Count the refused among `rows` by their reason, the most frequent first."""
    return dict(rows["reason"].drop_nulls().value_counts(sort=True).iter_rows())


def renamed(names: Mapping[str, str]) -> dict[str, str]:
    """The file's columns that were taken under another name; names: the file's by ours."""
    return {theirs: ours for ours, theirs in names.items() if theirs.strip().lower() != ours}


def ignored(columns: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """The file's columns that are not used."""
    return tuple(column for column in columns if column not in names.values())


def finish_import(
    rows: pl.DataFrame,
    *,
    source: str,
    batch: str,
    label: str,
    missing: Mapping[str, int] | None = None,
    warehouse: Warehouse,
    lake: Lake,
    claim: Claim,
) -> None:
    """Record an import whose rows are stored, and mark it as complete. rows: all, refused ones with a reason."""
    kept = rows["reason"].null_count()
    record = ImportRecord(
        source, batch, label, rows.height, kept, rows.height - kept, json.dumps(dict(missing or {})), claim.time
    )
    record_import(warehouse, record)
    claim.finish(lake)
