"""Operators on what several series do together, and on how one is distributed, over the last d sessions."""

from __future__ import annotations

from lode.language.operators.declaration import (
    Operator,
    Param,
    X,
    Y,
    inside_window,
    today,
    whole,
    window,
    window_at,
)
from lode.language.operators.options import ranks_means, ts_ranks_means
from lode.language.operators.unit_rules import returns, same_as_y, slope_of_y
from lode.language.units import Unit

_TARGET, Z = Param("y", "series"), Param("z", "series")
_FULL = "NaN where a series misses any of the d sessions, and before the d-th session"
_FLAT = f"{_FULL}, and where one is flat"
_INSIDE, _RATIO = window_at(2), returns(Unit.RATIO)

# fmt: off
CO_MOVEMENT: tuple[Operator, ...] = (
    Operator("ts_co_skewness", "time series", (_TARGET, X, window(2)), _RATIO, inside_window,
             "mean of (y - mean) * (x - mean) ** 2 over the last d values / (s(y) * s(x) ** 2), s with divisor d",
             _FLAT, "ts_co_skewness(returns, volume, 20)"),
    Operator("ts_co_kurtosis", "time series", (_TARGET, X, window(2)), _RATIO, inside_window,
             "mean of (y - mean) * (x - mean) ** 3 over the last d values / (s(y) * s(x) ** 3), s with divisor d",
             _FLAT, "ts_co_kurtosis(returns, volume, 20)"),
    Operator("ts_triple_corr", "time series", (X, Y, Z, window(2)), _RATIO, inside_window,
             "mean of (x - mean) * (y - mean) * (z - mean) over the last d values / (s(x) * s(y) * s(z)), s with "
             "divisor d", _FLAT, "ts_triple_corr(returns, volume, close, 20)"),
    Operator("ts_partial_corr", "time series", (X, Y, Z, window(3)), _RATIO, inside_window,
             "correlation over the last d values of what x and y leave when each is fitted by a line in z",
             f"{_FLAT}, and where x or y is a line in z", "ts_partial_corr(returns, volume, close, 20)"),
    Operator("ts_theilsen", "time series", (X, Y, window(2)), slope_of_y, inside_window,
             "median of the slopes (y - y') / (x - x') of all pairs of the last d sessions (Theil 1950, Sen 1968)",
             f"{_FULL}, and where x is flat", "ts_theilsen(ts_step(step=1), close, 10)",
             tie_rule="pairs of equal x are left out"),
    Operator("ts_poly_regression", "time series", (_TARGET, X, window(2), whole("k", 1, 1, 4)), same_as_y, _INSIDE,
             "today's y - a - b * x - … - c * x ** k, fitted by least squares to the last d values",
             f"{_FULL}, and where x has no more than k different values",
             "ts_poly_regression(close, volume, 20, k=2)"),
    Operator("ts_entropy", "time series", (X, window(), whole("buckets", 10, 2, 100)), _RATIO, window_at(1),
             "-sum of p * log(p) over buckets of equal width from the smallest to the largest of the last d values, "
             "p the share of the values in the bucket; 0 where the window is flat", _FULL,
             "ts_entropy(returns, 20, buckets=10)", tie_rule="a value on an edge belongs to the bucket above"),
    Operator("rank_gmean_amean_diff", "cross-section", (X, Y), _RATIO, today,
             "sqrt(rank(x) * rank(y)) - (rank(x) + rank(y)) / 2", "NaN where x or y is",
             "rank_gmean_amean_diff(returns, volume)", chains=True, meaning=ranks_means,
             tie_rule="equal values share their average rank"),
    Operator("ts_rank_gmean_amean_diff", "time series", (X, Y, window()), _RATIO, inside_window,
             "sqrt(ts_rank(x, d) * ts_rank(y, d)) - (ts_rank(x, d) + ts_rank(y, d)) / 2", _FULL,
             "ts_rank_gmean_amean_diff(returns, volume, 20)", chains=True, meaning=ts_ranks_means,
             tie_rule="equal values share their average rank"),
)
