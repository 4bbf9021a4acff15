"""A file of facts: its columns, types and rules.

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
    unit             where absent the currency that facts_currency.py says, a share for a value per share

A flow without a start: a fiscal year (fiscal_period FY) has twelve months, and in a quarter's report the income
statement has three months and the cash flow statement the months since the year began, which is how 10-Q forms state
them.
"""

from __future__ import annotations

import polars as pl

from lode.collect.checks.schema import declared, refused_rows
from lode.collect.own_tables import day_column, number_columns, text_column, time_columns
from lode.collect.quality import Rule, unreadable
from lode.columns import column_names
from lode.errors import DataError
from lode.warehouse.stores.instruments import OWN_CIKS

INCOME, CASH_FLOW, BALANCE, PER_SHARE = "income", "cash flow", "balance", "per share"
# item to the concept that stands for it, and the statement that it is in
FIELDS: dict[str, tuple[str, str]] = {
    "revenue": ("us-gaap/Revenues", INCOME),
    "cost_of_revenue": ("us-gaap/CostOfRevenue", INCOME),
    "gross_profit": ("us-gaap/GrossProfit", INCOME),
    "operating_income": ("us-gaap/OperatingIncomeLoss", INCOME),
    "net_income": ("us-gaap/NetIncomeLoss", INCOME),
    "eps": ("us-gaap/EarningsPerShareDiluted", PER_SHARE),
    "eps_basic": ("us-gaap/EarningsPerShareBasic", PER_SHARE),
    "dividends_per_share": ("us-gaap/CommonStockDividendsPerShareDeclared", PER_SHARE),
    "interest_expense": ("us-gaap/InterestExpense", INCOME),
    "income_tax": ("us-gaap/IncomeTaxExpenseBenefit", INCOME),
    "research_and_development": ("us-gaap/ResearchAndDevelopmentExpense", INCOME),
    "assets": ("us-gaap/Assets", BALANCE),
    "current_assets": ("us-gaap/AssetsCurrent", BALANCE),
    "cash": ("us-gaap/CashAndCashEquivalentsAtCarryingValue", BALANCE),
    "inventory": ("us-gaap/InventoryNet", BALANCE),
    "receivables": ("us-gaap/AccountsReceivableNetCurrent", BALANCE),
    "liabilities": ("us-gaap/Liabilities", BALANCE),
    "current_liabilities": ("us-gaap/LiabilitiesCurrent", BALANCE),
    "long_term_debt": ("us-gaap/LongTermDebtNoncurrent", BALANCE),
    "equity": ("us-gaap/StockholdersEquity", BALANCE),
    "shares_outstanding": ("dei/EntityCommonStockSharesOutstanding", BALANCE),
    "operating_cash_flow": ("us-gaap/NetCashProvidedByUsedInOperatingActivities", CASH_FLOW),
    "investing_cash_flow": ("us-gaap/NetCashProvidedByUsedInInvestingActivities", CASH_FLOW),
    "financing_cash_flow": ("us-gaap/NetCashProvidedByUsedInFinancingActivities", CASH_FLOW),
    "capital_expenditure": ("us-gaap/PaymentsToAcquirePropertyPlantAndEquipment", CASH_FLOW),
    "dividends_paid": ("us-gaap/PaymentsOfDividends", CASH_FLOW),
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
KNOWN = ("cik", "fiscal_year", "value", "knowledge_time", *_TEXTS, *_DAYS)
_UTC = pl.Datetime("us", "UTC")
_ZONE = "America/New_York"  # what the SEC's times mean that name none; as UTC they would be known hours too early


def read_facts_table(table: pl.DataFrame, label: str) -> tuple[pl.DataFrame, dict[str, str]]:
    """Rows of a file, typed, with `row_number` (from 1) and `reason` (null where a row keeps every rule).

    Returns the file's name of each of our columns beside them. Raises DataError for a file without what is needed.
    """
    names = column_names(table.columns, (*KNOWN, *FIELDS), ALIASES, label)
    _require_columns(names, table.columns, label)
    return _with_reasons(_typed(table, names, label)), names


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
    """Rows with row_number (from 1), every name of KNOWN, null where the file has none, its items, and marks."""
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
