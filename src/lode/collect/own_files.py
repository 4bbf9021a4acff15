"""`lode import bars`: a file of daily bars into the lake and the warehouse.

1. The file's bytes reach the lake under their hash, before anything is parsed.
2. The import's time is decided once (claims.py), so that an import that was killed goes on as the same one.
3. Rows that break a rule (quality.py) go to the quarantine with their reasons and as they came.
4. The others are compared with what is known (versions.py), a bounded number of rows at a time, and appended.

Every step may be repeated to the same effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from lode.calendar import DEFAULT_EXCHANGE
from lode.collect.bars_file import BarsFile, read_bars_file, rows_as_json, typed_bars
from lode.collect.claims import Claim, claim_import
from lode.collect.own_imports import by_reason, finish_import, ignored, keep_body, renamed, require_source
from lode.collect.own_tables import load_body
from lode.collect.quality import with_reasons, with_sessions
from lode.collect.repairs import repair_bars, require_rules
from lode.collect.versions import new_versions
from lode.lake import Lake
from lode.log import progress
from lode.warehouse import Warehouse
from lode.warehouse.stores.bars import NUMBERS, insert_bars, latest_bars
from lode.warehouse.stores.imports import insert_quarantine
from lode.warehouse.stores.instruments import insert_instruments

_CHUNK_ROWS = 250_000
_UTC = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class ImportReport:
    """What an import did. rows = kept + the sum of quarantined; kept = fresh + changed + unchanged.

    quarantined: rows by reason (a row that breaks several rules counts once, under all of them joined).
    missing: kept rows without a value, by field. fields: the numbers that the file has.
    assumed_knowledge: kept rows without a knowledge time, which count as known at their session's close.
    renamed, ignored: columns that were taken under another name, and columns that are not used.
    batch: sha256 of the file. headerless: the file had no line of column names, and the documented order was taken.
    repaired: bars that a repair rule changed, by rule; they count as kept, and what came stands before them.
    """

    source: str
    path: str
    batch: str
    rows: int
    kept: int
    quarantined: dict[str, int]
    missing: dict[str, int]
    symbols: int
    first: date | None
    last: date | None
    fresh: int
    changed: int
    unchanged: int
    assumed_knowledge: int
    adjusted: bool
    fields: tuple[str, ...]
    renamed: dict[str, str]
    ignored: tuple[str, ...]
    headerless: bool = False
    repaired: dict[str, int] = field(default_factory=dict)


def import_bars(  # noqa: PLR0913  what a caller may choose
    path: Path,
    *,
    source: str,
    adjusted: bool,
    warehouse: Warehouse,
    lake: Lake,
    now: datetime,
    exchange: str = DEFAULT_EXCHANGE,
    known_at: datetime | None = None,
    repairs: Sequence[str] = (),
) -> ImportReport:
    """Import a CSV or Parquet file of bars under the name `source`.

    adjusted: the prices were adjusted for splits and dividends before they came. now: the import's time, with a zone.
    known_at: when the file was taken (a collector's snapshot): its rows without a knowledge time were known then.
    repairs: rules of repairs.py to apply to the source's bars afterwards.
    Raises UsageError for a source's name, NotFoundError for no such file, DataError for a file that cannot be used.
    """
    require_source(source)
    body = load_body(path)
    return import_body(
        body,
        label=str(path),
        source=source,
        adjusted=adjusted,
        warehouse=warehouse,
        lake=lake,
        now=now,
        exchange=exchange,
        known_at=known_at,
        repairs=repairs,
    )


def import_body(  # noqa: PLR0913  likewise
    body: bytes,
    *,
    label: str,
    source: str,
    adjusted: bool,
    warehouse: Warehouse,
    lake: Lake,
    now: datetime,
    exchange: str = DEFAULT_EXCHANGE,
    known_at: datetime | None = None,
    repairs: Sequence[str] = (),
) -> ImportReport:
    """Import a file's bytes; `label` names it in messages and records. See import_bars."""
    require_rules(repairs)
    batch = keep_body(lake, "import", source, body)
    file = read_bars_file(body, label)
    typed = _known_at(typed_bars(file, label), known_at)
    rows = with_reasons(with_sessions(typed, exchange), exchange)
    claim = claim_import(lake, source=source, batch=batch, label=Path(label).name, now=now.astimezone(UTC))
    refused = rows.filter(pl.col("reason").is_not_null())
    insert_quarantine(warehouse, _quarantine(file, refused), source=source, batch=batch, collected_at=claim.time)
    kept = rows.filter(pl.col("reason").is_null()).rename({"symbol": "instrument"})
    counts = _insert(kept, source, adjusted=adjusted, warehouse=warehouse, claim=claim)
    done = repair_bars(warehouse, source=source, rules=repairs, at=claim.time, exchange=exchange) if repairs else None
    report = _report(file, rows, kept, counts, source=source, label=label, batch=batch, adjusted=adjusted)
    report = replace(report, repaired=done.repaired) if done else report
    about = {"source": source, "batch": batch, "label": label}
    finish_import(rows, **about, missing=report.missing, warehouse=warehouse, lake=lake, claim=claim)
    return report


def _insert(kept: pl.DataFrame, source: str, *, adjusted: bool, warehouse: Warehouse, claim: Claim) -> dict[str, int]:
    """Append what is new, and the instruments; returns how many rows were fresh, changed and unchanged."""
    counts = dict.fromkeys(("fresh", "changed", "unchanged"), 0)
    if kept.is_empty():
        return counts
    insert_instruments(warehouse, _instruments(kept), source=source, known_at=claim.time)
    with progress(f"import into {source}", kept.height) as bar:
        for chunk in _chunks(kept.with_columns(pl.lit(adjusted).alias("adjusted"))):
            names = chunk["instrument"].unique().sort().to_list()
            known = latest_bars(warehouse, source=source, instruments=names)
            versions = new_versions(chunk, known, at=claim.time)
            if versions.rows.height:
                insert_bars(warehouse, versions.rows, source=source, collected_at=claim.time)
            for name in counts:
                counts[name] += getattr(versions, name)
            bar.advance(chunk.height)
    return counts


def _chunks(kept: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows of whole instruments, about `_CHUNK_ROWS` at a time, sorted as the warehouse keeps them."""
    ordered = kept.sort("instrument", "session")
    sizes = ordered.group_by("instrument", maintain_order=True).len()["len"].to_list()
    start = stop = 0
    for size in sizes:
        if stop > start and stop + size - start > _CHUNK_ROWS:
            yield ordered[start:stop]
            start = stop
        stop += size
    yield ordered[start:stop]


def _instruments(kept: pl.DataFrame) -> pl.DataFrame:
    """Return instrument and sector; the last sector in the file's order, null where there is none."""
    sector = (
        pl.col("sector").replace("", None).drop_nulls().last() if "sector" in kept.columns else pl.lit(None, pl.String)
    )
    return kept.group_by("instrument").agg(sector.alias("sector")).sort("instrument")


def _quarantine(file: BarsFile, refused: pl.DataFrame) -> pl.DataFrame:
    return refused.select("symbol", "session", "row_number", "reason").with_columns(
        rows_as_json(file, refused["row_number"]).alias("row_json")
    )


def _report(
    file: BarsFile,
    rows: pl.DataFrame,
    kept: pl.DataFrame,
    counts: dict[str, int],
    *,
    source: str,
    label: str,
    batch: str,
    adjusted: bool,
) -> ImportReport:
    fields = tuple(name for name in NUMBERS if name in rows.columns)
    recorded = kept["knowledge_time"].count() if "knowledge_time" in kept.columns else 0
    first, last = kept.select(pl.col("session").min().alias("first"), pl.col("session").max().alias("last")).row(0)
    return ImportReport(
        source=source,
        path=label,
        batch=batch,
        rows=rows.height,
        kept=kept.height,
        quarantined=by_reason(rows),
        missing={name: kept[name].null_count() for name in fields if name != "close"},
        symbols=kept["instrument"].n_unique(),
        first=first,
        last=last,
        fresh=counts["fresh"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        assumed_knowledge=kept.height - recorded,
        adjusted=adjusted,
        fields=fields,
        renamed=renamed(file.names),
        ignored=ignored(file.rows.columns, file.names),
        headerless=file.headerless,
    )


def _known_at(rows: pl.DataFrame, known_at: datetime | None) -> pl.DataFrame:
    """Give the rows without a knowledge time the time `known_at`."""
    if known_at is None:
        return rows
    own = pl.col("knowledge_time") if "knowledge_time" in rows.columns else pl.lit(None, _UTC)
    return rows.with_columns(pl.coalesce(own, pl.lit(known_at).cast(_UTC)).alias("knowledge_time"))
