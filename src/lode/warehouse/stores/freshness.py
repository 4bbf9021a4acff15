"""How far each source is, and what its last collections came to: what freshness is judged by."""

from __future__ import annotations

import polars as pl

from lode.warehouse import Warehouse


def read_ends(warehouse: Warehouse) -> pl.DataFrame:
    """How far each source of bars is, sorted, from what a look at two columns tells.

    Columns: source, last_session, collected_at, rows, collected (whether it is a collected one, as opposed to an
    imported file), quarantined (rows refused).
    """
    return warehouse.query(
        "SELECT s.source AS source, last_session, collected_at, rows, "
        "source IN (SELECT toString(source) FROM watermarks) AS collected, quarantined FROM ("
        "  SELECT source, count() AS rows, max(session) AS last_session, max(collected_at) AS collected_at "
        "  FROM bars GROUP BY source) AS s "
        "LEFT JOIN (SELECT source, count() AS quarantined FROM quarantine FINAL GROUP BY source) AS q "
        "USING (source) ORDER BY source"
    ).with_columns(pl.col("collected").cast(pl.Boolean))


def read_collected(warehouse: Warehouse) -> pl.DataFrame:
    """What the last collection of every subject came to, by source, sorted.

    Columns: source, subjects, failed (subjects whose last collection failed), collected_at (the last collection that
    did not fail, null where all did), failed_at and message (of the latest failure, null and "" without one).
    """
    return warehouse.query(
        "SELECT source, count() AS subjects, countIf(came = 'failed') AS failed, "
        "maxOrNullIf(at, came != 'failed') AS collected_at, maxOrNullIf(at, came = 'failed') AS failed_at, "
        "argMaxIf(said, at, came = 'failed') AS message FROM ("
        "  SELECT toString(source) AS source, subject, max(collected_at) AS at, "
        "  argMax(toString(outcome), collected_at) AS came, argMax(message, collected_at) AS said "
        "  FROM collections GROUP BY source, subject) GROUP BY source ORDER BY source"
    )
