"""Every operator in plain NumPy, window by window and day by day: slow, and easy to read against its declaration."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from lode.language import OPERATORS
from tests.language.definitions import DEFINITIONS
from tests.language.joint_definitions import JOINT_DEFINITIONS

NAN = np.nan


def clean(x):
    x = np.asarray(x, np.float64)
    return np.where(np.isfinite(x), x, NAN)


def finite(x):
    with np.errstate(over="ignore"):
        return clean(np.asarray(x, np.float64).astype(np.float32))


def elementwise(function):
    def operator(*args):
        args = [clean(a) for a in args]
        with np.errstate(all="ignore"):
            result = function(*args)
        return finite(np.where(np.any([np.isnan(a) for a in np.broadcast_arrays(*args)], axis=0), NAN, result))

    return operator


def over_windows(function):
    """function((d,) windows of complete values, one per series) -> a number, for every session and name."""

    def operator(*args):
        *series, d = args
        d = int(d)
        series = [clean(x) for x in series]
        out = np.full(series[0].shape, NAN)
        gaps = np.cumsum(np.any([np.isnan(x) for x in series], axis=0), axis=0)
        with np.errstate(all="ignore"):
            for t in range(d - 1, out.shape[0]):
                whole = gaps[t] - (gaps[t - d] if t >= d else 0) == 0
                for n in np.flatnonzero(whole):
                    out[t, n] = function(*(x[t - d + 1 : t + 1, n] for x in series))
        return finite(out)

    return operator


def over_days(function):
    """function((n,) known values of a day, *parameters) -> (n,) results, for every session."""

    def operator(x, *parameters):
        x = clean(x)
        out = np.full(x.shape, NAN)
        for t in range(len(x)):
            known = ~np.isnan(x[t])
            if known.any():
                with np.errstate(all="ignore"):
                    out[t, known] = function(x[t, known], *parameters)
        return finite(out)

    return operator


def over_groups(function):
    def operator(x, labels):
        x, labels = clean(x), np.asarray(labels)
        out = np.full(x.shape, NAN)
        for t in range(len(x)):
            for g in np.unique(labels[t][labels[t] >= 0]):
                members = (labels[t] == g) & ~np.isnan(x[t])
                if members.any():
                    with np.errstate(all="ignore"):
                        out[t, members] = function(x[t, members])
        return finite(out)

    return operator


def scaled_ranks(values):
    return (rankdata(values) - 1) / (len(values) - 1) if len(values) > 1 else np.array([0.5])


def standardised(values):
    deviation = np.std(values, ddof=1) if len(values) > 1 else NAN
    return (values - values.mean()) / deviation if deviation > 0 else np.full(len(values), NAN)


def correlation(x, y):
    flat = np.ptp(x) == 0 or np.ptp(y) == 0
    dx, dy = x - x.mean(), y - y.mean()
    return NAN if flat else (dx @ dy) / np.sqrt((dx @ dx) * (dy @ dy))


def winsorized(values, std):
    if len(values) == 1:
        return values
    margin = std * np.std(values, ddof=1)
    return np.clip(values, values.mean() - margin, values.mean() + margin)


def delay(x, d):
    d, x = int(d), clean(x)
    out = np.full(x.shape, NAN)
    out[d:] = x[: max(len(x) - d, 0)] if d else x
    return finite(out)


def backfill(x, d):
    x = clean(x)
    out = np.full(x.shape, NAN)
    for t in range(len(x)):
        for s in range(max(0, t - int(d) + 1), t + 1):
            out[t] = np.where(np.isnan(x[s]), out[t], x[s])
    return finite(out)


def grouped(function):
    """One of `DEFINITIONS` whose value is labels."""

    def operator(*args):
        return function(*(clean(a) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a for a in args))

    return operator


def defined(function):
    """One of `DEFINITIONS`, which know neither infinities nor float32."""

    def operator(*args):
        labels = [isinstance(arg, np.ndarray) and arg.dtype.kind == "i" for arg in args]
        with np.errstate(all="ignore"):
            return finite(function(*(a if label else clean(a) for a, label in zip(args, labels, strict=True))))

    return operator


REFERENCE = {
    **{
        name: (grouped if OPERATORS[name].kind == "grouping" else defined)(function)
        for name, function in (DEFINITIONS | JOINT_DEFINITIONS).items()
    },
    "ts_step": lambda step: step * np.arange(1.0, 1000.0)[:, None],
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
    "if_else": lambda c, x, y: finite(np.where(np.isnan(clean(c)), NAN, np.where(clean(c) != 0, clean(x), clean(y)))),
    "is_nan": lambda x: np.isnan(clean(x)).astype(float),
    "ts_mean": over_windows(np.mean),
    "ts_sum": over_windows(np.sum),
    "ts_std_dev": over_windows(lambda w: np.std(w, ddof=1)),
    "ts_delta": lambda x, d: finite(clean(x) - delay(x, d)),
    "ts_delay": delay,
    "ts_rank": over_windows(lambda w: scaled_ranks(w)[-1]),
    "ts_zscore": over_windows(lambda w: standardised(w)[-1]),
    "ts_min": over_windows(np.min),
    "ts_max": over_windows(np.max),
    "ts_arg_min": over_windows(lambda w: np.argmin(w[::-1])),
    "ts_arg_max": over_windows(lambda w: np.argmax(w[::-1])),
    "ts_corr": over_windows(correlation),
    "ts_covariance": over_windows(lambda x, y: (x - x.mean()) @ (y - y.mean()) / (len(x) - 1)),
    "ts_decay_linear": over_windows(lambda w: np.average(w, weights=np.arange(1, len(w) + 1))),
    "ts_product": over_windows(np.prod),
    "ts_av_diff": over_windows(lambda w: w[-1] - w.mean()),
    "ts_scale": over_windows(lambda w: (w[-1] - w.min()) / np.ptp(w) if np.ptp(w) > 0 else NAN),
    "ts_backfill": backfill,
    "rank": over_days(scaled_ranks),
    "zscore": over_days(standardised),
    "scale": over_days(lambda v: v / np.abs(v).sum()),
    "normalize": over_days(lambda v: v - v.mean()),
    "winsorize": over_days(winsorized),
    "group_rank": over_groups(scaled_ranks),
    "group_zscore": over_groups(standardised),
    "group_mean": over_groups(lambda v: np.full(len(v), v.mean())),
    "group_neutralize": over_groups(lambda v: v - v.mean()),
}
