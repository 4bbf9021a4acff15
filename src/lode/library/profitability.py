"""Profitability: what a company makes of its assets and sales, and how much of it is cash."""

from __future__ import annotations

from functools import partial

from lode.library.definition import Definition

_define = partial(Definition, family="profitability")
_SOLIMAN = "Soliman (2008), The Use of DuPont Analysis by Market Participants, The Accounting Review"
_PIOTROSKI = (
    "Piotroski (2000), Value Investing: The Use of Historical Financial Statement Information to Separate Winners "
    "from Losers, Journal of Accounting Research"
)

DEFINITIONS = (
    _define(
        name="gross_profits_to_assets",
        expression="gross_profitability",
        sign=1,
        source="Novy-Marx (2013), The Other Side of Value: The Gross Profitability Premium, Journal of Financial "
        "Economics, Table 2",
    ),
    _define(
        name="return_on_equity",
        expression="roe",
        sign=1,
        source="Haugen and Baker (1996), Commonality in the Determinants of Expected Stock Returns, Journal of "
        "Financial Economics",
    ),
    _define(
        name="quarterly_return_on_equity",
        expression="net_income_quarter / max(ts_delay(equity, 63), 0)",
        sign=1,
        source="Hou, Xue and Zhang (2015), Digesting Anomalies: An Investment Approach, Review of Financial Studies",
        note="Equity as it was known 63 sessions ago stands for that of the quarter before.",
    ),
    _define(
        name="quarterly_return_on_assets",
        expression="net_income_quarter / ts_delay(assets, 63)",
        sign=1,
        source="Balakrishnan, Bartov and Faurel (2010), Post Loss/Profit Announcement Drift, Journal of Accounting and "
        "Economics",
        note="Assets as they were known 63 sessions ago stand for those of the quarter before.",
    ),
    _define(name="return_on_assets_change", expression="ts_delta(roa, 252)", sign=1, source=_PIOTROSKI),
    _define(
        name="cash_return_on_assets",
        expression="operating_cash_flow / assets",
        sign=1,
        source=_PIOTROSKI,
    ),
    _define(
        name="cash_based_operating_profitability",
        expression="(operating_income + if_else(is_nan(research_and_development), 0, research_and_development) - "
        "ts_delta(receivables, 252) - ts_delta(if_else(is_nan(inventory), 0, inventory), 252)) / assets",
        sign=1,
        source="Ball, Gerakos, Linnainmaa and Nikolaev (2016), Accruals, Cash Flows, and Operating Profitability in "
        "the Cross Section of Stock Returns, Journal of Financial Economics, Table 4",
        note="Without the changes of payables, prepaid expenses and deferred revenue, which are not among the fields; "
        "operating income is after depreciation. Research and inventory that are not stated count as 0, as in "
        "the paper.",
    ),
    _define(name="operating_profit_margin", expression="operating_margin", sign=1, source=_SOLIMAN),
    _define(
        name="gross_margin_less_sales_growth",
        expression="gross_profit / max(ts_delay(gross_profit, 252), 0) - revenue / ts_delay(revenue, 252)",
        sign=1,
        source="Abarbanell and Bushee (1998), Abnormal Returns to a Fundamental Analysis Strategy, The Accounting "
        "Review",
        note="Growth over last year; the paper compares with the mean of two years.",
    ),
    _define(
        name="accruals",
        expression="accruals",
        sign=-1,
        source="Sloan (1996), Do Stock Prices Fully Reflect Information in Accruals and Cash Flows about Future "
        "Earnings?, The Accounting Review, Table 6",
        note="From the cash flow statement, not from changes of the balance sheet.",
    ),
    _define(
        name="percent_accruals",
        expression="(net_income - operating_cash_flow) / abs(net_income)",
        sign=-1,
        source="Hafzalla, Lundholm and Van Winkle (2011), Percent Accruals, The Accounting Review, Table 4",
    ),
    _define(
        name="taxes_to_income",
        expression="income_tax / max(net_income, 0)",
        sign=1,
        source="Lev and Nissim (2004), Taxable Income, Future Earnings, and Equity Values, The Accounting Review, "
        "Table 5",
        note="Total taxes, since the current ones are not among the fields, and not divided by the tax rate; "
        "losses are missing.",
    ),
    _define(
        name="f_score",
        expression="(roa > 0) + (operating_cash_flow > 0) + (ts_delta(roa, 252) > 0) + "
        "(operating_cash_flow > net_income) + (ts_delta(long_term_debt / assets, 252) < 0) + "
        "(ts_delta(current_ratio, 252) > 0) + (net_issuance <= 0) + (ts_delta(gross_margin, 252) > 0) + "
        "(ts_delta(asset_turnover, 252) > 0)",
        sign=1,
        source=f"{_PIOTROSKI}, Table 3",
        note="For every name; the paper scores those of high book-to-market.",
    ),
)
