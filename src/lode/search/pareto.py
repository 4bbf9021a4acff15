"""Who is better in nothing less than another and in something more: fronts of a set of members."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def fronts(objectives: NDArray[np.float64]) -> NDArray[np.int64]:
    """The front that each member stands in, (members,), 0 for those that no other dominates.

    objectives: (members, objectives), the larger the better. Front k is what nobody dominates once the fronts before it
    are taken away (non-dominated sorting, Deb et al. 2002, NSGA-II). An objective that is NaN for one of two members
    does not count between these two; at least the first must be known of all, or fronts may be arbitrary.
    """
    worse = beaten(objectives)
    front = np.full(len(objectives), -1)
    left, number = np.ones(len(objectives), dtype=bool), 0
    while left.any():
        best = left & ~worse[left].any(axis=0)
        best = best if best.any() else left
        front[best] = number
        left &= ~best
        number += 1
    return front


def beaten(objectives: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether member i dominates member j, (members, members)."""
    at_least = np.ones((len(objectives), len(objectives)), dtype=bool)
    more = np.zeros_like(at_least)
    for values in objectives.T:
        with np.errstate(invalid="ignore"):
            less = values[:, None] < values[None, :]
            greater = values[:, None] > values[None, :]
        at_least &= ~less
        more |= greater
    return at_least & more
