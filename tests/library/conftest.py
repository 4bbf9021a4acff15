from __future__ import annotations

import pytest

from lode.language import FIELD_UNITS, Unit

MONEY = """
    revenue cost_of_revenue gross_profit operating_income net_income interest_expense income_tax assets
    current_assets cash inventory receivables liabilities current_liabilities long_term_debt equity
    operating_cash_flow capital_expenditure dividends_paid research_and_development revenue_quarter
    net_income_quarter operating_income_quarter operating_cash_flow_quarter market_cap
"""
RATIOS = """
    pe pb ps peg earnings_yield book_to_market roe roa gross_margin operating_margin gross_profitability asset_growth
    accruals current_ratio cash_ratio debt_to_equity interest_coverage inventory_turnover asset_turnover
    revenue_growth earnings_growth net_issuance rd_to_market capex_to_assets operating_profitability news_tone
    filing_tone filing_similarity filing_readability
"""
FUNDAMENTAL_UNITS = (
    dict.fromkeys(MONEY.split(), Unit.MONEY)
    | dict.fromkeys(RATIOS.split(), Unit.RATIO)
    | dict.fromkeys(("news_count", "filing_length"), Unit.COUNT)
    | {"eps": Unit.PRICE, "shares_outstanding": Unit.SHARES}
)


@pytest.fixture(scope="session")
def units() -> dict[str, Unit]:
    """Units of bars, statement items, ratios and text measures; the language's own where it has them."""
    return FUNDAMENTAL_UNITS | FIELD_UNITS
