"""Health: leverage, liquidity and the distance from bankruptcy."""

from __future__ import annotations

from functools import partial

from lode.library.definition import Definition

_define = partial(Definition, family="health")
_DISTRESS = "Campbell, Hilscher and Szilagyi (2008), In Search of Distress Risk, Journal of Finance"
_DICHEV = "sign from Dichev (1998), Is the Risk of Bankruptcy a Systematic Risk?, Journal of Finance"
_OU_PENMAN = (
    "Ou and Penman (1989), Financial Statement Analysis and the Prediction of Stock Returns, Journal of Accounting and "
    "Economics"
)

DEFINITIONS = (
    _define(
        name="market_leverage",
        expression="liabilities / market_cap",
        sign=1,
        source="Bhandari (1988), Debt/Equity Ratio and Expected Common Stock Returns: Empirical Evidence, Journal of "
        "Finance, Table 1",
    ),
    _define(
        name="book_leverage",
        expression="log(assets / equity)",
        sign=-1,
        source="Fama and French (1992), The Cross-Section of Expected Stock Returns, Journal of Finance, Table III",
        note="The sign is that of a regression beside assets to market.",
    ),
    _define(
        name="net_debt_to_price",
        expression="(long_term_debt - cash) / market_cap",
        sign=-1,
        source="Penman, Richardson and Tuna (2007), The Book-to-Price Effect in Stock Returns: Accounting for "
        "Leverage, Journal of Accounting Research, Table 4",
        note="Debt is long-term debt alone.",
    ),
    _define(
        name="cash_to_assets",
        expression="cash / assets",
        sign=1,
        source="Palazzo (2012), Cash Holdings, Risk, and Expected Returns, Journal of Financial Economics, Table 4",
    ),
    _define(
        name="current_ratio_change",
        expression="ts_delta(current_ratio, 252)",
        sign=1,
        source="Piotroski (2000), Value Investing: The Use of Historical Financial Statement Information to Separate "
        "Winners from Losers, Journal of Accounting Research",
    ),
    _define(
        name="quick_ratio_change",
        expression="ts_delta((current_assets - inventory) / current_liabilities, 252)",
        sign=1,
        source=_OU_PENMAN,
        note="The paper's model lets the data choose each ratio's sign; the sign here is that of the current ratio.",
    ),
    _define(
        name="debt_to_equity_change",
        expression="ts_delta(debt_to_equity, 252)",
        sign=-1,
        source=_OU_PENMAN,
        note="The paper's model lets the data choose each ratio's sign; the sign here is that of growing leverage "
        "(issuance.debt_change_to_assets).",
    ),
    _define(
        name="interest_cover",
        expression="rank(interest_coverage)",
        sign=1,
        source=f"Altman (1968), Financial Ratios, Discriminant Analysis and the Prediction of Corporate Bankruptcy, "
        f"Journal of Finance; {_DICHEV}",
        note="A candidate of the paper's list that its score leaves out; ranked, since it explodes at small interest.",
    ),
    _define(
        name="cash_flow_to_debt",
        expression="operating_cash_flow / liabilities",
        sign=1,
        source=f"Beaver (1966), Financial Ratios as Predictors of Failure, Journal of Accounting Research; {_DICHEV}",
    ),
    _define(
        name="z_score",
        expression="1.2 * (current_assets - current_liabilities) / assets + 3.3 * operating_income / assets + "
        "0.6 * market_cap / liabilities + 1.0 * revenue / assets",
        sign=1,
        source=f"Altman (1968), Financial Ratios, Discriminant Analysis and the Prediction of Corporate Bankruptcy, "
        f"Journal of Finance; {_DICHEV}",
        note="Without 1.4 times retained earnings over assets, which are not among the fields.",
    ),
    _define(
        name="o_score",
        expression="-1.32 - 0.407 * log(assets) + 6.03 * liabilities / assets - "
        "1.43 * (current_assets - current_liabilities) / assets + 0.0757 * current_liabilities / current_assets - "
        "1.72 * (liabilities > assets) - 2.37 * net_income / assets - 1.83 * operating_cash_flow / liabilities + "
        "0.285 * (net_income < 0) * (ts_delay(net_income, 252) < 0) - "
        "0.521 * ts_delta(net_income, 252) / (abs(net_income) + abs(ts_delay(net_income, 252)))",
        sign=-1,
        source=f"Ohlson (1980), Financial Ratios and the Probabilistic Prediction of Bankruptcy, Journal of Accounting "
        f"Research; {_DICHEV}, Table 5",
        note="The price level by which the paper divides assets is the same for all names of a day and left out.",
    ),
    _define(
        name="income_to_market_assets",
        expression="net_income_quarter / (market_cap + liabilities)",
        sign=1,
        source=_DISTRESS,
        note="NIMTA of the latest quarter; the paper averages with weights that halve each quarter.",
    ),
    _define(
        name="cash_to_market_assets",
        expression="cash / (market_cap + liabilities)",
        sign=1,
        source=_DISTRESS,
        note="CASHMTA.",
    ),
)
