"""How hard weights are held back: the penalty that does best on sessions it was not fitted on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.pool.training import Training

Matrix = NDArray[np.float64]
Rows = NDArray[np.intp]
Solve = Callable[[Matrix, Matrix, Sequence[float]], Matrix]
"""(gram, target, penalties) → weights under each penalty, (penalties, members)."""

PENALTIES = tuple(float(10**power) for power in np.arange(-3, 2.25, 0.5))
"""Multiples of the members' mean variance, from next to nothing to weights that nearly follow their own rank ICs."""


def choose_penalty(training: Training, members: Rows, solve: Solve, penalties: Sequence[float] = PENALTIES) -> float:
    """Penalty of the largest mean daily correlation on the folds' tests; of equally good ones the largest.

    Each fold fits every penalty on its training rows and is judged on its test rows; sessions of all tests count alike.
    """
    held_out = np.zeros(len(penalties))
    for (_, test), (gram, target) in zip(training.folds, training.fold_means, strict=True):
        weights = np.zeros((len(penalties), len(target)))
        weights[:, members] = solve(gram[np.ix_(members, members)], target[members], penalties)
        held_out += training.moments.correlations(test, weights).sum(axis=0)
    return penalties[len(penalties) - 1 - int(held_out[::-1].argmax())]
