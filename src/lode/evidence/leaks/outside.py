"""What no panel contains: values that another evaluation does not repeat, that know the labels, or hold them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.ic import daily_rank_ic
from lode.evaluation.labels import forward_returns
from lode.evaluation.newey_west import newey_west_t
from lode.evaluation.ranks import series_mean
from lode.evidence.leaks.causality import Evaluate, Values, scramble_before, unlike_values
from lode.evidence.leaks.outcome import LeakCheck
from lode.panel import Panel

MAX_T = 3.5
MARKETS = 3
TARGET_IC = 0.5
"""Mean daily rank IC that no value known at a close has had: a realistic one is below .05."""
_LEAST_SHIFT = 20
_NEXT_SESSIONS = 10
_MOVED_SHARE = 0.02  # of values: ranks of sums that differ in their last digit trade places now and then


def check_timing(delay: int) -> LeakCheck:
    """Whether a value is traded after the close at which it is known."""
    if delay < 1:
        return LeakCheck("timing", "failed", "delay 0 trades at the close that the values are made of; take delay 1")
    return LeakCheck("timing", "passed", f"traded {delay} session{'s' if delay > 1 else ''} after the close")


def check_repeat(evaluate: Evaluate, panel: Panel, values: Values) -> LeakCheck:
    """Evaluate the same panel once more; a clock, random numbers and most memories give other values."""
    if unlike_values(values, evaluate(panel)).any():
        return LeakCheck("repeat", "failed", "another evaluation of the same panel gave other values")
    return LeakCheck("repeat", "passed", "another evaluation gave the same values")


def check_target(panel: Panel, values: Values, *, horizon: int, delay: int, min_names: int) -> LeakCheck:
    """Fail when the values all but are the labels: mean daily rank IC of 1/2, at any delay up to the one traded."""
    best = 0.0
    for held, later in {(h, d) for h in (1, horizon) for d in range(delay + 1)}:
        labels = forward_returns(panel, horizon=held, delay=later)
        ic = series_mean(daily_rank_ic(values, labels, min_names=min_names))
        best = max(best, abs(ic)) if np.isfinite(ic) else best
    detail = f"mean rank IC with the returns that follow is {best:.2f}"
    if best >= TARGET_IC:
        return LeakCheck("target", "failed", f"{detail}: the values hold what they should predict")
    return LeakCheck("target", "passed", detail)


def check_outside(
    evaluate: Evaluate, panel: Panel, *, horizon: int, delay: int, min_names: int, rng: np.random.Generator
) -> LeakCheck:
    """Evaluate another market against this one's labels; fails when the values know them all the same.

    The other market is this one with its sessions rolled and its names permuted, so that nothing in it belongs to the
    labels; what still predicts them comes from outside of the panel: a file, a network, a table in the code. The
    median of |t| over three such markets counts.
    """
    labels = forward_returns(panel, horizon=horizon, delay=delay)
    found = []
    for _ in range(MARKETS):
        values = evaluate(_another_market(panel, rng))
        found.append(abs(newey_west_t(daily_rank_ic(values, labels, min_names=min_names), horizon=horizon).t))
    if np.isnan(found).any():
        return LeakCheck("outside", "not checkable", "too few sessions with a rank IC on another market")
    median = float(np.median(found))
    detail = f"median |t| {median:.2f} of values of another market with these labels"
    return LeakCheck("outside", "passed" if median < MAX_T else "failed", detail)


def check_lookback(
    evaluate: Evaluate, panel: Panel, values: Values, *, lookback: int, start: int, rng: np.random.Generator
) -> LeakCheck:
    """Make up the sessions before `start`; fails when the values next beyond the lookback depend on them."""
    start = min(start, len(values) - lookback - 2)
    if start <= 0:
        return LeakCheck("lookback", "not checkable", f"the panel is shorter than the lookback of {lookback}")
    later = slice(start + lookback, start + lookback + _NEXT_SESSIONS)
    moved = unlike_values(values[later], evaluate(scramble_before(panel, start, rng=rng))[later], tolerance=1e-3)
    if moved.mean() > _MOVED_SHARE:
        return LeakCheck("lookback", "failed", f"values depend on what lies further back than {lookback} sessions")
    return LeakCheck("lookback", "passed", f"no value depends on what lies further back than {lookback} sessions")


def _another_market(panel: Panel, rng: np.random.Generator) -> Panel:
    sessions, names = panel.shape
    least = min(_LEAST_SHIFT, sessions // 2)
    shift, order = int(rng.integers(least, max(sessions - least, least + 1))), rng.permutation(names)

    def other(block: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(np.roll(block, shift, axis=0)[:, order])

    return replace(
        panel,
        fields={name: other(field) for name, field in panel.fields.items()},
        groups={name: other(codes) for name, codes in panel.groups.items()},
        tradable=other(panel.tradable),
        label_price=other(panel.label_price),
    )
