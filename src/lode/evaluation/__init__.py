"""Evaluation: what a factor's values were worth, on the rows that are handed in.

labels.py makes the returns to predict, newey_west.py tests a mean; the other modules each hold one view of a factor,
and sheet.py puts them together. Arrays are (sessions, names), NaN where missing; nothing here reads or writes.
"""

from lode.evaluation.labels import forward_returns
from lode.evaluation.newey_west import NeweyWest, newey_west_t, nw_lags

__all__ = ["NeweyWest", "forward_returns", "newey_west_t", "nw_lags"]
