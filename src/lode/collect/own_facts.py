"""`lode import facts`: a file of what companies reported into the warehouse, each value with the time it became known.

facts_file.py says which columns a file has. A company whose CIK neither the file nor the warehouse knows gets a number
of its own beyond the SEC's; when its CIK becomes known later, import the file again. Rows that break a rule go to the
quarantine. A value that repeats what its company said of the same period before is counted as unchanged and not stored
again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from lode.collect.claims import claim_import
from lode.collect.facts_currency import currency_of_facts
from lode.collect.facts_file import ALIASES, BALANCE, CASH_FLOW, FIELDS, KNOWN, PER_SHARE, read_facts_table
from lode.collect.own_imports import by_reason, finish_import, ignored, keep_body, renamed, require_source
from lode.collect.own_tables import as_quarantine, load_body, read_table
from lode.lake import Lake
from lode.warehouse import Warehouse
from lode.warehouse.stores.facts import COLUMNS, insert_facts, read_facts
from lode.warehouse.stores.imports import insert_quarantine
from lode.warehouse.stores.instruments import OWN_CIKS, insert_instruments, read_instruments

_MONTHS = {"Q1": 3, "Q2": 6, "Q3": 9, "FY": 12, "Q4": 12}
_UTC = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class FactsReport:
    """What an import of facts did. rows = kept + the sum of quarantined; facts: values stored; unchanged: values that
    repeat what was known; missing: values that kept rows do not have; derived_starts: values whose period's start was
    derived; new_companies: symbols without a CIK, which got a number of their own beyond the SEC's.
    """  # noqa: D205  a list of fields

    source: str
    path: str
    batch: str
    rows: int
    kept: int
    quarantined: dict[str, int]
    facts: int
    unchanged: int
    missing: int
    companies: int
    new_companies: int
    derived_starts: int
    first: date | None
    last: date | None
    renamed: dict[str, str]
    ignored: tuple[str, ...]
    notes: tuple[str, ...] = ()


def import_facts(
    path: Path, *, source: str, warehouse: Warehouse, lake: Lake, now: datetime, unit: str | None = None
) -> FactsReport:
    """Import a CSV or Parquet file of facts under the name `source`; the same file again stores nothing twice.

    unit: the currency of values for which the file has none; see `currency_of_facts`. Raises UsageError for a source's
    name and where the currency has to be asked for, NotFoundError for no such file, DataError for a file that cannot be
    used.
    """
    require_source(source, "sec")
    body = load_body(path)
    label, batch = str(path), keep_body(lake, "import-facts", source, body)
    table = read_table(body, label)
    rows, names = read_facts_table(table, label)
    kept = rows.filter(pl.col("reason").is_null())
    currency, assumed = currency_of_facts(kept, unit, warehouse, label)
    claim = claim_import(lake, source=f"facts-{source}", batch=batch, label=path.name, now=now.astimezone(UTC))
    refused = rows.filter(pl.col("reason").is_not_null())
    insert_quarantine(warehouse, as_quarantine(table, refused), source=source, batch=batch, collected_at=claim.time)
    kept, new = _identified(kept, warehouse, source, claim.time)
    values, missing = _values(kept, [name for name in FIELDS if name in names])
    facts, derived = _as_facts(values, source, currency)
    fresh = _news(facts, warehouse)
    insert_facts(warehouse, fresh)
    finish_import(rows, source=source, batch=batch, label=label, warehouse=warehouse, lake=lake, claim=claim)
    return FactsReport(
        source=source,
        path=label,
        batch=batch,
        rows=rows.height,
        kept=kept.height,
        quarantined=by_reason(rows),
        facts=fresh.height,
        unchanged=facts.height - fresh.height,
        missing=missing,
        companies=kept["cik"].n_unique(),
        new_companies=new,
        derived_starts=derived,
        first=kept["period_end"].min(),  # type: ignore[arg-type]
        last=kept["period_end"].max(),  # type: ignore[arg-type]
        renamed=renamed(names),
        ignored=ignored(table.columns, names),
        notes=(*assumed, *_notes(kept)),
    )


def _identified(kept: pl.DataFrame, warehouse: Warehouse, source: str, at: datetime) -> tuple[pl.DataFrame, int]:
    """Give each row a CIK: its own, that of its symbol's instrument, or one beyond the SEC's, then recorded there."""
    symbols = kept["symbol"].drop_nulls().unique().sort()
    known = read_instruments(warehouse, symbols.to_list()).select("instrument", pl.col("cik").alias("known"))
    told = kept.filter(pl.col("symbol").is_not_null()).group_by("symbol").agg(pl.col("cik").drop_nulls().first())
    companies = told.join(known, left_on="symbol", right_on="instrument", how="left").sort("symbol")
    own = pl.Series("own", [own_cik(symbol) for symbol in companies["symbol"]], pl.UInt64)
    told_cik = pl.col("cik").cast(pl.UInt64)
    companies = companies.with_columns(own).with_columns(
        pl.coalesce("known", told_cik, "own").alias("found"),
        (pl.col("known").is_null() & told_cik.is_null()).alias("new"),
    )
    unknown = companies.filter(pl.col("known").is_null())
    if unknown.height:
        details = unknown.select(pl.col("symbol").alias("instrument"), pl.col("found").alias("cik"))
        insert_instruments(warehouse, details, source=source, known_at=at)
    found = kept.with_columns(told_cik).join(companies.select("symbol", "found"), on="symbol", how="left")
    identified = found.with_columns(pl.coalesce("cik", "found").alias("cik")).drop("found").sort("row_number")
    return identified, int(companies["new"].sum())


def own_cik(symbol: str) -> int:
    """Return the number of a company whose CIK is not known: always the same, beyond the SEC's ten digits."""
    return OWN_CIKS + int.from_bytes(hashlib.sha256(symbol.encode()).digest()[:6], "big")


def _values(kept: pl.DataFrame, items: list[str]) -> tuple[pl.DataFrame, int]:
    """One row a value, with concept and statement; and how many values wide rows do not have."""
    if not items:
        of = {name: concept for name, (concept, _) in FIELDS.items()}
        aliases = {other: of[name] for name, others in ALIASES.items() if name in of for other in others}
        concept = pl.col("concept").str.to_lowercase().replace_strict({**aliases, **of}, default=None)
        named = kept.with_columns(pl.coalesce(concept, "concept").alias("concept"))
        return named.with_columns(_statement()), 0
    index = [name for name in KNOWN if name not in {"concept", "value"}]
    long = kept.select(*index, "row_number", *items).unpivot(items, index=[*index, "row_number"], variable_name="item")
    values = long.filter(pl.col("value").is_not_null())
    of = {name: FIELDS[name][0] for name in items}
    concepts = values.with_columns(pl.col("item").replace_strict(of, return_dtype=pl.String).alias("concept"))
    return concepts.with_columns(_statement()), long.height - values.height


def _statement() -> pl.Expr:
    kinds = dict(FIELDS.values())
    return pl.col("concept").replace_strict(kinds, default="", return_dtype=pl.String).alias("statement")


def _as_facts(values: pl.DataFrame, source: str, currency: str) -> tuple[pl.DataFrame, int]:
    """Rows as the warehouse keeps them, and how many periods' starts were derived."""
    months = (
        pl.when(pl.col("statement") == BALANCE)
        .then(None)
        .when(pl.col("fiscal_period").is_in(["FY", "Q4"]))
        .then(12)
        .when(pl.col("statement") == CASH_FLOW)
        .then(pl.col("fiscal_period").replace_strict(_MONTHS, default=None, return_dtype=pl.Int64))
        .when((pl.col("statement") != "") & pl.col("fiscal_period").is_in(list(_MONTHS)))
        .then(3)
    )
    start = (pl.col("period_end") + pl.duration(days=1)).dt.offset_by(pl.format("-{}mo", months))
    amended = pl.col("amended").str.to_lowercase().is_in(["true", "1", "yes"]).fill_null(value=False)
    form = pl.coalesce("form", pl.lit("")) + pl.when(amended).then(pl.lit("/A")).otherwise(pl.lit(""))
    unit = (
        pl.when(pl.col("statement") == PER_SHARE)
        .then(pl.lit(f"{currency}/shares"))
        .when(pl.col("concept").str.starts_with("dei/EntityCommonStock"))
        .then(pl.lit("shares"))
        .otherwise(pl.lit(currency))
    )
    stamp = pl.format("{}:{}", pl.lit(source), pl.col("filed"))
    year = pl.when(pl.col("fiscal_year").is_between(1900, 2100)).then("fiscal_year")
    derived = values.select((pl.col("period_start").is_null() & start.is_not_null()).sum()).item()
    facts = values.with_columns(
        pl.coalesce("period_start", start).alias("period_start"),
        pl.coalesce("unit", unit).alias("unit"),
        form.alias("form"),
        pl.coalesce("accession", stamp).alias("accession"),
        pl.lit(None, _UTC).alias("accepted"),
        year.cast(pl.UInt16).alias("fiscal_year"),
        pl.col("fiscal_period").fill_null(""),
        pl.lit(source).alias("source"),
    )
    return facts.select(list(COLUMNS)), int(derived)


def _news(facts: pl.DataFrame, warehouse: Warehouse) -> pl.DataFrame:
    """Rows that say something that their company's source did not say of the same period before, and are not stored."""
    if facts.is_empty():
        return facts
    key = ["cik", "concept", "unit", "period_start", "period_end", "source"]
    ever = datetime(2290, 1, 1, tzinfo=UTC)
    stored = read_facts(warehouse, ciks=facts["cik"].unique().to_list(), as_of=ever).with_columns(
        pl.lit(value=True).alias("stored")
    )
    every = pl.concat(
        [
            stored.join(facts.select("source").unique(), on="source"),
            facts.with_columns(pl.lit(value=False).alias("stored")),
        ]
    )
    ordered = every.sort([*key, "knowledge_time", "stored"], descending=[False] * (len(key) + 1) + [True])
    same = pl.col("value").eq_missing(pl.col("value").shift().over(key))
    return ordered.filter(~same | (pl.int_range(pl.len()).over(key) == 0), ~pl.col("stored")).drop("stored")


def _notes(kept: pl.DataFrame) -> tuple[str, ...]:
    odd = kept.filter(~pl.col("fiscal_year").is_between(1900, 2100))
    if odd.is_empty():
        return ()
    years = ", ".join(f"{year:.0f}" for year in odd["fiscal_year"].unique().sort())
    return (f"{odd.height} rows name a fiscal year that cannot be ({years}); their values are kept without it",)
