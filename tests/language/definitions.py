"""What the operators beyond the first cut compute, in plain float64 NumPy, one window or one day at a time.

Arguments are those of the call in order: panels (sessions, names) with NaN for missing, numbers, labels of groups.
"""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np
from scipy.stats import rankdata

from lode.language import OPERATORS

NAN = np.nan


def known(function):
    """Elementwise, NaN where any argument is."""

    def operator(*args):
        with np.errstate(all="ignore"):
            return np.where(np.any([np.isnan(arg) for arg in np.broadcast_arrays(*args)], axis=0), NAN, function(*args))

    return operator


def step(value):
    """An intermediate result: what float32 cannot hold is missing."""
    return np.where(np.abs(value) <= np.finfo(np.float32).max, value, NAN)


def split(name, args):
    kinds = [param.kind for param in OPERATORS[name].params]
    series = [np.asarray(arg, np.float64) for kind, arg in zip(kinds, args, strict=True) if kind == "series"]
    window = [int(arg) for kind, arg in zip(kinds, args, strict=True) if kind == "window"]
    return series, window[0] if window else 1, [a for k, a in zip(kinds, args, strict=True) if k == "number"]


def windowed(name, function, *, complete=True):
    """function(*windows, *numbers) of the last d values, oldest first; `complete`: of windows without a gap only."""

    def operator(*args):
        series, d, numbers = split(name, args)
        out = np.full(series[0].shape, NAN)
        gaps = np.cumsum(np.any([np.isnan(x) for x in series], axis=0), axis=0)
        with np.errstate(all="ignore"):
            for t in range(d - 1 if complete else 0, out.shape[0]):
                first = max(t - d + 1, 0)
                whole = gaps[t] - (gaps[first - 1] if first else 0) == 0
                for n in np.flatnonzero(whole) if complete else range(out.shape[1]):
                    out[t, n] = function(*(x[first : t + 1, n] for x in series), *numbers)
        return out

    return operator


def by_day(name, function):
    """function(known values of each series, *numbers) of the names that have all of them."""

    def operator(*args):
        series, _, numbers = split(name, args)
        out = np.full(series[0].shape, NAN)
        for t in range(len(out)):
            here = ~np.any([np.isnan(x[t]) for x in series], axis=0)
            if here.any():
                with np.errstate(all="ignore"):
                    out[t, here] = function(*(x[t, here] for x in series), *numbers)
        return out

    return operator


def by_group(function):
    def operator(x, labels, *numbers):
        x, labels = np.asarray(x, np.float64), np.asarray(labels)
        out = np.full(x.shape, NAN)
        for t in range(len(x)):
            for label in np.unique(labels[t][labels[t] >= 0]):
                members = (labels[t] == label) & ~np.isnan(x[t])
                if members.any():
                    with np.errstate(all="ignore"):
                        out[t, members] = function(x[t, members], *numbers)
        return out

    return operator


def delay(x, d):
    out = np.full(np.shape(x), NAN)
    if int(d) < len(out):
        out[int(d) :] = x[: len(out) - int(d)]
    return out


def flat(x):
    return np.ptp(x) == 0


def straight(x):
    """Slope, fitted values, explained share of a line over time."""
    at = np.arange(len(x)) - (len(x) - 1) / 2
    b = at @ (x - x.mean()) / (at @ at)
    total = ((x - x.mean()) ** 2).sum()
    return b, x.mean() + b * at, NAN if flat(x) else min(b * b * (at @ at) / total, 1.0)


def regression(y, x, d, lag, rettype):
    fits = windowed("ts_corr", lambda y, x: fitted(y, x, int(rettype)))
    return fits(y, delay(x, lag), d)


def fitted(y, x, rettype):
    if flat(x):
        return NAN
    n, dx, dy = len(x), x - x.mean(), y - y.mean()
    b = (dx @ dy) / (dx @ dx)
    a = y.mean() - b * x.mean()
    errors = dy - b * dx
    sse, sst = (errors**2).sum(), (dy**2).sum()
    mse = sse / (n - 2) if n > 2 else NAN
    return [
        errors[-1],
        a,
        b,
        y[-1] - errors[-1],
        sse,
        sst,
        1 - sse / sst if not flat(y) else NAN,
        mse,
        np.sqrt(mse / (dx @ dx)),
        np.sqrt(mse * (1 / n + x.mean() ** 2 / (dx @ dx))),
    ][rettype]


@cache
def inverse(driver, p):
    if driver == 0:
        return NormalDist().inv_cdf(p)
    return p - 0.5 if driver == 1 else 0.0 if p == 0.5 else np.tan(np.pi * (p - 0.5))


def driven(ranks, n, driver):
    shifted = 1 / n + np.asarray(ranks) * (1 - 2 / n)
    return np.array([inverse(int(driver), float(p)) for p in shifted.ravel()]).reshape(shifted.shape)


def skewness(x):
    n = len(x)
    return NAN if flat(x) else np.sqrt(n * (n - 1)) / (n - 2) * moment(x, 3) / moment(x, 2) ** 1.5


def kurtosis(x):
    n, plain = len(x), NAN if flat(x) else moment(x, 4) / moment(x, 2) ** 2
    return ((n + 1) * plain - 3 * (n - 1)) * (n - 1) / ((n - 2) * (n - 3))


def ranks(x):
    return (rankdata(x) - 1) / (len(x) - 1) if len(x) > 1 else np.full(1, 0.5)


def returns(x, d, mode):
    before = delay(x, d)
    by = before if mode == 1 else step(x + before) / 2
    return np.where(by == 0, NAN, known(lambda x, y, z: step(x - y) / z)(x, before, by))


def weighted(x, factor):
    weights = factor ** np.arange(len(x))[::-1]
    return (x * weights).sum() / weights.sum()


def ewm(x, span):
    if np.isnan(x[-1]):
        return NAN
    weights = np.where(np.isnan(x), 0, (1 - 2 / (span + 1)) ** np.arange(len(x))[::-1])
    return (np.nan_to_num(x) * weights).sum() / weights.sum()


def jump(x, d, sensitivity, force):
    before, deviation = delay(x, 1), windowed("ts_std_dev", lambda w: np.std(w, ddof=1))(x, d)
    limit, change = step(sensitivity * step(deviation)), step(x - before)
    damped = step(x - step((1 - force) * change))
    return np.where(np.isnan(limit) | np.isnan(change), NAN, np.where(np.abs(change) > limit, damped, x))


def kth(x, k):
    values = x[~np.isnan(x)]
    return values[-int(k)] if len(values) >= k else NAN


def last_different(x):
    others = x[(x != x[-1]) & ~np.isnan(x)]
    return others[-1] if len(others) and not np.isnan(x[-1]) else NAN


def since_change(x):
    others = np.flatnonzero((x != x[-1]) & ~np.isnan(x))
    if not len(others) or np.isnan(x[-1]):
        return NAN
    run = np.flatnonzero(x[others[-1] :] == x[-1])[0] + others[-1]
    return len(x) - 1 - run


def traded(trigger, alpha, leave):
    state = NAN
    for enters, value, leaves in zip(trigger, alpha, leave, strict=True):
        state = NAN if leaves > 0 else value if enters > 0 else state
    return state


def trade_when(trigger, alpha, leave, d):
    panels = np.broadcast_arrays(trigger, alpha, leave)
    return windowed("trade_when", traded, complete=False)(*panels, d)


def hump(x, threshold, d):
    limits = threshold * np.nansum(np.abs(x), axis=1)
    out = np.full(x.shape, NAN)
    for t in range(len(x)):
        for n in np.flatnonzero(~np.isnan(x[t])):
            state = NAN
            for s in range(max(0, t - int(d) + 1), t + 1):
                change = x[s, n] - state
                if np.isnan(state):
                    state = x[s, n]
                elif np.abs(change) >= limits[s]:
                    state += np.sign(change) * limits[s] if change else limits[s]
            out[t, n] = state
    return out


def along(y, x, *, centred, left):
    y_mean, x_mean = (y.mean(), x.mean()) if centred else (0.0, 0.0)
    if (flat(x) and centred) or not x.any():
        return np.full(len(x), NAN)
    part = (x - x_mean) * ((x - x_mean) @ (y - y_mean)) / ((x - x_mean) @ (x - x_mean))
    return y - y_mean - part if left else part + y_mean


def moment(x, k):
    return ((x - x.mean()) ** k).mean()


def counted(x, d):
    missing = np.isnan(x).astype(float)
    return windowed("ts_sum", np.sum)(missing, d)


DEFINITIONS = {
    "is_not_nan": lambda x: 1.0 - np.isnan(x),
    "and": known(lambda x, y: (x != 0) & (y != 0)),
    "or": known(lambda x, y: (x != 0) | (y != 0)),
    "not": known(lambda x: x == 0),
    "s_log_1p": known(lambda x: np.sign(x) * np.log1p(np.abs(x))),
    "exp": known(np.exp),
    "sigmoid": known(lambda x: 1 / (1 + np.exp(-x))),
    "tanh": known(np.tanh),
    "arc_sin": known(np.arcsin),
    "arc_cos": known(np.arccos),
    "arc_tan": known(np.arctan),
    "floor": known(np.floor),
    "ceiling": known(np.ceil),
    "round": known(np.round),
    "fraction": known(lambda x: x - np.trunc(x)),
    "purify": lambda x: x,
    "nan_mask": lambda x, y: np.where(y < 0, NAN, x),
    "nan_out": lambda x, low, high: np.where((x >= low) & (x <= high), x, NAN),
    "clamp": known(lambda x, low, high: np.minimum(np.maximum(x, low), high)),
    "left_tail": lambda x, most: np.where(x <= most, x, NAN),
    "right_tail": lambda x, least: np.where(x >= least, x, NAN),
    "tail": lambda x, low, high, new: np.where((x > low) & (x < high), new, x),
    "to_nan": lambda x, value, back: np.where(np.isnan(x), value, x) if np.all(back) else np.where(x == value, NAN, x),
    "round_down": known(lambda x, f: np.floor(step(x / f)) * f),
    "truncate": by_day("truncate", lambda x, most: np.clip(x, *(np.abs(x).sum() * most * np.array([-1, 1])))),
    "ts_vector_proj": windowed("ts_vector_proj", lambda x, y: y[-1] * (x @ y) / (y @ y) if y.any() else NAN),
    "ts_vector_neut": windowed("ts_vector_neut", lambda x, y: x[-1] - y[-1] * (x @ y) / (y @ y) if y.any() else NAN),
    "ts_regression": regression,
    "slope": windowed("slope", lambda x: straight(x)[0]),
    "rsquare": windowed("rsquare", lambda x: straight(x)[2]),
    "resi": windowed("resi", lambda x: x[-1] - straight(x)[1][-1]),
    "ts_median": windowed("ts_median", np.median),
    "ts_percentile": windowed("ts_percentile", np.quantile),
    "ts_quantile": windowed("ts_quantile", lambda x, driver: driven(ranks(x)[-1], len(x), driver)),
    "ts_skewness": windowed("ts_skewness", skewness),
    "ts_kurtosis": windowed("ts_kurtosis", kurtosis),
    "ts_moment": windowed("ts_moment", moment),
    "ts_ir": windowed("ts_ir", lambda x: NAN if flat(x) else x.mean() / np.std(x, ddof=1)),
    "ts_returns": returns,
    "log_diff": lambda x: known(lambda x, y: np.log(x) - np.log(y))(x, delay(x, 1)),
    "ts_min_diff": windowed("ts_min_diff", lambda x: x[-1] - x.min()),
    "ts_max_diff": windowed("ts_max_diff", lambda x: x[-1] - x.max()),
    "ts_min_max_diff": windowed("ts_min_max_diff", lambda x, f: x[-1] - step(f * step(x.min() + x.max()))),
    "ts_min_max_cps": windowed("ts_min_max_cps", lambda x, f: step(x.min() + x.max()) - step(f * x[-1])),
    "ts_decay_exp_window": windowed("ts_decay_exp_window", weighted),
    "ts_ewm_mean": windowed("ts_ewm_mean", ewm, complete=False),
    "ts_weighted_decay": lambda x, k: step(k * x) + step((1 - k) * delay(x, 1)),
    "jump_decay": jump,
    "ts_count_nans": counted,
    "kth_element": windowed("kth_element", kth, complete=False),
    "last_diff_value": windowed("last_diff_value", last_different, complete=False),
    "days_from_last_change": windowed("days_from_last_change", since_change, complete=False),
    "trade_when": trade_when,
    "quantile": by_day("quantile", lambda x, driver, sigma: sigma * driven(ranks(x), len(x), driver)),
    "vector_proj": by_day("vector_proj", lambda x, y: along(x, y, centred=False, left=False)),
    "vector_neut": by_day("vector_neut", lambda x, y: along(x, y, centred=False, left=True)),
    "regression_proj": by_day("regression_proj", lambda y, x: along(y, x, centred=True, left=False)),
    "regression_neut": by_day("regression_neut", lambda y, x: along(y, x, centred=True, left=True)),
    "one_side": by_day("one_side", lambda x, side: x - (x.max() if side < 0 else x.min())),
    "pasteurize": lambda x: x,
    "hump": hump,
    "group_sum": by_group(np.sum),
    "group_count": by_group(len),
    "group_std_dev": by_group(lambda x: np.std(x, ddof=1) if len(x) > 1 else NAN),
    "group_min": by_group(np.min),
    "group_max": by_group(np.max),
    "group_median": by_group(np.median),
    "group_percentage": by_group(np.quantile),
    "group_scale": by_group(lambda x: (x - x.min()) / np.ptp(x) if np.ptp(x) else NAN),
    "group_normalize": by_group(lambda x: x / np.abs(x).sum() if x.any() else NAN),
}
"""`ts_step` is missing: it has no panel to take its shape from."""
