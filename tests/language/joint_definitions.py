"""What the operators on several series, on positions and on computed groups compute, in plain float64 NumPy."""

from __future__ import annotations

import numpy as np
from scipy.stats import theilslopes

from tests.language.definitions import NAN, by_day, delay, flat, known, ranks, split, step, windowed


def standardised(*powers):
    def moment(*series):
        if any(map(flat, series)):
            return NAN
        return np.mean(np.prod([((x - x.mean()) / x.std()) ** p for x, p in zip(series, powers, strict=True)], axis=0))

    return moment


def partial_corr(x, y, z):
    if flat(z):
        return NAN
    left = []
    for v in (x, y):
        b = (v - v.mean()) @ (z - z.mean()) / ((z - z.mean()) @ (z - z.mean()))
        left.append(v - v.mean() - b * (z - z.mean()))
        if left[-1] @ left[-1] <= 1e-20 * ((v - v.mean()) @ (v - v.mean())):
            return NAN
    a, b = left
    return a @ b / np.sqrt(a @ a) / np.sqrt(b @ b)


def theilsen(x, y):
    return NAN if flat(x) else theilslopes(y, x).slope


def poly_regression(y, x, k):
    at = (x - x.mean()) / np.abs(x - x.mean()).max()
    if flat(x) or len(np.unique(at)) <= k:
        return NAN
    basis, _ = np.linalg.qr(np.vander(at, int(k) + 1, increasing=True))
    left = y - y.mean()
    for _ in range(2):
        left = left - basis @ (basis.T @ left)
    return left[-1]


def entropy(x, buckets):
    if flat(x):
        return 0.0
    places = np.minimum(np.floor((x - x.min()) / (x.max() - x.min()) * buckets), buckets - 1)
    shares = np.unique(places, return_counts=True)[1] / len(x)
    return -(shares * np.log(shares)).sum()


def apart(*ranked):
    return np.sqrt(ranked[0] * ranked[1]) - (ranked[0] + ranked[1]) / 2


def rank_means(x, y):
    return known(apart)(*(by_day("rank", ranks)(v) for v in (x, y)))


def ts_rank_means(x, y, d):
    return known(apart)(*(windowed("ts_rank", lambda w: ranks(w)[-1])(v, d) for v in (x, y)))


def by_side(x, longscale, shortscale):
    book = np.where(x > 0, longscale, shortscale)
    sides = np.where(x > 0, x[x > 0].sum(), -x[x < 0].sum())
    return np.where(x == 0, 0.0, book * np.divide(x, sides, out=np.zeros(len(x)), where=sides != 0))


def rank_by_side(x, scale):
    found = np.zeros(len(x))
    for sign in (1, -1):
        if (x * sign > 0).any():
            found[x * sign > 0] = sign * ranks(x[x * sign > 0] * sign)
    total = np.abs(found).sum()
    return found / total * scale if total else np.full(len(x), NAN)


def generalized_rank(x, m):
    return np.array([sum(np.sign(a - b) * np.abs(a - b) ** m for b in x) for a in x])


def hump_decay(x, p, relative):
    before = delay(x, 1)
    bound = step(p * np.abs(step(x + before))) if relative else p
    return np.where(np.isnan(step(x - before)) | np.isnan(bound), NAN, np.where(np.abs(x - before) > bound, x, before))


def inst_tvr(x, d):
    traded = windowed("ts_sum", np.sum)(step(np.abs(x - delay(x, 1))), d)
    held = step(windowed("ts_sum", np.sum)(np.abs(x), d))
    return np.divide(step(traded), held, out=np.full(x.shape, NAN), where=held != 0)


def delta_limit(x, y, share):
    state = NAN
    if np.isnan(x[-1]) or np.isnan(y[-1]):
        return NAN
    for wanted, unit in zip(x, y, strict=True):
        if np.isnan(wanted) or np.isnan(unit):
            continue
        change = np.clip(wanted - state, -share * abs(unit), share * abs(unit))
        state = wanted if np.isnan(state) else state + change
    return state


def in_groups(name, function, *, inside=True):
    """function(values of each series of a group, *numbers); `inside`: of the names that have all of them."""

    def operator(*args):
        series, _, numbers = split(name, args)
        labels = next(np.asarray(a) for a in args if isinstance(a, np.ndarray) and a.dtype.kind == "i")
        series = np.broadcast_arrays(*series, labels)[:-1]
        out = np.full(labels.shape, NAN)
        for t in range(len(labels)):
            for label in np.unique(labels[t][labels[t] >= 0]):
                members = labels[t] == label
                if inside:
                    members = members & ~np.any([np.isnan(x[t]) for x in series], axis=0)
                if members.any():
                    with np.errstate(all="ignore"):
                        out[t, members] = function(*(x[t, members] for x in series), *numbers)
        return out

    return operator


def proj(x, y):
    return y * (x @ y) / (y @ y) if y.any() else np.full(len(x), NAN)


def weighted(x, weight):
    here = ~np.isnan(x) & ~np.isnan(weight)
    return (x[here] * weight[here]).sum() / weight[here].sum() if weight[here].sum() else NAN


def extra(x, weight, labels):
    return np.where(np.isnan(x), in_groups("group_extra", weighted, inside=False)(x, weight, labels), x)


def backfill(x, labels, d, std):
    out = x.copy()
    for t, n in zip(*np.nonzero(np.isnan(x) & (labels >= 0)), strict=True):
        members = labels[t] == labels[t, n]
        values = x[max(0, t - int(d) + 1) : t + 1, members]
        values = values[~np.isnan(values)]
        if len(values):
            margin = std * np.std(values, ddof=1) if len(values) > 1 else 0.0
            out[t, n] = np.clip(values, values.mean() - margin, values.mean() + margin).mean()
    return out


# Groups: labels, -1 for none ---------------------------------------------------------------------------------------


def bucket(x, edges, both, first, last, missing):
    edges = np.asarray(edges, np.float32)
    labels = np.full(x.shape, -1)
    for at, value in np.ndenumerate(x):
        if np.isnan(value):
            labels[at] = len(edges) + 1 if missing else -1
            continue
        number = len(edges) if value >= edges[-1] else sum(value > edge for edge in edges)
        skipped = (number == 0 and (both or first)) or (number == len(edges) and (both or last))
        labels[at] = -1 if skipped else number
    return labels


def product(one, other):
    return np.where((one >= 0) & (other >= 0), one * 1000 + other, -1)


def coalesce(one, other):
    return np.where(one >= 0, one, np.where(other >= 0, other + 1000, -1))


JOINT_DEFINITIONS = {
    "ts_co_skewness": windowed("ts_co_skewness", standardised(1, 2)),
    "ts_co_kurtosis": windowed("ts_co_kurtosis", standardised(1, 3)),
    "ts_triple_corr": windowed("ts_triple_corr", standardised(1, 1, 1)),
    "ts_partial_corr": windowed("ts_partial_corr", partial_corr),
    "ts_theilsen": windowed("ts_theilsen", theilsen),
    "ts_poly_regression": windowed("ts_poly_regression", poly_regression),
    "ts_entropy": windowed("ts_entropy", entropy),
    "rank_gmean_amean_diff": rank_means,
    "ts_rank_gmean_amean_diff": ts_rank_means,
    "scale_by_side": by_day("scale_by_side", by_side),
    "scale_down": by_day("scale_down", lambda x, c: (x - x.min()) / np.ptp(x) - c if np.ptp(x) else NAN),
    "rank_by_side": by_day("rank_by_side", rank_by_side),
    "generalized_rank": by_day("generalized_rank", generalized_rank),
    "hump_decay": hump_decay,
    "inst_tvr": inst_tvr,
    "ts_delta_limit": windowed("ts_delta_limit", delta_limit, complete=False),
    "group_weighted_mean": in_groups("group_weighted_mean", weighted),
    "group_extra": extra,
    "group_backfill": backfill,
    "group_vector_proj": in_groups("group_vector_proj", proj),
    "group_vector_neut": in_groups("group_vector_neut", lambda x, y: x - proj(x, y)),
    "bucket": bucket,
    "densify": lambda labels: labels,
    "group_cartesian_product": product,
    "group_coalesce": coalesce,
}
