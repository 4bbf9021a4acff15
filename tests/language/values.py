"""Expressions evaluated in plain float64 NumPy, to compare spellings of a formula.

Results are rounded to ten digits at every step, so that spellings which differ in their rounding alone agree on ties,
signs and zeros. `IllConditioned` is raised where a value is too large or too small for that to be meant.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from lode.language import OPERATORS, Constant, Field, Numbers, postorder
from tests.language.definitions import DEFINITIONS
from tests.language.joint_definitions import JOINT_DEFINITIONS

SHAPE = (14, 5)


class IllConditioned(Exception):
    pass


def market(seed):
    """Small whole numbers, halves, ties, zeros and holes under every field's name."""
    draw = np.random.default_rng(seed)
    names = ("open", "high", "low", "close", "raw_close", "vwap", "volume", "dollar_volume", "returns")
    fields = {name: draw.integers(-6, 7, SHAPE) / 2 for name in names}
    for values in fields.values():
        values[draw.random(SHAPE) < 0.04] = np.nan
    fields["volume"] = np.abs(fields["volume"])
    fields["close"][:, 0] = 2.0
    return {**fields, "sector": draw.integers(-1, 2, SHAPE)}


def evaluate(expr, fields):
    known = {}
    for node in postorder(expr):
        if isinstance(node, Field):
            value = fields[node.name]
        elif isinstance(node, Constant):
            value = np.full(SHAPE, node.value)
        elif isinstance(node, Numbers):
            value = node.values
        else:
            value = (settled if OPERATORS[node.op].kind != "grouping" else np.asarray)(
                VALUES[node.op](
                    *(
                        node.args[i].value
                        if OPERATORS[node.op].params[i].kind != "series" and isinstance(node.args[i], Constant)
                        else known[id(node.args[i])]
                        for i in range(len(node.args))
                    )
                )
            )
        known[id(node)] = value
    return known[id(expr)]


def settled(values):
    values = np.where(np.isfinite(values), values, np.nan)
    values = np.where(np.abs(values) < 1e-9, 0.0, values)
    size = np.abs(values[np.isfinite(values) & (values != 0)])
    if size.size and (size.max() > 1e5 or size.min() < 1e-4):
        raise IllConditioned
    return np.round(values, 10)


def elementwise(function):
    def operator(*args):
        with np.errstate(all="ignore"):
            return np.where(np.any([np.isnan(arg) for arg in args], axis=0), np.nan, function(*args))

    return operator


def windowed(function, *, full=True):
    """function of (d,) windows, newest last."""

    def operator(*args):
        *series, d = args
        d, out = int(d), np.full(SHAPE, np.nan)
        for t in range(d - 1 if full else 0, SHAPE[0]):
            for n in range(SHAPE[1]):
                windows = [x[max(t - d + 1, 0) : t + 1, n] for x in series]
                if not full or not np.isnan(windows).any():
                    out[t, n] = function(*windows)
        return out

    return operator


def by_day(function):
    def operator(x, *numbers):
        out = np.full(SHAPE, np.nan)
        for t in range(SHAPE[0]):
            known = ~np.isnan(x[t])
            if known.any():
                out[t, known] = function(x[t, known], *numbers)
        return out

    return operator


def by_group(function):
    def operator(x, group):
        out = np.full(SHAPE, np.nan)
        for label in np.unique(group[group >= 0]):
            inside = group == label
            out[inside] = by_day(function)(np.where(inside, x, np.nan))[inside]
        return out

    return operator


def shifted(x, d):
    out = np.full(SHAPE, np.nan)
    if int(d) < SHAPE[0]:
        out[int(d) :] = x[: SHAPE[0] - int(d)]
    return out


def deviation(x):
    if len(x) < 2:
        return np.nan
    found = np.std(x, ddof=1)
    return found if found > 1e-9 else 0.0


def ratio(x, y):
    return np.divide(x, y, out=np.full(np.shape(x), np.nan), where=np.asarray(y) != 0)


def scores(x):
    return ratio(x - x.mean(), np.full(len(x), deviation(x)))


def ranks(x):
    return (rankdata(x) - 1) / (len(x) - 1) if len(x) > 1 else np.full(1, 0.5)


def covariance(x, y):
    return ((x - x.mean()) * (y - y.mean())).sum() / (len(x) - 1)


def correlation(x, y):
    both = deviation(x) * deviation(y)
    return covariance(x, y) / both if both else np.nan


def since(extreme, x):
    return float(np.flatnonzero(x[::-1] == extreme(x))[0])


def last_known(x):
    known = x[~np.isnan(x)]
    return known[-1] if known.size else np.nan


def position(x):
    return (x[-1] - x.min()) / (x.max() - x.min()) if x.max() > x.min() else np.nan


def clipped(x, std):
    if len(x) < 2:
        return x
    return np.clip(x, x.mean() - std * deviation(x), x.mean() + std * deviation(x))


def weighted(x):
    weights = np.arange(1, len(x) + 1)
    return (x * weights).sum() / weights.sum()


VALUES = {
    **DEFINITIONS,
    **JOINT_DEFINITIONS,
    "ts_step": lambda step: step * np.arange(1.0, 1 + SHAPE[0])[:, None] + np.zeros(SHAPE),
    "add": elementwise(np.add),
    "subtract": elementwise(np.subtract),
    "multiply": elementwise(np.multiply),
    "divide": elementwise(np.divide),
    "reverse": elementwise(np.negative),
    "abs": elementwise(np.abs),
    "sign": elementwise(np.sign),
    "log": elementwise(np.log),
    "sqrt": elementwise(np.sqrt),
    "power": elementwise(np.power),
    "signed_power": elementwise(lambda x, y: np.sign(x) * np.abs(x) ** y),
    "inverse": elementwise(lambda x: 1 / x),
    "min": elementwise(np.minimum),
    "max": elementwise(np.maximum),
    "less": elementwise(np.less),
    "less_equal": elementwise(np.less_equal),
    "greater": elementwise(np.greater),
    "greater_equal": elementwise(np.greater_equal),
    "equal": elementwise(np.equal),
    "not_equal": elementwise(np.not_equal),
    "if_else": lambda c, x, y: np.where(np.isnan(c), np.nan, np.where(c != 0, x, y)),
    "is_nan": lambda x: np.isnan(x).astype(float),
    "ts_mean": windowed(np.mean),
    "ts_sum": windowed(np.sum),
    "ts_std_dev": windowed(deviation),
    "ts_delta": lambda x, d: x - shifted(x, d),
    "ts_delay": shifted,
    "ts_rank": windowed(lambda x: ranks(x)[-1]),
    "ts_zscore": windowed(lambda x: scores(x)[-1]),
    "ts_min": windowed(np.min),
    "ts_max": windowed(np.max),
    "ts_arg_min": windowed(lambda x: since(np.min, x)),
    "ts_arg_max": windowed(lambda x: since(np.max, x)),
    "ts_corr": windowed(correlation),
    "ts_covariance": windowed(covariance),
    "ts_decay_linear": windowed(weighted),
    "ts_product": windowed(np.prod),
    "ts_av_diff": windowed(lambda x: x[-1] - x.mean()),
    "ts_backfill": windowed(last_known, full=False),
    "ts_scale": windowed(position),
    "rank": by_day(ranks),
    "zscore": by_day(scores),
    "scale": by_day(lambda x: ratio(x, np.full(len(x), np.abs(x).sum()))),
    "normalize": by_day(lambda x: x - x.mean()),
    "winsorize": by_day(clipped),
    "group_rank": by_group(ranks),
    "group_zscore": by_group(scores),
    "group_mean": by_group(lambda x: np.full(len(x), x.mean())),
    "group_neutralize": by_group(lambda x: x - x.mean()),
}
