"""A run that collects from the outside and that faults befall, and the rows that it leaves when nothing does."""

from __future__ import annotations

import polars as pl

from lode.workflow.context import Context
from tests.replicas.outside import DAYS, SYMBOLS
from tests.workflow.homes import RUN_TABLES, table_rows

REQUEST = {
    "source": "yahoo",
    "universe": ",".join(SYMBOLS),
    "start": DAYS[0].isoformat(),
    "options": {"min_names": 3, "candidates": 10, "shards": 1},
}
OUTSIDE_TABLES = {
    "bars": ["source", "instrument", "session", "knowledge_time", "row_hash"],
    "instruments": ["instrument", "symbol", "first_session", "statement"],
    "facts": ["cik", "concept", "period_end", "accession"],
    "filings": ["cik", "accession"],
    "filing_texts": ["cik", "accession", "model"],
    "articles": ["article", "instrument"],
    "watermarks": ["source", "symbol"],
    "collections": ["source", "subject"],
}
# What another attempt tells otherwise: it finds rows there, answers in the lake, and names to search for.
COUNTED = {
    "articles": ["query"],
    "collections": ["outcome", "first_session", "rows", "requests", "lake_key"],
    "run_steps": ["rows"],
    "watermarks": ["lake_key"],
}


def rows_of(context: Context, *, runs: bool = True) -> dict[str, pl.DataFrame]:
    """Rows of what was collected, and of runs if wanted, without what another attempt tells otherwise."""
    rows = table_rows(context.warehouse, OUTSIDE_TABLES | (RUN_TABLES if runs else {}))
    return {table: frame.drop(COUNTED.get(table, [])) for table, frame in rows.items()}


def collected(rows: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Those of the rows that were collected."""
    return {table: rows[table] for table in OUTSIDE_TABLES}
