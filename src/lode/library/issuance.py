"""Issuance: companies that raise money are followed by lower returns, those that hand it back by higher ones."""

from __future__ import annotations

from functools import partial

from lode.library.definition import Definition

_define = partial(Definition, family="issuance")
_BRADSHAW = (
    "Bradshaw, Richardson and Sloan (2006), The Relation between Corporate Financing Activities, Analysts' Forecasts "
    "and Stock Returns, Journal of Accounting and Economics, Table 3"
)
_DANIEL_TITMAN = "Daniel and Titman (2006), Market Reactions to Tangible and Intangible Information, Journal of Finance"

DEFINITIONS = (
    _define(
        name="share_issuance",
        expression="net_issuance",
        sign=-1,
        source="Pontiff and Woodgate (2008), Share Issuance and Cross-Sectional Returns, Journal of Finance, Table 3",
        note="Of the latest year that is known; the paper waits six months more.",
    ),
    _define(
        name="composite_equity_issuance",
        expression="log(market_cap / ts_delay(market_cap, 1260)) - log(close / ts_delay(close, 1260))",
        sign=-1,
        source=f"{_DANIEL_TITMAN}, Table 3",
        note="Five years; close is adjusted, so that its change is the total return.",
    ),
    _define(
        name="composite_equity_issuance_one_year",
        expression="log(market_cap / ts_delay(market_cap, 252)) - log(close / ts_delay(close, 252))",
        sign=-1,
        source=_DANIEL_TITMAN,
        note="One year, for panels that are shorter than the paper's five.",
    ),
    _define(
        name="external_financing",
        expression="(ts_delta(equity, 252) - net_income + ts_delta(long_term_debt, 252)) / "
        "(0.5 * (assets + ts_delay(assets, 252)))",
        sign=-1,
        source=_BRADSHAW,
        note="From the balance sheet: equity's change beyond earnings is what was raised less what was paid out. Other "
        "comprehensive income is in it.",
    ),
    _define(
        name="equity_financing",
        expression="(ts_delta(equity, 252) - net_income + if_else(is_nan(dividends_paid), 0, dividends_paid)) / "
        "(0.5 * (assets + ts_delay(assets, 252)))",
        sign=-1,
        source=_BRADSHAW,
        note="From the balance sheet, before dividends; other comprehensive income is in it. Dividends that are not "
        "stated count as 0.",
    ),
    _define(
        name="debt_change_to_assets",
        expression="ts_delta(long_term_debt, 252) / (0.5 * (assets + ts_delay(assets, 252)))",
        sign=-1,
        source="Richardson, Sloan, Soliman and Tuna (2005), Accrual Reliability, Earnings Persistence and Stock "
        "Prices, Journal of Accounting and Economics, Table 8",
        note="Long-term debt alone; the paper adds short-term debt and preferred stock.",
    ),
    _define(
        name="composite_debt_issuance",
        expression="log(long_term_debt / ts_delay(long_term_debt, 1260))",
        sign=-1,
        source="Lyandres, Sun and Zhang (2008), The New Issues Puzzle: Testing the Investment-Based Explanation, "
        "Review of Financial Studies, Table 5",
        note="Long-term debt alone.",
    ),
    _define(
        name="net_payout_yield",
        expression="if_else(is_nan(dividends_paid), 0, dividends_paid) / market_cap - net_issuance",
        sign=1,
        source="Boudoukh, Michaely, Richardson and Roberts (2007), On the Importance of Measuring Payout Yield: "
        "Implications for Empirical Asset Pricing, Journal of Finance, Table 6",
        note="Repurchases less sales of stock as the fall of the number of shares; dividends that are not stated count "
        "as 0.",
    ),
    _define(
        name="dividend_initiation",
        expression="(dividends_paid > 0) * (ts_delay(assets, 252) > 0) * "
        "(if_else(is_nan(ts_delay(dividends_paid, 252)), 0, ts_delay(dividends_paid, 252)) == 0)",
        sign=1,
        source="Michaely, Thaler and Womack (1995), Price Reactions to Dividend Initiations and Omissions: "
        "Overreaction or Drift?, Journal of Finance, Table 3",
        note="Among payers, those that stated no dividends a year ago, when their assets were already known.",
    ),
)
