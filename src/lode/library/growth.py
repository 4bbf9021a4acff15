"""Growth: companies that expand are followed by lower returns, earnings and sales that surprise by higher ones."""

from __future__ import annotations

from functools import partial

from lode.library.definition import Definition

_define = partial(Definition, family="growth")
_RICHARDSON = (
    "Richardson, Sloan, Soliman and Tuna (2005), Accrual Reliability, Earnings Persistence and Stock Prices, Journal "
    "of Accounting and Economics"
)

DEFINITIONS = (
    _define(
        name="sales_growth",
        expression="revenue_growth",
        sign=-1,
        source="Lakonishok, Shleifer and Vishny (1994), Contrarian Investment, Extrapolation, and Risk, Journal of "
        "Finance",
        note="Growth of one year; the paper ranks five.",
    ),
    _define(
        name="industry_relative_asset_growth",
        expression="group_neutralize(asset_growth, sector)",
        sign=-1,
        source="Cooper, Gulen and Schill (2008), Asset Growth and the Cross-Section of Stock Returns, Journal of "
        "Finance, Table 2",
        note="Less the sector's mean; the paper's own is fama_french.investment.",
    ),
    _define(
        name="book_equity_growth",
        expression="equity / max(ts_delay(equity, 252), 0) - 1",
        sign=-1,
        source="Lockwood and Prombutr (2010), Sustainable Growth and Stock Returns, Journal of Financial Research, "
        "Table 4",
    ),
    _define(
        name="inventory_change",
        expression="ts_delta(inventory, 252) / (0.5 * (assets + ts_delay(assets, 252)))",
        sign=-1,
        source="Thomas and Zhang (2002), Inventory Changes and Future Returns, Review of Accounting Studies, Table 1",
    ),
    _define(
        name="current_operating_assets_change",
        expression="ts_delta(current_assets - cash, 252) / (0.5 * (assets + ts_delay(assets, 252)))",
        sign=-1,
        source=f"{_RICHARDSON}, Table 8",
    ),
    _define(
        name="equity_change_to_assets",
        expression="ts_delta(equity, 252) / (0.5 * (assets + ts_delay(assets, 252)))",
        sign=-1,
        source=f"{_RICHARDSON}, Table 9",
    ),
    _define(
        name="net_operating_assets",
        expression="(equity + long_term_debt - cash) / ts_delay(assets, 252)",
        sign=-1,
        source="Hirshleifer, Hou, Teoh and Zhang (2004), Do Investors Overvalue Firms with Bloated Balance Sheets?, "
        "Journal of Accounting and Economics, Table 4",
        note="Operating assets less operating liabilities come to equity plus debt less cash; debt is long-term debt.",
    ),
    _define(
        name="capital_expenditure_growth",
        expression="capital_expenditure / ts_delay(capital_expenditure, 504) - 1",
        sign=-1,
        source="Anderson and Garcia-Feijóo (2006), Empirical Evidence on Capital Investment, Growth Options, and "
        "Security Returns, Journal of Finance, Table 3",
    ),
    _define(
        name="abnormal_capital_investment",
        expression="capital_expenditure / revenue / (ts_delay(capital_expenditure / revenue, 252) + "
        "ts_delay(capital_expenditure / revenue, 504) + ts_delay(capital_expenditure / revenue, 756))",
        sign=-1,
        source="Titman, Wei and Xie (2004), Capital Investments and Stock Returns, Journal of Financial and "
        "Quantitative Analysis, Table 1",
        note="Over the sum of the three years before where the paper has their mean less 1: the same order.",
    ),
    _define(
        name="research_growth",
        expression="ts_delta(research_and_development, 252) / assets",
        sign=1,
        source="Eberhart, Maxwell and Siddique (2004), An Examination of Long-Term Abnormal Stock Returns and "
        "Operating Performance Following R&D Increases, Journal of Finance, Table 5",
        note="A continuous measure; the paper marks increases beyond 5 %.",
    ),
    _define(
        name="unexpected_earnings",
        expression="ts_delta(net_income_quarter, 252) / ts_std_dev(ts_delta(net_income_quarter, 252), 504)",
        sign=1,
        source="Foster, Olsen and Shevlin (1984), Earnings Releases, Anomalies, and the Behavior of Security Returns, "
        "The Accounting Review, Table 4",
        note="Net income, without the drift, since earnings per share are not adjusted for later splits.",
    ),
    _define(
        name="unexpected_revenue",
        expression="ts_delta(revenue_quarter, 252) / ts_std_dev(ts_delta(revenue_quarter, 252), 504)",
        sign=1,
        source="Jegadeesh and Livnat (2006), Revenue Surprises and Stock Returns, Journal of Accounting and Economics",
        note="Revenue, not revenue per share, and without the drift.",
    ),
    _define(
        name="tax_expense_change",
        expression="ts_delta(income_tax, 63) / ts_delay(assets, 252)",
        sign=1,
        source="Thomas and Zhang (2011), Tax Expense Momentum, Journal of Accounting Research, Table 2",
        note="The change of twelve months' taxes over a quarter is this quarter's taxes less those of a year ago.",
    ),
)
