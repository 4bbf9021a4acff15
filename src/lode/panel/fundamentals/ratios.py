"""Ratios of the items: one table of name, formula and source, and what computes it.

A ratio is missing where a part is missing, where its denominator is not above 0 (the price of a loss, the return on a
negative equity), and where the statements in it are of periods that end more than `ALIKE_DAYS` apart. Market
capitalisation is of the session: an amendment of spring counts shares of April beside a year that ended in December.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
ALIKE_DAYS = 100
"""How far apart the period ends of the statements in one ratio may be."""
MARKET_CAP = "market_cap"
PRIOR = "_year_before"
"""Ending of a part that is an item's value of a year before, as known at the same time."""


@dataclass(frozen=True)
class Ratio:
    """A field made of others. parts: their names, in the order that `compute` takes them; priced: with a price."""

    name: str
    formula: str
    source: str
    parts: tuple[str, ...]
    compute: Callable[..., NDArray[np.float64]]

    @property
    def priced(self) -> bool:
        """Whether it needs the price as traded, or the splits that come with it."""
        return MARKET_CAP in self.parts or "pe" in self.parts or f"shares_outstanding{PRIOR}" in self.parts


def _over(top: NDArray[np.float64], bottom: NDArray[np.float64], scale: float = 1.0) -> NDArray[np.float64]:
    """Quotient, missing where the denominator is not above 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(bottom > 0, top / (scale * bottom), np.nan))


def _difference_over(
    plus: NDArray[np.float64], minus: NDArray[np.float64], bottom: NDArray[np.float64]
) -> NDArray[np.float64]:
    return _over(plus - minus, bottom)


def _growth(now: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.float64]:
    return _over(now, before) - 1.0


def _log_growth(now: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(np.where(now > 0, _over(now, before), np.nan))


def _quotient(name: str, top: str, bottom: str, source: str) -> Ratio:
    return Ratio(name, f"{top} / {bottom}", source, (top, bottom), _over)


def _less(name: str, plus: str, minus: str, bottom: str, source: str) -> Ratio:
    return Ratio(name, f"({plus} - {minus}) / {bottom}", source, (plus, minus, bottom), _difference_over)


def _change(name: str, item: str, source: str) -> Ratio:
    return Ratio(name, f"{item} / {item} of a year before - 1", source, (item, f"{item}{PRIOR}"), _growth)


RATIOS: tuple[Ratio, ...] = (
    _quotient("pe", "market_cap", "net_income", "Basu 1977"),
    _quotient("pb", "market_cap", "equity", "Fama and French 1992, inverted"),
    _quotient("ps", "market_cap", "revenue", "Barbee, Mukherji and Raines 1996"),
    _change("revenue_growth", "revenue", "Lakonishok, Shleifer and Vishny 1994"),
    _change("earnings_growth", "net_income", "Lakonishok, Shleifer and Vishny 1994"),
    Ratio(
        "peg",
        "pe / (100 * earnings_growth)",
        "Easton 2004, with the growth of the past year",
        ("pe", "earnings_growth"),
        partial(_over, scale=100.0),
    ),
    _quotient("earnings_yield", "net_income", "market_cap", "Basu 1977"),
    _quotient("book_to_market", "equity", "market_cap", "Fama and French 1992"),
    _quotient("roe", "net_income", "equity", "Haugen and Baker 1996"),
    _quotient("roa", "net_income", "assets", "Balakrishnan, Bartov and Faurel 2010"),
    _quotient("gross_margin", "gross_profit", "revenue", "Abarbanell and Bushee 1998"),
    _quotient("operating_margin", "operating_income", "revenue", "Soliman 2008"),
    _quotient("gross_profitability", "gross_profit", "assets", "Novy-Marx 2013"),
    _less("operating_profitability", "operating_income", "interest_expense", "equity", "Fama and French 2015"),
    _change("asset_growth", "assets", "Cooper, Gulen and Schill 2008"),
    _less("accruals", "net_income", "operating_cash_flow", "assets", "Sloan 1996; Hribar and Collins 2002"),
    _quotient("current_ratio", "current_assets", "current_liabilities", "Ou and Penman 1989"),
    _quotient("cash_ratio", "cash", "current_liabilities", "Ou and Penman 1989"),
    _quotient("debt_to_equity", "long_term_debt", "equity", "Bhandari 1988, of the book value"),
    _quotient("interest_coverage", "operating_income", "interest_expense", "Altman 1968"),
    _quotient("inventory_turnover", "cost_of_revenue", "inventory", "Ou and Penman 1989"),
    _quotient("asset_turnover", "revenue", "assets", "Soliman 2008"),
    Ratio(
        "net_issuance",
        "log(shares_outstanding / shares_outstanding of a year before)",
        "Pontiff and Woodgate 2008",
        ("shares_outstanding", f"shares_outstanding{PRIOR}"),
        _log_growth,
    ),
    _quotient("rd_to_market", "research_and_development", "market_cap", "Chan, Lakonishok and Sougiannis 2001"),
    _quotient("capex_to_assets", "capital_expenditure", "assets", "Titman, Wei and Xie 2004"),
)
MARKET_CAP_FORMULA = "raw_close * shares_outstanding"
