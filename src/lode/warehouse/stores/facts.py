"""Facts that companies filed: a row per filing's own statement of a value, so that any day's view can be read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from lode.warehouse import Warehouse

_UTC = pl.Datetime("us", "UTC")
# what the table keeps, in its types; `row_hash` is ours
COLUMNS: dict[str, pl.DataType] = {
    "cik": pl.UInt64(),
    "concept": pl.String(),
    "unit": pl.String(),
    "period_start": pl.Date(),
    "period_end": pl.Date(),
    "value": pl.Float64(),
    "form": pl.String(),
    "accession": pl.String(),
    "filed": pl.Date(),
    "accepted": _UTC,
    "knowledge_time": _UTC,
    "fiscal_year": pl.UInt16(),
    "fiscal_period": pl.String(),
    "source": pl.String(),
}


def insert_facts(warehouse: Warehouse, facts: pl.DataFrame) -> int:
    """Append facts; the same rows again change nothing. Returns the number of rows.

    facts: the columns of COLUMNS. period_start is null for an instant, accepted where it is unknown; fiscal_year and
    fiscal_period are those of the filing, not of the period.
    """
    if facts.is_empty():
        return 0
    rows = facts.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
    rows = rows.with_columns(pl.col("fiscal_period").fill_null(""))
    return warehouse.insert("facts", rows.with_columns(pl.Series("row_hash", _row_hash(rows), pl.UInt64)))


def read_facts(
    warehouse: Warehouse, *, ciks: Sequence[int], concepts: Sequence[str] | None = None, as_of: datetime
) -> pl.DataFrame:
    """Every statement of these companies that was known by `as_of`, with the columns of COLUMNS.

    concepts: as in "us-gaap/Revenues"; None takes all. A value restated by a later filing is a later row beside the
    earlier one. Sorted by cik, concept, unit, period_end, knowledge_time.
    """
    found = warehouse.query(
        "SELECT cik, concept, toString(unit) AS unit, period_start, period_end, value, toString(form) AS form, "
        "accession, filed, accepted, knowledge_time, fiscal_year, toString(fiscal_period) AS fiscal_period, "
        "toString(source) AS source FROM facts FINAL WHERE cik IN {ciks:Array(UInt64)} "
        "AND ({every:Bool} OR concept IN {concepts:Array(String)}) "
        "AND knowledge_time <= {as_of:DateTime64(6, 'UTC')} "
        "ORDER BY cik, concept, unit, period_end, knowledge_time, row_hash",
        ciks=list(ciks),
        every=concepts is None,
        concepts=list(concepts or ()),
        as_of=as_of,
    )
    return found.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())


def _row_hash(rows: pl.DataFrame) -> list[int]:
    """Hash of what tells two statements of one concept, unit, period end and time apart; the same on every machine."""
    told = rows.select("source", "accession", "form", "period_start", "value").iter_rows()
    return [int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=8).digest(), "big") for row in told]
