"""Which statements of a filing make which item, in the order in which they are tried.

An alternative is one or more concepts with signs that are summed: `LongTermDebtNoncurrent + LongTermDebtCurrent`. Of a
period the first alternative counts of which every concept has a value. The order goes from the total that the face of
a statement shows to narrower or older tags: revenue has had five in the SEC's taxonomies since 2009.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

Kind = Literal["flow", "stock", "shares", "per share"]
Alternative = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Item:
    """One item of the statements.

    kind: "flow" over a period (money), "stock" at a day (money), "shares" at a day, "per share" over a period (money a
        share). alternatives: see above. quarter: whether the latest quarter is a field of its own. prior: whether the
        value of a year before is needed.
    """

    name: str
    kind: Kind
    alternatives: tuple[Alternative, ...]
    quarter: bool = False
    prior: bool = False

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every concept that may be in it, once."""
        return tuple(dict.fromkeys(concept for alternative in self.alternatives for concept, _ in alternative))


def _each(*tags: str) -> tuple[Alternative, ...]:
    """One alternative per tag; tags without a taxonomy are us-gaap's."""
    return tuple(((_full(tag), 1),) for tag in tags)


def _sum(*tags: str) -> Alternative:
    """One alternative: the sum of tags, those with a minus in front subtracted."""
    return tuple((_full(tag.removeprefix("-")), -1 if tag.startswith("-") else 1) for tag in tags)


def _full(tag: str) -> str:
    return tag if "/" in tag else f"us-gaap/{tag}"


_REVENUE = (
    "Revenues",
    "RevenueFromContractWithCustomerExcludingAssessedTax",
    "RevenueFromContractWithCustomerIncludingAssessedTax",
    "SalesRevenueNet",
    "SalesRevenueGoodsNet",
    "RevenuesNetOfInterestExpense",
    "ifrs-full/Revenue",
)
_COST = ("CostOfRevenue", "CostOfGoodsAndServicesSold", "CostOfGoodsSold", "CostOfServices", "ifrs-full/CostOfSales")
_EQUITY = (
    "StockholdersEquity",
    "StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest",
    "ifrs-full/EquityAttributableToOwnersOfParent",
    "ifrs-full/Equity",
)

ITEMS: tuple[Item, ...] = (
    Item("revenue", "flow", _each(*_REVENUE), quarter=True, prior=True),
    Item("cost_of_revenue", "flow", _each(*_COST)),
    Item(
        "gross_profit",
        "flow",
        (
            *_each("GrossProfit", "ifrs-full/GrossProfit"),
            *(_sum(revenue, f"-{cost}") for revenue, cost in product(_REVENUE, _COST)),
        ),
    ),
    Item(
        "operating_income",
        "flow",
        _each("OperatingIncomeLoss", "ifrs-full/ProfitLossFromOperatingActivities"),
        quarter=True,
    ),
    Item(
        "net_income",
        "flow",
        _each(
            "NetIncomeLoss", "ProfitLoss", "ifrs-full/ProfitLossAttributableToOwnersOfParent", "ifrs-full/ProfitLoss"
        ),
        quarter=True,
        prior=True,
    ),
    Item(
        "eps",
        "per share",
        _each(
            "EarningsPerShareDiluted",
            "EarningsPerShareBasicAndDiluted",
            "EarningsPerShareBasic",
            "ifrs-full/DilutedEarningsLossPerShare",
            "ifrs-full/BasicEarningsLossPerShare",
        ),
    ),
    Item(
        "interest_expense",
        "flow",
        _each("InterestExpense", "InterestExpenseNonoperating", "InterestExpenseDebt", "ifrs-full/FinanceCosts"),
    ),
    Item(
        "income_tax",
        "flow",
        _each("IncomeTaxExpenseBenefit", "ifrs-full/IncomeTaxExpenseContinuingOperations"),
    ),
    Item("assets", "stock", _each("Assets", "ifrs-full/Assets"), prior=True),
    Item("current_assets", "stock", _each("AssetsCurrent", "ifrs-full/CurrentAssets")),
    Item(
        "cash",
        "stock",
        _each(
            "CashAndCashEquivalentsAtCarryingValue",
            "CashCashEquivalentsRestrictedCashAndRestrictedCashEquivalents",
            "Cash",
            "ifrs-full/CashAndCashEquivalents",
        ),
    ),
    Item("inventory", "stock", _each("InventoryNet", "InventoryGross", "ifrs-full/Inventories")),
    Item(
        "receivables",
        "stock",
        _each(
            "AccountsReceivableNetCurrent",
            "ReceivablesNetCurrent",
            "AccountsNotesAndLoansReceivableNetCurrent",
            "ifrs-full/TradeAndOtherCurrentReceivables",
        ),
    ),
    Item(
        "liabilities",
        "stock",
        (
            *_each("Liabilities", "ifrs-full/Liabilities"),
            _sum("LiabilitiesAndStockholdersEquity", f"-{_EQUITY[1]}"),
            _sum("LiabilitiesAndStockholdersEquity", f"-{_EQUITY[0]}"),
        ),
    ),
    Item("current_liabilities", "stock", _each("LiabilitiesCurrent", "ifrs-full/CurrentLiabilities")),
    Item(
        "long_term_debt",
        "stock",
        (
            *_each("LongTermDebt"),
            _sum("LongTermDebtNoncurrent", "LongTermDebtCurrent"),
            *_each("LongTermDebtAndCapitalLeaseObligationsIncludingCurrentMaturities"),
            _sum("LongTermDebtAndCapitalLeaseObligations", "LongTermDebtAndCapitalLeaseObligationsCurrent"),
            *_each("LongTermDebtNoncurrent", "LongTermDebtAndCapitalLeaseObligations"),
            _sum("ifrs-full/NoncurrentPortionOfNoncurrentBorrowings", "ifrs-full/CurrentPortionOfNoncurrentBorrowings"),
            *_each("ifrs-full/LongtermBorrowings"),
        ),
    ),
    Item("equity", "stock", _each(*_EQUITY)),
    Item(
        "shares_outstanding",
        "shares",
        _each(
            "dei/EntityCommonStockSharesOutstanding",
            "CommonStockSharesOutstanding",
            "WeightedAverageNumberOfSharesOutstandingBasic",
            "WeightedAverageNumberOfDilutedSharesOutstanding",
            "ifrs-full/NumberOfSharesOutstanding",
        ),
        prior=True,
    ),
    Item(
        "operating_cash_flow",
        "flow",
        _each(
            "NetCashProvidedByUsedInOperatingActivities",
            "NetCashProvidedByUsedInOperatingActivitiesContinuingOperations",
            "ifrs-full/CashFlowsFromUsedInOperatingActivities",
        ),
        quarter=True,
    ),
    Item(
        "capital_expenditure",
        "flow",
        _each(
            "PaymentsToAcquirePropertyPlantAndEquipment",
            "PaymentsToAcquireProductiveAssets",
            "ifrs-full/PurchaseOfPropertyPlantAndEquipmentClassifiedAsInvestingActivities",
        ),
    ),
    Item(
        "dividends_paid",
        "flow",
        _each(
            "PaymentsOfDividendsCommonStock",
            "PaymentsOfDividends",
            "ifrs-full/DividendsPaidClassifiedAsFinancingActivities",
        ),
    ),
    Item(
        "research_and_development",
        "flow",
        _each(
            "ResearchAndDevelopmentExpense",
            "ResearchAndDevelopmentExpenseExcludingAcquiredInProcessCost",
            "ifrs-full/ResearchAndDevelopmentExpense",
        ),
    ),
)
COVER_SHARES = "dei/EntityCommonStockSharesOutstanding"
CONCEPTS: tuple[str, ...] = tuple(sorted({concept for item in ITEMS for concept in item.concepts}))
"""Every concept that an item may ask for, sorted."""
