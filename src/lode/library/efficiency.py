"""Efficiency: how much business a company does with what it has."""

from __future__ import annotations

from functools import partial

from lode.library.definition import Definition

_define = partial(Definition, family="efficiency")
_SOLIMAN = "Soliman (2008), The Use of DuPont Analysis by Market Participants, The Accounting Review, Table 7"
_ABARBANELL_BUSHEE = (
    "Abarbanell and Bushee (1998), Abnormal Returns to a Fundamental Analysis Strategy, The Accounting Review"
)

DEFINITIONS = (
    _define(
        name="sales_to_assets",
        expression="asset_turnover",
        sign=1,
        source="Novy-Marx (2013), The Other Side of Value: The Gross Profitability Premium, Journal of Financial "
        "Economics",
        note="One of the two factors of gross profits to assets, beside the gross margin.",
    ),
    _define(
        name="asset_turnover_change",
        expression="ts_delta(asset_turnover, 252)",
        sign=1,
        source=_SOLIMAN,
        note="Over total assets; the paper's are net operating assets.",
    ),
    _define(
        name="net_working_capital_change",
        expression="ts_delta((current_assets - cash - current_liabilities) / assets, 252)",
        sign=-1,
        source=_SOLIMAN,
        note="Short-term debt, which the paper takes out of current liabilities, is not among the fields.",
    ),
    _define(
        name="sales_less_inventory_growth",
        expression="revenue / ts_delay(revenue, 252) - inventory / ts_delay(inventory, 252)",
        sign=1,
        source=_ABARBANELL_BUSHEE,
        note="Growth over last year; the paper compares with the mean of two years.",
    ),
    _define(
        name="sales_less_receivables_growth",
        expression="revenue / ts_delay(revenue, 252) - receivables / ts_delay(receivables, 252)",
        sign=1,
        source=_ABARBANELL_BUSHEE,
        note="Growth over last year; the paper compares with the mean of two years.",
    ),
    _define(
        name="inventory_turnover_change",
        expression="ts_delta(log(inventory_turnover), 252)",
        sign=1,
        source="Alan, Gao and Gaur (2014), Does Inventory Productivity Predict Future Stock Returns? A Retailing "
        "Industry Perspective, Management Science",
        note="For every industry; the paper studies retailers.",
    ),
    _define(
        name="operating_cycle",
        expression="365 * (inventory / cost_of_revenue + receivables / revenue)",
        sign=-1,
        source="Wang (2019), The Cash Conversion Cycle Spread, Journal of Financial Economics",
        note="In days, without the days of payables, which are not among the fields.",
    ),
    _define(
        name="operating_leverage",
        expression="(revenue - operating_income) / assets",
        sign=1,
        source="Novy-Marx (2011), Operating Leverage, Review of Finance, Table 3",
        note="Operating costs as revenue less operating income, so that depreciation is among them.",
    ),
    _define(
        name="capital_expenditure_to_assets",
        expression="capex_to_assets",
        sign=-1,
        source="Titman, Wei and Xie (2004), Capital Investments and Stock Returns, Journal of Financial and "
        "Quantitative Analysis",
        note="The level; the paper compares it with the three years before.",
    ),
    _define(
        name="research_to_sales",
        expression="research_and_development / revenue",
        sign=1,
        source="Chan, Lakonishok and Sougiannis (2001), The Stock Market Valuation of Research and Development "
        "Expenditures, Journal of Finance",
        note="The paper finds no clear spread for this measure, unlike valuation.research_to_market.",
    ),
)
