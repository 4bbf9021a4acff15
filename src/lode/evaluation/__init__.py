"""Evaluation: what a factor's values were worth, on the rows that are handed in.

labels.py makes the returns to predict, newey_west.py tests a mean (hansen_hodrick.py and hodrick.py where returns
overlap, bootstrap.py any statistic), time_series.py regresses each name's series; ic.py, quantiles.py, turnover.py,
portfolio.py, regressions.py, high_minus_low.py, market_factors.py, known.py and exposure.py (with styles.py) each hold
one view of a factor, neutralisation.py takes the market or sectors out first, pool/ joins several factors into one.
spread.py, spread_cost.py and cost.py say what trading takes, simulation/ holds a factor's books through fills; sheet.py
puts everything together, report/ tells it and page/ draws it. Arrays are (sessions, names), NaN where missing; nothing
here reads or writes.
"""

from lode.evaluation.hansen_hodrick import HansenHodrick, hansen_hodrick_t
from lode.evaluation.hodrick import OverlapFit, hodrick_ols
from lode.evaluation.ic import IcSummary, daily_rank_ic, ic_summary
from lode.evaluation.labels import forward_returns
from lode.evaluation.newey_west import NeweyWest, newey_west_t, nw_lags
from lode.evaluation.quantiles import quantile_returns
from lode.evaluation.report import Bench, Identity, References, Sheet, SheetOptions
from lode.evaluation.sheet import evidence_at, evidence_sheet, sheet_at, sheet_of
from lode.evaluation.time_series import TimeSeriesFit, time_series_ols
from lode.evaluation.turnover import half_life, rank_autocorrelation, turnover

__all__ = [
    "Bench",
    "HansenHodrick",
    "IcSummary",
    "Identity",
    "NeweyWest",
    "OverlapFit",
    "References",
    "Sheet",
    "SheetOptions",
    "TimeSeriesFit",
    "daily_rank_ic",
    "evidence_at",
    "evidence_sheet",
    "forward_returns",
    "half_life",
    "hansen_hodrick_t",
    "hodrick_ols",
    "ic_summary",
    "newey_west_t",
    "nw_lags",
    "quantile_returns",
    "rank_autocorrelation",
    "sheet_at",
    "sheet_of",
    "time_series_ols",
    "turnover",
]
