"""Markets without a factor, and with one of known strength, made of a panel's own labels.

Features stay as they are; labels are an array of their own. On a null market each name's mean is taken out of its
labels, which are then shifted circularly, all names alike: their cross-correlation and volatility stay, the features'
persistence stays, and nothing that was known at a session says anything of the label that it now has. (Permuting blocks
of time leaves static factors significant; permuting names destroys the cross-correlation: neither is a null.)

On a planted market a multiple of a formula's cross-sectional ranks is added to labels of a null market.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.evaluation.ic import MIN_NAMES, daily_rank_ic
from lode.evaluation.ranks import average_ranks, series_mean
from lode.evidence.leaks.shifted import demeaned_by_name

Floats = NDArray[np.float32]

LEAST_SHIFT = 252
LARGEST_PLANTED_IC = 0.3
_MOST_AMPLITUDE = 8.0
_FINE = 1e-4


def null_labels(forward: Floats, shift: int, *, tail: int) -> Floats:
    """Labels of a market without a factor, (sessions, names) float32.

    forward: (sessions, names), the panel's own labels; its last `tail` rows (delay + horizon) can have none and stay
        missing. shift: sessions by which labels move to later rows, those at the end to the first ones.
    UsageError for a shift that is nearer than 252 sessions in either direction of the circle.
    """
    rows = len(forward) - tail
    if not LEAST_SHIFT <= shift <= rows - LEAST_SHIFT:
        raise UsageError(_refusal(len(forward), tail, f"a shift by {shift}"))
    labels = np.full_like(forward, np.nan)
    labels[:rows] = np.roll(demeaned_by_name(forward[:rows]), shift, axis=0)
    return labels


def null_shifts(sessions: int, count: int, *, tail: int, rng: np.random.Generator) -> list[int]:
    """Shifts of `count` null markets of a panel: no shift comes again before every other one was taken.

    UsageError, with the sessions that are needed, where a panel is too short for any.
    """
    allowed = np.arange(LEAST_SHIFT, sessions - tail - LEAST_SHIFT + 1)
    if not allowed.size:
        raise UsageError(_refusal(sessions, tail, "calibration"))
    rounds = [rng.permutation(allowed) for _ in range(-(-count // allowed.size))]
    return [int(shift) for shift in np.concatenate(rounds)[:count]]


def planted_labels(null: Floats, values: Floats, rank_ic: float, *, min_names: int = MIN_NAMES) -> Floats:
    """Null labels plus a multiple of the ranks of `values`, (sessions, names) float32.

    What is added is the rank, centred, times the session's dispersion of labels times one amplitude: the one at which
    the mean daily rank IC of `values` is larger by `rank_ic` than it is on the null labels. So the expected rank IC is
    what was asked for, chance stays in it, and so does its deviation from day to day. A name without a value keeps its
    label. UsageError for a rank IC outside of 0 to .3, or one that the values cannot carry.
    """
    if not 0 <= rank_ic <= LARGEST_PLANTED_IC:
        raise UsageError(f"planted rank IC {rank_ic:g}: allowed are 0 to {LARGEST_PLANTED_IC}")
    push = np.nan_to_num(_centred(average_ranks(values)) * _dispersion(null))
    before = series_mean(daily_rank_ic(values, null, min_names=min_names))

    def missing(amplitude: float) -> float:
        labels = _pushed(null, push, amplitude)
        return series_mean(daily_rank_ic(values, labels, min_names=min_names)) - before - rank_ic

    if rank_ic == 0:
        return null.copy()
    if not missing(_MOST_AMPLITUDE) > 0:
        raise UsageError(f"a rank IC of {rank_ic:g} cannot be planted: the values rank too few names apart")
    from scipy.optimize import brentq  # noqa: PLC0415  a slow import, and only calibration plants

    return _pushed(null, push, float(brentq(missing, 0.0, _MOST_AMPLITUDE, xtol=_FINE)))


def _pushed(null: Floats, push: Floats, amplitude: float) -> Floats:
    return (null + np.float32(amplitude) * push).astype(np.float32)


def _centred(ranks: Floats) -> Floats:
    """Ranks of each session with mean zero and a largest size of about 1/2; NaN where missing."""
    count = np.isfinite(ranks).sum(axis=1, keepdims=True)
    return np.asarray((ranks - (count + 1) / 2) / np.maximum(count, 1), np.float32)


def _dispersion(labels: Floats) -> Floats:
    """Standard deviation of each session's labels over the names, (sessions, 1); zero without two labels."""
    known = np.isfinite(labels)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    filled = np.where(known, labels, 0).astype(np.float64)
    mean = filled.sum(axis=1, keepdims=True) / count
    spread = np.where(known, filled - mean, 0)
    return np.asarray(np.sqrt((spread**2).sum(axis=1, keepdims=True) / count), np.float32)


def _refusal(sessions: int, tail: int, what: str) -> str:
    return (
        f"{what}: labels are shifted by at least {LEAST_SHIFT} sessions in both directions of the circle, which takes "
        f"{2 * LEAST_SHIFT + tail} sessions; this panel has {sessions}, take a longer range"
    )
