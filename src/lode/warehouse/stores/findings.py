"""What checks found in stored rows: soft faults, kept beside the rows that they are about. Each is recorded once.

A finding is identified by source, rule, instrument and session. One that a later check does not find again is
resolved: it gets a row of that severity, and counts no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from lode.warehouse import Warehouse

KEY = ("rule", "instrument", "session")
VALUES = (*KEY, "severity", "detail")
RESOLVED = "resolved"
SCHEMA = pl.Schema(
    {"rule": pl.String, "instrument": pl.String, "session": pl.Date, "severity": pl.String, "detail": pl.String}
)


@dataclass(frozen=True)
class Changes:
    """What recording findings changed: how many are new (or say something else), known already, and resolved."""

    new: int
    known: int
    resolved: int


def record_findings(
    warehouse: Warehouse, findings: pl.DataFrame, *, source: str, rules: Sequence[str], at: datetime
) -> Changes:
    """Append the findings (VALUES, one a KEY) that are not recorded yet, and resolve those of `rules` that are gone."""
    came = findings.select(VALUES).cast(SCHEMA)
    before = read_findings(warehouse, source=source).select(VALUES).cast(SCHEMA)
    new = came.join(before, on=VALUES, how="anti", nulls_equal=True)
    gone = before.filter(pl.col("rule").is_in(list(rules))).join(came, on=KEY, how="anti", nulls_equal=True)
    rows = pl.concat([new, gone.with_columns(pl.lit(RESOLVED).alias("severity"))]).with_columns(
        pl.lit(source).alias("source"), pl.lit(at).cast(pl.Datetime("us", "UTC")).alias("found_at")
    )
    if rows.height:
        warehouse.insert("findings", rows)
    return Changes(new.height, came.height - new.height, gone.height)


def read_findings(
    warehouse: Warehouse, *, source: str | None = None, instrument: str | None = None, most: int | None = None
) -> pl.DataFrame:
    """Findings that are open, the newest first: source, VALUES, found_at.

    None: of every source, of every instrument, and all of them.
    """
    return warehouse.query(
        "SELECT toString(source) AS source, toString(rule) AS rule, instrument, session, "
        "toString(severity) AS severity, detail, found_at FROM findings FINAL "
        "WHERE ({every:Bool} OR source = {source:String}) AND ({whole:Bool} OR instrument = {instrument:String}) "
        "AND severity != 'resolved' "
        "ORDER BY found_at DESC, source, indexOf(['error', 'warning', 'notice'], severity), rule, instrument, session "
        "LIMIT {most:UInt64}",
        every=source is None,
        source=source or "",
        whole=instrument is None,
        instrument=instrument or "",
        most=most or 2**40,
    )


def count_findings(warehouse: Warehouse) -> pl.DataFrame:
    """Count the open findings, the gravest first within a source.

    Columns: source, severity, rule, count, instruments, first_session, last_session.
    """
    return warehouse.query(
        "SELECT toString(source) AS source, toString(severity) AS severity, toString(rule) AS rule, count() AS count, "
        "uniqExact(instrument) AS instruments, min(session) AS first_session, max(session) AS last_session "
        "FROM findings FINAL WHERE severity != 'resolved' GROUP BY source, severity, rule "
        "ORDER BY source, indexOf(['error', 'warning', 'notice'], severity), count DESC, rule"
    )
