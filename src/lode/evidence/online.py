"""LORD++: testing a stream of hypotheses, each at a level that is fixed before its p-value is seen.

Ramdas, Yang, Wainwright and Jordan (2017), after Javanmard and Montanari (2018). With an initial wealth w (α/10 unless
given) and the times τ₁ < τ₂ < … of the discoveries so far, the t-th test has the level

    α_t = w γ_t + (α - w) γ_{t-τ₁} + α Σ_{j≥2} γ_{t-τ_j},    γ_j = .0772 ln(max(j, 2)) / (j e^{√ln j})

with γ of positive indices only; the γ sum to one. The false discovery rate stays at or below α at every time, for
p-values that are independent: in this house, of vaults that do not overlap. Σ α_t ≤ α max(1, discoveries) always.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lode.errors import UsageError
from lode.evidence.corrections import checked_probabilities

Series = NDArray[np.float64]

ALPHA = 0.05
_SCALE = 0.07720838  # so that the γ sum to one (Javanmard and Montanari 2018, eq. 31)


@dataclass(frozen=True, eq=False)
class OnlineTests:
    """A stream of tests: the level of each, and whether its p-value was at or below it; both (tests,), in time."""

    levels: Series
    found: NDArray[np.bool_]


def lord_level(time: int, discoveries: Sequence[int], *, alpha: float = ALPHA, wealth: float | None = None) -> float:
    """Level α_t of the test at `time`, from 1, after discoveries at earlier times, in any order.

    alpha: rate of false discoveries over the stream; wealth: what is there at the start, a tenth of it by default
    (LORD++, Ramdas et al. 2017). Raises UsageError for levels and times that are not allowed.
    """
    start = alpha / 10 if wealth is None else wealth
    if not 0 < alpha < 1 or not 0 < start <= alpha:
        raise UsageError(f"alpha {alpha:g}, wealth {start:g}: allowed are 0 < alpha < 1 and 0 < wealth ≤ alpha")
    earlier = sorted(discoveries)
    if time < 1 or (earlier and not 1 <= earlier[0] <= earlier[-1] < time) or len(set(earlier)) < len(earlier):
        raise UsageError(f"time {time} after discoveries at {earlier}: allowed are times from 1, each once, before it")
    level = start * _gamma(time)
    if earlier:
        level += (alpha - start) * _gamma(time - earlier[0]) + alpha * sum(_gamma(time - tau) for tau in earlier[1:])
    return level


def lord(p: ArrayLike, *, alpha: float = ALPHA, wealth: float | None = None) -> OnlineTests:
    """Test p-values, (tests,), in the order in which they came; a NaN counts as 1 and takes its turn."""
    known = checked_probabilities(p)
    levels, discoveries = np.empty_like(known), list[int]()
    for time, value in enumerate(known, start=1):
        levels[time - 1] = lord_level(time, discoveries, alpha=alpha, wealth=wealth)
        if value <= levels[time - 1]:
            discoveries.append(time)
    return OnlineTests(levels, known <= levels)


def _gamma(j: int) -> float:
    return _SCALE * math.log(max(j, 2)) / (j * math.exp(math.sqrt(math.log(j))))
