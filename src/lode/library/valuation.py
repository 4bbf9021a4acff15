"""Valuation: what the market pays for what a company earns, owns and hands out."""

from __future__ import annotations

from functools import partial

from lode.library.definition import Definition

_define = partial(Definition, family="valuation")

DEFINITIONS = (
    _define(
        name="earnings_to_price",
        expression="earnings_yield",
        sign=1,
        source="Basu (1977), Investment Performance of Common Stocks in Relation to Their Price-Earnings Ratios, "
        "Journal of Finance, Table 1",
    ),
    _define(
        name="sales_to_price",
        expression="revenue / market_cap",
        sign=1,
        source="Barbee, Mukherji and Raines (1996), Do Sales-Price and Debt-Equity Explain Stock Returns Better than "
        "Book-Market and Firm Size?, Financial Analysts Journal",
    ),
    _define(
        name="cash_flow_to_price",
        expression="operating_cash_flow / market_cap",
        sign=1,
        source="Desai, Rajgopal and Venkatachalam (2004), Value-Glamour and Accruals Mispricing: One Anomaly or Two?, "
        "The Accounting Review, Table 2",
    ),
    _define(
        name="free_cash_flow_to_price",
        expression="(operating_cash_flow - capital_expenditure) / market_cap",
        sign=1,
        source="Lakonishok, Shleifer and Vishny (1994), Contrarian Investment, Extrapolation, and Risk, "
        "Journal of Finance",
        note="The paper's cash flow is earnings plus depreciation; here it is what operations brought in less capital "
        "expenditure.",
    ),
    _define(
        name="operating_income_to_enterprise_value",
        expression="operating_income / max(market_cap + long_term_debt - cash, 0)",
        sign=1,
        source="Loughran and Wellman (2011), New Evidence on the Relation between the Enterprise Multiple and Average "
        "Stock Returns, Journal of Financial and Quantitative Analysis, Table 3",
        note="The inverse of the paper's multiple, so that a small income does not make it explode; operating income "
        "is after depreciation, and short-term debt and preferred stock are not among the fields.",
    ),
    _define(
        name="dividend_yield",
        expression="dividends_paid / market_cap",
        sign=1,
        source="Litzenberger and Ramaswamy (1979), The Effect of Personal Taxes and Dividends on Capital Asset Prices, "
        "Journal of Financial Economics, Table 1",
        note="Dividends of the last twelve months; the paper has those expected for the coming month. Names that "
        "state none are missing.",
    ),
    _define(
        name="assets_to_market",
        expression="log(assets / market_cap)",
        sign=1,
        source="Fama and French (1992), The Cross-Section of Expected Stock Returns, Journal of Finance, Table III",
    ),
    _define(
        name="industry_relative_book_to_market",
        expression="group_neutralize(log(book_to_market), sector)",
        sign=1,
        source="Asness, Porter and Stevens (2000), Predicting Stock Returns Using Industry-Relative Firm "
        "Characteristics, working paper",
        note="Sectors in place of the paper's industries.",
    ),
    _define(
        name="enterprise_book_to_market",
        expression="(equity + long_term_debt - cash) / max(market_cap + long_term_debt - cash, 0)",
        sign=1,
        source="Penman, Richardson and Tuna (2007), The Book-to-Price Effect in Stock Returns: Accounting for "
        "Leverage, Journal of Accounting Research, Table 4",
        note="Debt is long-term debt alone.",
    ),
    _define(
        name="net_current_assets_to_price",
        expression="(current_assets - liabilities) / market_cap",
        sign=1,
        source="Oppenheimer (1986), Ben Graham's Net Current Asset Values: A Performance Update, Financial Analysts "
        "Journal",
        note="Graham bought below two thirds of it; here it is a continuous measure.",
    ),
    _define(
        name="price_earnings_to_growth",
        expression="peg",
        sign=-1,
        source="Easton (2004), PE Ratios, PEG Ratios, and Estimating the Implied Expected Rate of Return on Equity "
        "Capital, The Accounting Review",
        note="Growth is that of the past, since analysts' forecasts are not among the fields.",
    ),
    _define(
        name="research_to_market",
        expression="rd_to_market",
        sign=1,
        source="Chan, Lakonishok and Sougiannis (2001), The Stock Market Valuation of Research and Development "
        "Expenditures, Journal of Finance, Table 4",
    ),
)
