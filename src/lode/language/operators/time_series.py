"""Operators on the last d sessions of one name, today included."""

from __future__ import annotations

from lode.language.operators.declaration import D, Operator, X, Y, beyond_window, inside_window, window
from lode.language.operators.unit_rules import returns, same_as_x, times, without_dimension
from lode.language.units import Unit

_FULL = "NaN where any of the d sessions is missing, and before the d-th session"
_BOTH = "NaN where x or y misses any of the d sessions, and before the d-th session"

# fmt: off
TIME_SERIES: tuple[Operator, ...] = (
    Operator("ts_mean", "time series", (X, D), same_as_x, inside_window,
             "mean of the last d values", _FULL, "ts_mean(close, 20)"),
    Operator("ts_sum", "time series", (X, D), same_as_x, inside_window,
             "sum of the last d values", _FULL, "ts_sum(volume, 20)"),
    Operator("ts_std_dev", "time series", (X, window(2)), same_as_x, inside_window,
             "sample standard deviation of the last d values (divisor d - 1)", _FULL, "ts_std_dev(returns, 20)"),
    Operator("ts_delta", "time series", (X, D), same_as_x, beyond_window,
             "x - x d sessions ago", "NaN where x is missing today or d sessions ago", "ts_delta(close, 5)"),
    Operator("ts_delay", "time series", (X, D), same_as_x, beyond_window,
             "x d sessions ago", "NaN where x was missing d sessions ago", "ts_delay(close, 1)"),
    Operator("ts_rank", "time series", (X, D), returns(Unit.RANK), inside_window,
             "(r - 1) / (d - 1), r the rank of today's value among the last d; 0.5 when d is 1", _FULL,
             "ts_rank(volume, 10)", tie_rule="equal values share their average rank"),
    Operator("ts_zscore", "time series", (X, window(2)), returns(Unit.RATIO), inside_window,
             "(x - ts_mean(x, d)) / ts_std_dev(x, d)", f"{_FULL}, and where the window is flat",
             "ts_zscore(volume, 20)"),
    Operator("ts_min", "time series", (X, D), same_as_x, inside_window,
             "smallest of the last d values", _FULL, "ts_min(low, 20)"),
    Operator("ts_max", "time series", (X, D), same_as_x, inside_window,
             "largest of the last d values", _FULL, "ts_max(high, 20)"),
    Operator("ts_arg_min", "time series", (X, D), returns(Unit.SESSIONS), inside_window,
             "sessions since the smallest of the last d values, 0 when it is today's", _FULL,
             "ts_arg_min(close, 20)", tie_rule="of equal values the most recent counts"),
    Operator("ts_arg_max", "time series", (X, D), returns(Unit.SESSIONS), inside_window,
             "sessions since the largest of the last d values, 0 when it is today's", _FULL,
             "ts_arg_max(close, 20)", tie_rule="of equal values the most recent counts"),
    Operator("ts_corr", "time series", (X, Y, window(2)), returns(Unit.RATIO), inside_window,
             "Pearson correlation of x and y over the last d values", f"{_BOTH}, and where either is flat",
             "ts_corr(close, volume, 10)", commutative=True),
    Operator("ts_covariance", "time series", (X, Y, window(2)), times, inside_window,
             "sample covariance of x and y over the last d values (divisor d - 1)", _BOTH,
             "ts_covariance(returns, volume, 10)", commutative=True),
    Operator("ts_decay_linear", "time series", (X, D), same_as_x, inside_window,
             "mean of the last d values with weights 1 (oldest) to d (today)", _FULL, "ts_decay_linear(returns, 10)"),
    Operator("ts_product", "time series", (X, D), without_dimension, inside_window,
             "product of the last d values", _FULL, "ts_product(1 + returns, 20)"),
    Operator("ts_av_diff", "time series", (X, D), same_as_x, inside_window,
             "x - ts_mean(x, d)", _FULL, "ts_av_diff(close, 20)"),
    Operator("ts_scale", "time series", (X, D), returns(Unit.RATIO), inside_window,
             "(x - ts_min(x, d)) / (ts_max(x, d) - ts_min(x, d))", f"{_FULL}, and where the window is flat",
             "ts_scale(close, 20)"),
    Operator("ts_backfill", "time series", (X, D), same_as_x, inside_window,
             "the last value that is not missing within d sessions", "NaN where all of the d sessions are missing",
             "ts_backfill(volume, 5)"),
)
