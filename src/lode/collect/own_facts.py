"""`lode import facts`: a file of what companies reported into the warehouse, each value with the time it became known.

Long files have a row per value, wide ones a row per report:

    symbol or cik    the company; ticker and instrument are symbol's other names
    concept, value   long: a taxonomy's concept (us-gaap/Revenues) or one of FIELDS; field and item are other names
    FIELDS' names    wide: one column per item, such as revenue or net_income; see ALIASES for other names
    period_end       last day of the period, or the day of a balance; end_date, end
    period_start     first day of a flow's period; start_date, start. Without it a flow's start is derived, see below
    knowledge_time   when the value became known: a time, in New York where it names no zone, or a day, which then
                     counts as its end in New York; accepted, snapshot_date. Without it `filed` (filing_date), a day,
                     takes its place
    form, accession, fiscal_year, fiscal_period, amended    doc_type, period_focus and amend are other names
    unit             USD, or USD/shares of a value per share, where absent

A flow without a start: a fiscal year (fiscal_period FY) has twelve months, and in a quarter's report the income
statement has three months and the cash flow statement the months since the year began, which is how 10-Q forms state
them.

A company whose CIK neither the file nor the warehouse knows gets a number of its own beyond the SEC's; when its CIK
becomes known later, import the file again. Rows that break a rule go to the quarantine. A value that repeats what its
company said of the same period before is counted as unchanged and not stored again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from lode.collect.bars_file import load_body
from lode.collect.checks.schema import declared, refused_rows
from lode.collect.claims import claim_import
from lode.collect.own_files import RESERVED, may_name_a_source
from lode.collect.own_tables import day_column, number_columns, read_table, text_column, time_columns
from lode.collect.quality import Rule, unreadable
from lode.errors import DataError, UsageError
from lode.lake import Lake
from lode.warehouse import Warehouse
from lode.warehouse.stores.facts import COLUMNS, insert_facts, read_facts
from lode.warehouse.stores.imports import ImportRecord, insert_quarantine, record_import
from lode.warehouse.stores.instruments import OWN_CIKS, insert_instruments, read_instruments

_INCOME, _CASH_FLOW, _BALANCE, _PER_SHARE = "income", "cash flow", "balance", "per share"
# item to the concept that stands for it, and the statement that it is in
FIELDS: dict[str, tuple[str, str]] = {
    "revenue": ("us-gaap/Revenues", _INCOME),
    "cost_of_revenue": ("us-gaap/CostOfRevenue", _INCOME),
    "gross_profit": ("us-gaap/GrossProfit", _INCOME),
    "operating_income": ("us-gaap/OperatingIncomeLoss", _INCOME),
    "net_income": ("us-gaap/NetIncomeLoss", _INCOME),
    "eps": ("us-gaap/EarningsPerShareDiluted", _PER_SHARE),
    "eps_basic": ("us-gaap/EarningsPerShareBasic", _PER_SHARE),
    "dividends_per_share": ("us-gaap/CommonStockDividendsPerShareDeclared", _PER_SHARE),
    "interest_expense": ("us-gaap/InterestExpense", _INCOME),
    "income_tax": ("us-gaap/IncomeTaxExpenseBenefit", _INCOME),
    "research_and_development": ("us-gaap/ResearchAndDevelopmentExpense", _INCOME),
    "assets": ("us-gaap/Assets", _BALANCE),
    "current_assets": ("us-gaap/AssetsCurrent", _BALANCE),
    "cash": ("us-gaap/CashAndCashEquivalentsAtCarryingValue", _BALANCE),
    "inventory": ("us-gaap/InventoryNet", _BALANCE),
    "receivables": ("us-gaap/AccountsReceivableNetCurrent", _BALANCE),
    "liabilities": ("us-gaap/Liabilities", _BALANCE),
    "current_liabilities": ("us-gaap/LiabilitiesCurrent", _BALANCE),
    "long_term_debt": ("us-gaap/LongTermDebtNoncurrent", _BALANCE),
    "equity": ("us-gaap/StockholdersEquity", _BALANCE),
    "shares_outstanding": ("dei/EntityCommonStockSharesOutstanding", _BALANCE),
    "operating_cash_flow": ("us-gaap/NetCashProvidedByUsedInOperatingActivities", _CASH_FLOW),
    "investing_cash_flow": ("us-gaap/NetCashProvidedByUsedInInvestingActivities", _CASH_FLOW),
    "financing_cash_flow": ("us-gaap/NetCashProvidedByUsedInFinancingActivities", _CASH_FLOW),
    "capital_expenditure": ("us-gaap/PaymentsToAcquirePropertyPlantAndEquipment", _CASH_FLOW),
    "dividends_paid": ("us-gaap/PaymentsOfDividends", _CASH_FLOW),
}
ALIASES: dict[str, tuple[str, ...]] = {
    "symbol": ("ticker", "instrument"),
    "concept": ("field", "item"),
    "period_start": ("start_date", "start"),
    "period_end": ("end_date", "end"),
    "knowledge_time": ("accepted", "snapshot_date"),
    "filed": ("filing_date", "filed_date"),
    "form": ("doc_type",),
    "fiscal_period": ("period_focus", "fp"),
    "fiscal_year": ("fy",),
    "amended": ("amend",),
    "revenue": ("revenues", "sales"),
    "operating_income": ("op_income",),
    "eps": ("eps_diluted",),
    "dividends_per_share": ("dividend",),
    "current_assets": ("cur_assets",),
    "current_liabilities": ("cur_liab",),
    "operating_cash_flow": ("cash_flow_op",),
    "investing_cash_flow": ("cash_flow_inv",),
    "financing_cash_flow": ("cash_flow_fin",),
}
_TEXTS = ("symbol", "concept", "form", "fiscal_period", "accession", "unit", "amended")
_DAYS = ("period_start", "period_end", "filed")
_KNOWN = ("cik", "fiscal_year", "value", "knowledge_time", *_TEXTS, *_DAYS)
_MONTHS = {"Q1": 3, "Q2": 6, "Q3": 9, "FY": 12, "Q4": 12}
_UTC = pl.Datetime("us", "UTC")
_ZONE = "America/New_York"  # what the SEC's times mean that name none; as UTC they would be known hours too early


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


def import_facts(path: Path, *, source: str, warehouse: Warehouse, lake: Lake, now: datetime) -> FactsReport:
    """Import a CSV or Parquet file of facts under the name `source`; the same file again stores nothing twice.

    Raises UsageError for a source's name, NotFoundError for no such file, DataError for a file that cannot be used.
    """
    require_source(source)
    body = load_body(path)
    label, batch = str(path), hashlib.sha256(body).hexdigest()
    lake.put(f"raw/import-facts/source={source}/{batch}.{'parquet' if body[:4] == b'PAR1' else 'csv'}", body)
    table = read_table(body, label)
    names = column_names(table.columns, (*_KNOWN, *FIELDS), ALIASES, label)
    _require_columns(names, table.columns, label)
    rows = _with_reasons(_typed(table, names, label))
    claim = claim_import(lake, source=f"facts-{source}", batch=batch, label=path.name, now=now.astimezone(UTC))
    refused = rows.filter(pl.col("reason").is_not_null())
    insert_quarantine(warehouse, as_quarantine(table, refused), source=source, batch=batch, collected_at=claim.time)
    kept, new = _identified(rows.filter(pl.col("reason").is_null()), warehouse, source, claim.time)
    values, missing = _values(kept, [name for name in FIELDS if name in names])
    facts, derived = _as_facts(values, source)
    fresh = _news(facts, warehouse)
    insert_facts(warehouse, fresh)
    counts = dict(refused["reason"].value_counts(sort=True).iter_rows())
    record_import(
        warehouse,
        ImportRecord(source, batch, label, rows.height, kept.height, refused.height, json.dumps({}), claim.time),
    )
    claim.finish(lake)
    return FactsReport(
        source=source,
        path=label,
        batch=batch,
        rows=rows.height,
        kept=kept.height,
        quarantined=counts,
        facts=fresh.height,
        unchanged=facts.height - fresh.height,
        missing=missing,
        companies=kept["cik"].n_unique(),
        new_companies=new,
        derived_starts=derived,
        first=kept["period_end"].min(),  # type: ignore[arg-type]
        last=kept["period_end"].max(),  # type: ignore[arg-type]
        renamed={theirs: ours for ours, theirs in names.items() if theirs.strip().lower() != ours},
        ignored=tuple(column for column in table.columns if column not in names.values()),
        notes=_notes(kept),
    )


def require_source(source: str) -> None:
    """Raise UsageError for what may not name the source of a file."""
    if not may_name_a_source(source) or source == "sec":
        raise UsageError(
            f"--source {source!r}: allowed are up to 100 letters, digits and ._:@+- other than "
            f"{', '.join((*RESERVED, 'sec'))}"
        )


def column_names(
    columns: list[str], ours: tuple[str, ...], aliases: dict[str, tuple[str, ...]], label: str
) -> dict[str, str]:
    """Map our names to the file's, case aside; an exact name wins over an alias. DataError for several of one."""
    found: dict[str, str] = {}
    for name in ours:
        for accepted in ((name,), aliases.get(name, ())):
            theirs = [column for column in columns if column.strip().lower() in accepted]
            if len(theirs) > 1:
                raise DataError(f"{label} has several columns for {name}: {', '.join(theirs)}; keep one of them")
            if theirs:
                found[name] = theirs[0]
                break
    return found


def as_quarantine(table: pl.DataFrame, refused: pl.DataFrame, day: str = "period_end") -> pl.DataFrame:
    """Return refused rows as the quarantine keeps them: the table's rows as they came, as JSON."""
    came = table[(refused["row_number"].cast(pl.Int64) - 1).to_list()].select(pl.all().cast(pl.String))
    return refused.select("symbol", pl.col(day).alias("session"), "row_number", "reason").with_columns(
        came.select(pl.struct(pl.all()).struct.json_encode().alias("row_json"))["row_json"]
    )


def _require_columns(names: dict[str, str], columns: list[str], label: str) -> None:
    lacks = []
    if "symbol" not in names and "cik" not in names:
        lacks.append("symbol or cik")
    if "period_end" not in names:
        lacks.append("period_end (or end_date)")
    if "knowledge_time" not in names and "filed" not in names:
        lacks.append("knowledge_time (or accepted, snapshot_date, filed)")
    if not ({"concept", "value"} <= set(names) or set(FIELDS) & set(names)):
        lacks.append("concept and value, or columns named as items such as revenue")
    if lacks:
        raise DataError(
            f"{label} has no column {'; no '.join(lacks)}; it has {', '.join(columns[:20]) or 'none'}; "
            "see `lode import facts --help`"
        )


def _typed(table: pl.DataFrame, names: dict[str, str], label: str) -> pl.DataFrame:
    """Rows with row_number (from 1), every name of _KNOWN, null where the file has none, its items, and marks."""
    kinds = {ours: table.schema[theirs] for ours, theirs in names.items()}
    columns: list[pl.Expr] = []
    for name in _TEXTS:
        if name not in names:
            columns.append(pl.lit(None, pl.String).alias(name))
        elif kinds[name] == pl.Boolean:
            columns.append(pl.col(names[name]).cast(pl.String).alias(name))
        else:
            columns.append(text_column(names[name], kinds[name], label).replace("", None).alias(name))
    for name in _DAYS:
        given = day_column(names[name], kinds[name], label) if name in names else pl.lit(None, pl.Date)
        columns.append(given.alias(name))
    for name in ("cik", "fiscal_year", "value", *FIELDS):
        if name in names:
            columns += number_columns(name, names[name], kinds[name], label)
        elif name not in FIELDS:
            columns += [pl.lit(None, pl.Float64).alias(name), pl.lit(value=False).alias(unreadable(name))]
    columns += _knowledge(names, kinds, label)
    rows = table.select(columns).with_row_index("row_number", offset=1)
    return rows.with_columns(
        pl.col("row_number").cast(pl.UInt64), pl.col("symbol").str.to_uppercase(), *_filled_knowledge()
    )


def _knowledge(names: dict[str, str], kinds: dict[str, pl.DataType], label: str) -> list[pl.Expr]:
    """Columns `stamp` (a time), `known_day` (a day alone) and the mark of a knowledge time that cannot be read."""
    if "knowledge_time" not in names:
        return [
            pl.lit(None, _UTC).alias("stamp"),
            pl.lit(None, pl.Date).alias("known_day"),
            _unread(pl.lit(value=False)),
        ]
    theirs, kind = names["knowledge_time"], kinds["knowledge_time"]
    if kind == pl.Date or kind.is_integer():
        day = day_column(theirs, kind, label)
        return [pl.lit(None, _UTC).alias("stamp"), day.alias("known_day"), _unread(pl.lit(value=False))]
    stamp, unread = time_columns("stamp", theirs, kind, label, zone=_ZONE)
    if kind != pl.String:
        return [stamp, pl.lit(None, pl.Date).alias("known_day"), _unread(unread)]
    bare = pl.col(theirs).str.strip_chars().str.len_chars() <= len("2015-01-30")
    day = pl.when(bare).then(day_column(theirs, kind, label))
    return [
        pl.when(~bare).then(stamp).alias("stamp"),
        day.alias("known_day"),
        _unread(unread & ~(bare & day.is_not_null())),
    ]


def _unread(mark: pl.Expr) -> pl.Expr:
    return mark.fill_null(value=False).alias(unreadable("knowledge_time"))


def _filled_knowledge() -> list[pl.Expr]:
    """knowledge_time: the stamp, else the end of the day in New York; filed: else the day of the knowledge time."""
    day = pl.coalesce("known_day", "filed")
    end = (day.cast(pl.Datetime("us")) + pl.duration(hours=23, minutes=59, seconds=59)).dt.replace_time_zone(_ZONE)
    known = pl.coalesce("stamp", end.dt.convert_time_zone("UTC"))
    local = known.dt.convert_time_zone(_ZONE).dt.date()
    return [known.alias("knowledge_time"), pl.coalesce("filed", local).alias("filed")]


def _with_reasons(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `reason`: every rule that the row breaks, joined; null where it keeps them all."""
    kinds = {"symbol": pl.String, "period_end": pl.Date, "period_start": pl.Date, "filed": pl.Date, "value": pl.Float64}
    schema = declared("facts", kinds, fact_rules(frozenset(rows.columns)))
    refused = (
        refused_rows(schema, rows).with_columns(pl.col("index").cast(pl.UInt64) + 1).rename({"index": "row_number"})
    )
    return rows.join(refused, on="row_number", how="left", maintain_order="left")


def fact_rules(columns: frozenset[str]) -> tuple[Rule, ...]:
    """Rules of a row of facts, in the order in which they are reported."""
    col = pl.col
    local = col("knowledge_time").dt.convert_time_zone(_ZONE).dt.date()
    cik = col("cik")
    wide = [name for name in FIELDS if name in columns]
    rules = [
        Rule("no symbol and no CIK", col("symbol").is_null() & cik.is_null()),
        Rule(
            "cik is not a number of the SEC",
            col(unreadable("cik")) | (cik != cik.round()) | (cik < 1) | (cik >= OWN_CIKS),
        ),
        Rule("unreadable period_end", col("period_end").is_null()),
        Rule("unreadable knowledge time", col(unreadable("knowledge_time"))),
        Rule("no knowledge time", col("knowledge_time").is_null() & ~col(unreadable("knowledge_time"))),
        Rule("period ends after it became known", col("period_end") > local),
        Rule("filed before the period's end", (col("filed") < col("period_end")) & (col("period_end") <= local)),
        Rule("period begins after its end", col("period_start") > col("period_end")),
        *(Rule(f"{name} is not a number", col(unreadable(name))) for name in wide),
    ]
    if not wide:
        rules += [
            Rule("no concept", col("concept").is_null()),
            Rule("value is not a number", col("value").is_null()),
        ]
    sound = ~pl.any_horizontal(rule.breaks.fill_null(value=False) for rule in rules)
    key = ("symbol", "cik", "concept", "unit", *_DAYS, "knowledge_time", "accession", "form", "amended")
    repeated = ~pl.struct(pl.exclude("row_number")).is_first_distinct()
    second = sound & ~pl.struct(*key, sound.alias("sound")).is_first_distinct()
    rules.append(Rule("other values for the same period at the same time", second & ~repeated))
    return tuple(rules)


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
    index = [name for name in _KNOWN if name not in {"concept", "value"}]
    long = kept.select(*index, "row_number", *items).unpivot(items, index=[*index, "row_number"], variable_name="item")
    values = long.filter(pl.col("value").is_not_null())
    of = {name: FIELDS[name][0] for name in items}
    concepts = values.with_columns(pl.col("item").replace_strict(of, return_dtype=pl.String).alias("concept"))
    return concepts.with_columns(_statement()), long.height - values.height


def _statement() -> pl.Expr:
    kinds = dict(FIELDS.values())
    return pl.col("concept").replace_strict(kinds, default="", return_dtype=pl.String).alias("statement")


def _as_facts(values: pl.DataFrame, source: str) -> tuple[pl.DataFrame, int]:
    """Rows as the warehouse keeps them, and how many periods' starts were derived."""
    months = (
        pl.when(pl.col("statement") == _BALANCE)
        .then(None)
        .when(pl.col("fiscal_period").is_in(["FY", "Q4"]))
        .then(12)
        .when(pl.col("statement") == _CASH_FLOW)
        .then(pl.col("fiscal_period").replace_strict(_MONTHS, default=None, return_dtype=pl.Int64))
        .when((pl.col("statement") != "") & pl.col("fiscal_period").is_in(list(_MONTHS)))
        .then(3)
    )
    start = (pl.col("period_end") + pl.duration(days=1)).dt.offset_by(pl.format("-{}mo", months))
    amended = pl.col("amended").str.to_lowercase().is_in(["true", "1", "yes"]).fill_null(value=False)
    form = pl.coalesce("form", pl.lit("")) + pl.when(amended).then(pl.lit("/A")).otherwise(pl.lit(""))
    unit = (
        pl.when(pl.col("statement") == _PER_SHARE)
        .then(pl.lit("USD/shares"))
        .when(pl.col("concept").str.starts_with("dei/EntityCommonStock"))
        .then(pl.lit("shares"))
        .otherwise(pl.lit("USD"))
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
