"""How alike two factors are: the mean over sessions of the Spearman correlation of their values.

On a sample of sessions where that is enough, on every session where it is not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lode.engine import Scorer
from lode.evaluation.ranks import average_ranks, series_mean

SAMPLE_SESSIONS = 128
_SAME_COVERAGE = 0.98
_FEWEST_PAIRS = 3

Values = NDArray[np.floating]


def daily_rank_correlation(first: Values, second: Values) -> float:
    """Mean over sessions of the Spearman correlation over the names that both have; NaN without such a session."""
    return mean_correlation(likeness_scorer(first), second)


def likeness_scorer(values: Values) -> Scorer:
    """Return what correlates other values with these: they are ranked once."""
    own = np.ascontiguousarray(values, dtype=np.float32)
    return Scorer(own, rows=slice(0, len(own)), min_names=_FEWEST_PAIRS)


def mean_correlation(scorer: Scorer, other: Values) -> float:
    """Mean over sessions of the Spearman correlation of `other` with the values that `scorer` ranked."""
    return series_mean(scorer.rank_ic(np.ascontiguousarray(other, dtype=np.float32)))


@dataclass(frozen=True)
class Sample:
    """Ranks of some sessions, centred, of unit length and zero where missing; where they are known; where they vary."""

    ranks: NDArray[np.float32]
    known: NDArray[np.float32]
    varies: NDArray[np.bool_]

    @classmethod
    def of(cls, values: Values, sessions: int = SAMPLE_SESSIONS) -> Sample:
        """Rank a sample of at most so many sessions of values, (sessions, names), spread evenly."""
        rows = np.unique(np.linspace(0, max(len(values) - 1, 0), sessions).astype(int))[: len(values)]
        ranks = average_ranks(values[rows])
        known = np.isfinite(ranks)
        middle = (known.sum(axis=1, keepdims=True) + 1) / 2
        centred = np.where(known, ranks - middle, 0)
        length = np.sqrt(np.einsum("tn,tn->t", centred, centred))[:, None]
        unit = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
        return cls(unit.astype(np.float32), known.astype(np.float32), length[:, 0] > 0)

    def correlation(self, other: Sample) -> float:
        """Mean rank correlation over the sampled sessions; NaN where the two cover different names."""
        common = np.einsum("tn,tn->t", self.known, other.known)
        sizes = np.maximum(self.known.sum(axis=1), other.known.sum(axis=1))
        rows = (common > 0) & self.varies & other.varies
        if not rows.any() or np.any(common[rows] < _SAME_COVERAGE * sizes[rows]):
            return math.nan
        return float(np.einsum("tn,tn->t", self.ranks, other.ranks)[rows].mean())

    def correlation_of_common(self, other: Sample) -> float:
        """Mean rank correlation over the sampled sessions, of the names that both have; NaN without such a session."""
        return daily_rank_correlation(*(np.where(each.known > 0, each.ranks, np.nan) for each in (self, other)))


def likeness_matrix(samples: Sequence[Sample]) -> NDArray[np.float64]:
    """Correlation of each factor with each over the sampled sessions, (factors, factors), 1 on the diagonal.

    Two that do not cover the same names are ranked anew over the names that both have. NaN where no session tells.
    """
    matrix = np.eye(len(samples))
    for first, second in combinations(range(len(samples)), 2):
        found = samples[first].correlation(samples[second])
        if math.isnan(found):
            found = samples[first].correlation_of_common(samples[second])
        matrix[first, second] = matrix[second, first] = found
    return matrix
