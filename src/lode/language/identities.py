"""The identities of the canonical form, operator by operator.

Each rule takes the canonical arguments of one operator and gives the canonical result. A rule stands here only when
both sides agree for missing values, for zero, and where the language turns an infinity into a missing value:

- x - x is not 0 but `0 * x`; x / x is not 1; rank(zscore(x)) is not rank(x), since a flat day has no z-score.
- rank(-x) = 1 - rank(x), ts_min(-x, d) = -ts_max(x, d), and constant factors move out of whatever is linear.

The rules are in products.py, sides.py, windows.py and scaling.py; which operator has which of them stands here.
"""

from __future__ import annotations

from lode.language.products import (
    absolute,
    add,
    divide,
    inverse,
    is_nan,
    multiply,
    power,
    reverse,
    sign,
    signed_power,
    sqrt,
)
from lode.language.scaling import Rule, deviation, linear, plain, ranked, scale_free
from lode.language.sides import equal, extreme, if_else, less
from lode.language.windows import (
    ts_arg_extreme,
    ts_av_diff,
    ts_backfill,
    ts_corr,
    ts_covariance,
    ts_delay,
    ts_delta,
    ts_extreme,
    ts_sum,
    windowed,
)

RULES: dict[str, Rule] = {
    "add": add,
    "subtract": add,
    "reverse": reverse,
    "multiply": multiply,
    "divide": divide,
    "inverse": inverse,
    "power": power,
    "sqrt": sqrt,
    "signed_power": signed_power,
    "abs": absolute,
    "sign": sign,
    "is_nan": is_nan,
    "min": extreme,
    "max": extreme,
    "less": less,
    "less_equal": less,
    "greater": less,
    "greater_equal": less,
    "equal": equal,
    "not_equal": equal,
    "if_else": if_else,
    "ts_mean": windowed(linear),
    "ts_decay_linear": windowed(linear),
    "ts_sum": ts_sum,
    "ts_av_diff": ts_av_diff,
    "ts_delay": ts_delay,
    "ts_delta": ts_delta,
    "ts_std_dev": deviation,
    "ts_zscore": scale_free,
    "ts_rank": ranked,
    "ts_scale": ranked,
    "ts_min": windowed(ts_extreme),
    "ts_max": windowed(ts_extreme),
    "ts_arg_min": ts_arg_extreme,
    "ts_arg_max": ts_arg_extreme,
    "ts_product": windowed(plain),
    "ts_backfill": windowed(ts_backfill),
    "ts_corr": ts_corr,
    "ts_covariance": ts_covariance,
    "rank": ranked,
    "zscore": scale_free,
    "scale": scale_free,
    "normalize": linear,
    "winsorize": linear,
    "group_rank": ranked,
    "group_zscore": scale_free,
    "group_mean": linear,
    "group_neutralize": linear,
}
"""Operators without a rule stay as they are."""
