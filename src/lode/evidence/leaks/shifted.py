"""Labels that cannot be predicted, and labels that come later: shifted labels and the knowledge shift."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.ic import daily_rank_ic
from lode.evaluation.labels import forward_returns
from lode.evaluation.newey_west import newey_west_t
from lode.evaluation.ranks import series_mean
from lode.evidence.leaks.outcome import LeakCheck
from lode.panel import Panel

Values = NDArray[np.float32]

MAX_T = 3.5
SHIFTS = 5
EXTRA_SESSIONS = 60


def check_shifted_labels(
    panel: Panel,
    values: Values,
    *,
    lookback: int,
    horizon: int,
    delay: int,
    min_names: int,
    rng: np.random.Generator,
) -> LeakCheck:
    """Score values against labels with each name's mean removed, shifted circularly far beyond the lookback.

    Fails when the median of |t| over five random shifts reaches 3.5; t is the Newey-West t of the daily rank IC over
    every session of the panel. Each shift moves labels by more than lookback + 60 sessions in both directions of the
    circle. The median, because chance carries a sound factor's |t| past 3.5 once in 2,000 shifts, and a shift may fall
    on a true period such as a year; what is wrong with the scoring shows at every shift.
    """
    labels = demeaned_by_name(forward_returns(panel, horizon=horizon, delay=delay))
    rows = len(labels) - delay - horizon
    least = lookback + EXTRA_SESSIONS + 1
    if rows < 2 * least + 1:
        return LeakCheck(
            "shifted labels", "not checkable", f"{rows} labels, a lookback of {lookback} needs {2 * least + 1}"
        )
    shifts = rng.integers(least, rows - least, SHIFTS, endpoint=True).tolist()
    series = (daily_rank_ic(values[:rows], np.roll(labels[:rows], s, axis=0), min_names=min_names) for s in shifts)
    t = np.array([abs(newey_west_t(ic, horizon=horizon).t) for ic in series])
    if np.isnan(t).any():
        return LeakCheck("shifted labels", "not checkable", "too few sessions with a rank IC, or it does not vary")
    median = float(np.median(t))
    detail = f"median |t| {median:.2f} over shifts of {', '.join(map(str, sorted(shifts)))} sessions"
    return LeakCheck("shifted labels", "passed" if median < MAX_T else "failed", detail)


def report_knowledge_shift(panel: Panel, values: Values, *, horizon: int, delay: int, min_names: int) -> LeakCheck:
    """Mean rank IC as it is, and with everything known one session later. A diagnostic, not a test."""
    labels = forward_returns(panel, horizon=horizon, delay=delay)
    later = np.full_like(values, np.nan)
    later[1:] = np.where(panel.tradable[1:], values[:-1], np.nan)
    now, then = (series_mean(daily_rank_ic(v, labels, min_names=min_names)) for v in (values, later))
    return LeakCheck("knowledge shift", "reported", f"mean rank IC {now:.4f}, {then:.4f} known one session later")


def demeaned_by_name(labels: Values) -> Values:
    """Labels less each name's mean over its sessions, (sessions, names) float32; missing stays missing."""
    known = np.isfinite(labels)
    total = np.where(known, labels, 0).sum(axis=0, dtype=np.float64)
    mean: Values = (total / np.maximum(known.sum(axis=0), 1)).astype(np.float32)
    return np.subtract(labels, mean)
