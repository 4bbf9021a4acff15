"""`lode import members`: a file of who belonged to a universe from when to when.

    symbol           ticker and instrument are other names
    first_session    first day of the spell; start_date, start, from
    last_session     last day, empty while the spell goes on; end_date, end, to
    universe         name of the universe; without the column it is the source's name

A row that breaks a rule goes to the quarantine with its reason; the others replace spells that begin on the same day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from lode.collect.checks.schema import declared, refused_rows
from lode.collect.claims import claim_import
from lode.collect.own_imports import by_reason, finish_import, ignored, keep_body, renamed, require_source
from lode.collect.own_tables import (
    MISSING_WORDS,
    as_quarantine,
    day_column,
    load_body,
    read_table,
    text_column,
)
from lode.collect.quality import Rule, unreadable
from lode.columns import column_names
from lode.errors import DataError
from lode.lake import Lake
from lode.warehouse import Warehouse
from lode.warehouse.stores.imports import insert_quarantine
from lode.warehouse.stores.members import insert_members

ALIASES: dict[str, tuple[str, ...]] = {
    "symbol": ("ticker", "instrument"),
    "first_session": ("start_date", "start", "from"),
    "last_session": ("end_date", "end", "to"),
}
_COLUMNS = ("universe", "symbol", "first_session", "last_session")
_FOREVER = date(2299, 12, 31)


@dataclass(frozen=True)
class MembersReport:
    """What an import of members did. rows = kept + the sum of quarantined; current: spells that go on; universes:
    spells by universe.
    """  # noqa: D205  a list of fields

    source: str
    path: str
    batch: str
    rows: int
    kept: int
    quarantined: dict[str, int]
    universes: dict[str, int]
    symbols: int
    current: int
    first: date | None
    last: date | None
    renamed: dict[str, str]
    ignored: tuple[str, ...]


def import_members(path: Path, *, source: str, warehouse: Warehouse, lake: Lake, now: datetime) -> MembersReport:
    """Import a CSV or Parquet file of membership spells under the name `source`; the same file again changes nothing.

    Raises UsageError for a source's name, NotFoundError for no such file, DataError for a file that cannot be used.
    """
    require_source(source, "sec")
    body = load_body(path)
    label, batch = str(path), keep_body(lake, "import-members", source, body)
    table = read_table(body, label)
    names = column_names(table.columns, _COLUMNS, ALIASES, label)
    absent = [name for name in ("symbol", "first_session") if name not in names]
    if absent:
        raise DataError(
            f"{label} has no column {', '.join(absent)}; it has {', '.join(table.columns[:20]) or 'none'}; needed are "
            "symbol and first_session (or start_date), read as well are last_session (or end_date) and universe"
        )
    rows = _with_reasons(_typed(table, names, source, label))
    claim = claim_import(lake, source=f"members-{source}", batch=batch, label=path.name, now=now.astimezone(UTC))
    refused = rows.filter(pl.col("reason").is_not_null())
    quarantine = as_quarantine(table, refused, "first_session")
    insert_quarantine(warehouse, quarantine, source=source, batch=batch, collected_at=claim.time)
    kept = rows.filter(pl.col("reason").is_null())
    for (universe,), spells in kept.group_by("universe", maintain_order=True):
        insert_members(warehouse, str(universe), spells.select(_COLUMNS[1:]), source=source, at=claim.time)
    finish_import(rows, source=source, batch=batch, label=label, warehouse=warehouse, lake=lake, claim=claim)
    return MembersReport(
        source=source,
        path=label,
        batch=batch,
        rows=rows.height,
        kept=kept.height,
        quarantined=by_reason(rows),
        universes=dict(kept["universe"].value_counts(sort=True).iter_rows()),
        symbols=kept["symbol"].n_unique(),
        current=kept["last_session"].null_count(),
        first=kept["first_session"].min(),  # type: ignore[arg-type]
        last=kept["last_session"].max(),  # type: ignore[arg-type]
        renamed=renamed(names),
        ignored=ignored(table.columns, names),
    )


def member_rules() -> tuple[Rule, ...]:
    """Rules of a spell, in the order in which they are reported; `before` is the end of the spell before."""
    col = pl.col
    ended = col("last_session").fill_null(_FOREVER)
    return (
        Rule("no symbol", col("symbol").is_null()),
        Rule("no universe", col("universe").is_null()),
        Rule("unreadable first session", col("first_session").is_null()),
        Rule("unreadable last session", col(unreadable("last_session"))),
        Rule("ends before it begins", ended < col("first_session")),
        Rule("overlaps the spell before it", col("first_session") <= col("before")),
    )


def _typed(table: pl.DataFrame, names: dict[str, str], source: str, label: str) -> pl.DataFrame:
    kinds = {ours: table.schema[theirs] for ours, theirs in names.items()}

    def text(name: str) -> pl.Expr:
        return text_column(names[name], kinds[name], label).replace("", None)

    universe = text("universe") if "universe" in names else pl.lit(source)
    last, unread = pl.lit(None, pl.Date), pl.lit(value=False)
    if "last_session" in names:
        given = pl.col(names["last_session"])
        last = day_column(names["last_session"], kinds["last_session"], label)
        blank = given.is_null() | given.cast(pl.String).str.strip_chars().str.to_lowercase().is_in(MISSING_WORDS)
        unread = last.is_null() & ~blank
    rows = table.select(
        universe.alias("universe"),
        text("symbol").str.to_uppercase().alias("symbol"),
        day_column(names["first_session"], kinds["first_session"], label).alias("first_session"),
        last.alias("last_session"),
        unread.alias(unreadable("last_session")),
    )
    return rows.with_row_index("row_number", offset=1).with_columns(pl.col("row_number").cast(pl.UInt64))


def _with_reasons(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `reason`: every rule that the row breaks, joined; null where it keeps them all. Keeps the file's order."""
    ends = pl.col("last_session").fill_null(_FOREVER)
    key = ["universe", "symbol"]
    ordered = rows.sort(*key, "first_session", "row_number").with_columns(
        pl.when(pl.col("first_session").is_not_null()).then(ends.cum_max().shift().over(key)).alias("before")
    )
    ordered = ordered.sort("row_number")
    kinds = {"symbol": pl.String, "universe": pl.String, "first_session": pl.Date, "last_session": pl.Date}
    refused = refused_rows(declared("members", kinds, member_rules()), ordered)
    numbered = refused.with_columns(pl.col("index").cast(pl.UInt64) + 1).rename({"index": "row_number"})
    return ordered.join(numbered, on="row_number", how="left", maintain_order="left")
