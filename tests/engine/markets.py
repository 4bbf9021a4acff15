"""Small panels for the engine's tests."""

from __future__ import annotations

import numpy as np


def market(sessions=60, names=37, seed=0, missing=0.03):
    """Fields with a fat tail, ties (volume is rounded) and missing cells, and sectors."""
    rng = np.random.default_rng(seed)
    shape = (sessions, names)
    returns = (rng.standard_t(4, shape) * 0.01).astype(np.float32)
    close = (50 * np.exp(np.cumsum(returns, axis=0))).astype(np.float32)
    volume = np.round(rng.lognormal(3, 1, shape)).astype(np.float32)
    fields = {"close": close, "volume": volume, "returns": returns}
    for field in fields.values():
        field[rng.random(shape) < missing] = np.nan
    return fields, {"sector": rng.integers(-1, 5, shape).astype(np.int32)}


# One expression per operator, and some that nest them.
NESTED = (
    "rank(ts_corr(rank(close), rank(volume), 7))",
    "-group_neutralize(ts_zscore(log(volume), 11), sector) * sign(ts_delta(close, 3))",
    "if_else(ts_arg_max(close, 9) > 3, ts_decay_linear(returns, 6), winsorize(returns, 2))",
    "zscore(ts_av_diff(ts_backfill(close, 4), 12) / ts_std_dev(close, 12))",
)
