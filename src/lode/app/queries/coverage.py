"""What the sections on one source of the page of the data read: coverage, gaps and restatements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from lode.app.provenance import label_of
from lode.app.queries.caching import cached, kept
from lode.calendar import sessions
from lode.collect.exchanges import by_exchange, exchanges_of
from lode.panel.assemble import own_label
from lode.panel.fundamentals import CONCEPTS
from lode.settings import Settings
from lode.warehouse import Warehouse, open_warehouse
from lode.warehouse.stores.bars import list_instruments
from lode.warehouse.stores.coverage import FIELDS, read_field_counts, read_gaps
from lode.warehouse.stores.instruments import read_instruments
from lode.warehouse.stores.restatements import read_restated_bars, read_restated_facts
from lode.warehouse.stores.snapshots import list_snapshots

SHOWN = 1_000  # rows of a table
_YEAR = timedelta(days=365)
_MONTHS = 240  # of the heat map of all months
_EVERY = 1_000_000


@dataclass(frozen=True)
class SourceCoverage:
    """How complete one source is.

    cells: period, end (the day after it), field, bars (with a value), expected, share (of the expected, in [0, 1]).
    years: those that have bars, the latest first. gaps: as `read_gaps`, the longest first.
    """

    cells: pl.DataFrame
    years: list[int]
    gaps: pl.DataFrame


@cached
def read_source_coverage(settings: Settings, source: str, year: int | None) -> SourceCoverage:
    """Read a source's coverage by session of a year, with None by month (of the latest 240), and all its gaps."""
    with open_warehouse(settings, access="read") as warehouse:
        spans = list_instruments(warehouse, source=source)
        first, last = spans["first_session"].min(), spans["last_session"].max()
        if not isinstance(first, date) or not isinstance(last, date):
            return SourceCoverage(pl.DataFrame(), [], pl.DataFrame())
        start, end = _range(first, last, year)
        exchanges = exchanges_of(warehouse, source, spans["instrument"].to_list())
        parts = by_exchange(spans, exchanges)
        counts = read_field_counts(warehouse, source=source, start=start, end=end, by_session=year is not None)
        expected = pl.concat([expected_bars(part, _days(name, part)) for name, part in parts])
        found = [
            read_gaps(
                warehouse,
                source=source,
                sessions=_days(name, part),
                instruments=None if len(parts) == 1 else part["instrument"].to_list(),
                most=SHOWN,
            )
            for name, part in parts
        ]
        return SourceCoverage(
            cells=coverage_cells(counts, expected.filter(pl.col("session").is_between(start, end)), year is not None),
            years=list(range(last.year, first.year - 1, -1)),
            gaps=pl.concat(found).sort("missing", "after", descending=True, maintain_order=True).head(SHOWN),
        )


@dataclass(frozen=True)
class Restatements:
    """What later knowledge changed, the latest first: bars of a source, and facts that fields are made of.

    Columns as in the store `restatements`; facts have the company's instrument and symbol too (see `with_symbols`), and
    are those of the last year in which facts became known. `read_at` is UTC.
    """

    bars: pl.DataFrame
    facts: pl.DataFrame
    read_at: datetime


@kept
def read_restatements(settings: Settings, source: str) -> Restatements:
    """Read what was restated; all facts of a large universe are read for it, so the answer is kept for minutes."""
    now = datetime.now(UTC)
    with open_warehouse(settings, access="read") as warehouse:
        newest = warehouse.query("SELECT max(knowledge_time) AS at FROM facts")["at"][0]
        facts = read_restated_facts(warehouse, concepts=CONCEPTS, since=newest - _YEAR, as_of=now, most=SHOWN)
        bars = read_restated_bars(warehouse, source=source, most=SHOWN)
        return Restatements(bars, with_symbols(warehouse, facts), now)


def with_symbols(warehouse: Warehouse, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the instrument and the symbol of each company to rows with its `cik`; of several stocks the first."""
    known = (
        read_instruments(warehouse)
        .filter(pl.col("cik").is_not_null())
        .unique("cik", keep="first", maintain_order=True)
        .select(pl.col("cik").cast(pl.UInt64), "instrument", "symbol")
    )
    named = rows.with_columns(pl.col("cik").cast(pl.UInt64)).join(known, on="cik", how="left", maintain_order="left")
    return named.with_columns(pl.col("symbol").fill_null(pl.format("CIK {}", "cik")))


def expected_bars(spans: pl.DataFrame, days: list[date]) -> pl.DataFrame:
    """Names that are between their first and last bar, in each of these sessions: session, expected.

    spans: instrument, first_session, last_session. days: the exchange's, ascending, of all spans.
    """
    listed = np.array(days, "datetime64[D]")
    begun = np.searchsorted(listed, spans["first_session"].to_numpy().astype("datetime64[D]"))
    ended = np.searchsorted(listed, spans["last_session"].to_numpy().astype("datetime64[D]"), side="right")
    change = np.zeros(len(listed) + 1, np.int64)
    np.add.at(change, begun, 1)
    np.add.at(change, ended, -1)
    return pl.DataFrame({"session": days, "expected": np.cumsum(change)[:-1]}, schema_overrides={"session": pl.Date})


def coverage_cells(counts: pl.DataFrame, expected: pl.DataFrame, by_session: bool) -> pl.DataFrame:  # noqa: FBT001  cached callers pass by position
    """Bring counts of bars and expected bars together: the cells of SourceCoverage.

    counts: as `read_field_counts`. expected: session, expected. A period without any bar has cells of share 0; bars of
    days that are no sessions raise the share to 1 at most.
    """
    period = pl.col("session") if by_session else pl.col("session").dt.truncate("1mo")
    due = expected.group_by(period.alias("period")).agg(pl.col("expected").sum()).filter(pl.col("expected") > 0)
    fields = ("close", *FIELDS)
    joined = due.join(counts, on="period", how="left").with_columns(pl.col(fields).fill_null(0))
    return (
        joined.unpivot(fields, index=["period", "expected"], variable_name="field", value_name="bars")
        .with_columns(
            (pl.col("bars") / pl.col("expected")).clip(0, 1).alias("share"),
            pl.col("period").dt.offset_by("1d" if by_session else "1mo").alias("end"),
        )
        .sort("field", "period")
    )


def _days(exchange: str, spans: pl.DataFrame) -> list[date]:
    return list(sessions(exchange, min(spans["first_session"]), max(spans["last_session"])).tolist())


def _range(first: date, last: date, year: int | None) -> tuple[date, date]:
    if year is not None:
        return date(year, 1, 1), date(year, 12, 31)
    months = last.year * 12 + last.month - _MONTHS  # of the month after the first one that is left out
    return max(first, date(months // 12, months % 12 + 1, 1)), last


def label_of_source(warehouse: Warehouse, source: str) -> str:
    """Return the label of a source, "" for real data: of its latest snapshot that has one, else what its names tell."""
    made = list_snapshots(warehouse, most=_EVERY).filter(pl.col("source") == source)
    labels = (label_of(*row) for row in made["snapshot", "meta"].iter_rows())
    return next(filter(None, labels), "") or own_label(tuple(list_instruments(warehouse, source=source)["instrument"]))
