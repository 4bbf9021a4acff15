"""How hard weights are held back: the penalty that does best on sessions it was not fitted on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.pool.moments import Moments

Matrix = NDArray[np.float64]
Rows = NDArray[np.intp]
Solve = Callable[[Matrix, Matrix, float], Matrix]
"""(gram, target, penalty) → weights, (members,)."""

PENALTIES = tuple(float(10**power) for power in np.arange(-3, 2.25, 0.5))
"""Multiples of the members' mean variance, from next to nothing to weights that nearly follow their own rank ICs."""


def choose_penalty(
    moments: Moments,
    folds: Sequence[tuple[Rows, Rows]],
    members: Rows,
    solve: Solve,
    penalties: Sequence[float] = PENALTIES,
) -> float:
    """Penalty of the largest mean daily correlation on the folds' tests; of equally good ones the largest.

    Each fold fits every penalty on its training rows and is judged on its test rows; sessions of all tests count alike.
    """
    own = Moments(moments.gram[:, members][:, :, members], moments.target[:, members], moments.used)
    daily = []
    for train, test in folds:
        gram, target = own.over(train)
        weights = np.array([solve(gram, target, penalty) for penalty in penalties])
        daily.append(own.correlations(test, weights))
    held_out = np.concatenate(daily).sum(axis=0)
    return penalties[len(penalties) - 1 - int(held_out[::-1].argmax())]
