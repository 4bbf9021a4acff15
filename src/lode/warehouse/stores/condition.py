"""In what state the stored data are: how far each source reaches, what was refused, what collections came to."""

from __future__ import annotations

import polars as pl

from lode.warehouse import Warehouse


def read_reach(warehouse: Warehouse) -> pl.DataFrame:
    """How far each source of bars is, sorted.

    Columns: source, names, rows, first_session, last_session, collected_at, collected (whether it is a collected one,
    as opposed to an imported file), quarantined (rows refused).
    """
    return warehouse.query(
        "SELECT s.source AS source, names, rows, first_session, last_session, collected_at, "
        "source IN (SELECT toString(source) FROM watermarks) AS collected, quarantined FROM ("
        "  SELECT source, uniqExact(instrument) AS names, count() AS rows, min(session) AS first_session, "
        "  max(session) AS last_session, max(collected_at) AS collected_at FROM bars GROUP BY source) AS s "
        "LEFT JOIN (SELECT source, count() AS quarantined FROM quarantine FINAL GROUP BY source) AS q "
        "USING (source) ORDER BY source"
    ).with_columns(pl.col("collected").cast(pl.Boolean))


def read_refusals(warehouse: Warehouse) -> pl.DataFrame:
    """Rows in quarantine by reason, the most frequent first within a source; a row counts under each of its reasons.

    Columns: source, reason, rows, symbols, first_session, last_session, collected_at (of the latest).
    """
    return warehouse.query(
        "SELECT source, why AS reason, count() AS rows, uniqExact(symbol) AS symbols, min(session) AS first_session, "
        "max(session) AS last_session, max(collected_at) AS collected_at "
        "FROM quarantine FINAL ARRAY JOIN splitByString('; ', reason) AS why "
        "GROUP BY source, why ORDER BY source, rows DESC, reason"
    )


def read_refused_rows(warehouse: Warehouse, *, most: int = 1000) -> pl.DataFrame:
    """Rows in quarantine, the latest first, at most `most` of them, as they came (row_json)."""
    return warehouse.query(
        "SELECT source, symbol, session, reason, row_json, row_number, batch, collected_at FROM quarantine FINAL "
        "ORDER BY collected_at DESC, source, batch, row_number LIMIT {most:UInt64}",
        most=most,
    )


def read_outcomes(warehouse: Warehouse) -> pl.DataFrame:
    """What the last collection of every subject came to, counted: source, outcome, subjects, rows, collected_at."""
    return warehouse.query(
        "SELECT toString(source) AS source, came AS outcome, count() AS subjects, sum(appended) AS rows, "
        "max(at) AS collected_at FROM ("
        "  SELECT source, subject, argMax(toString(outcome), collected_at) AS came, "
        "  argMax(rows, collected_at) AS appended, max(collected_at) AS at "
        "  FROM collections FINAL GROUP BY source, subject) GROUP BY source, came ORDER BY source, outcome"
    )


def read_failures(warehouse: Warehouse, *, most: int = 1000) -> pl.DataFrame:
    """Subjects whose last collection failed, the latest first: source, subject, collected_at, message."""
    return warehouse.query(
        "SELECT toString(source) AS source, subject, at AS collected_at, said AS message FROM ("
        "  SELECT source, subject, argMax(toString(outcome), collected_at) AS came, "
        "  argMax(message, collected_at) AS said, max(collected_at) AS at "
        "  FROM collections FINAL GROUP BY source, subject) "
        "WHERE came = 'failed' ORDER BY at DESC, source, subject LIMIT {most:UInt64}",
        most=most,
    )


def read_coverage(warehouse: Warehouse) -> pl.DataFrame:
    """How complete each source is by year, the latest year first.

    Columns: source, year, names, sessions (that have any bar), bars, coverage (bars over names × sessions: a name that
    was listed within the year lowers it), with_volume and with_range (shares of the bars that have a volume; an open,
    high and low).
    """
    return warehouse.query(
        "SELECT source, year, count() AS names, uniqExactMerge(days) AS sessions, sum(distinct_bars) AS bars, "
        "bars / (names * sessions) AS coverage, sum(with_volume) / sum(rows) AS with_volume, "
        "sum(with_range) / sum(rows) AS with_range FROM ("
        "  SELECT source, toUInt16(toYear(session)) AS year, instrument, uniqExactState(session) AS days, "
        "  uniqExact(session) AS distinct_bars, count() AS rows, countIf(volume IS NOT NULL) AS with_volume, "
        "  countIf(open IS NOT NULL AND high IS NOT NULL AND low IS NOT NULL) AS with_range "
        "  FROM bars GROUP BY source, year, instrument) GROUP BY source, year ORDER BY source, year DESC"
    )
