"""Finalists: the best by |t| on train that are not each other's copies.

Candidates are taken in order of |t| of their daily rank IC on train, ties by id. One becomes a finalist when the
absolute correlation of its values with those of each finalist before it is below .7: the mean over sessions of the
Spearman correlation over the names that both have (a factor and its negative are the same factor). It is measured on
128 sessions spread evenly over train; only where that measure comes near .7, or the two factors do not cover the same
names, every session is used. So a pair that passes is below .7 on all of train but for a difference of the sample of
more than .05, and memory stays at 128 sessions of ranks a finalist.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.engine import Scorer
from lode.evaluation.ranks import average_ranks, series_mean

FINALISTS = 40
MAX_CORRELATION = 0.7
SAMPLE_SESSIONS = 128
_NEAR = 0.05
_SAME_COVERAGE = 0.98
_FEWEST_PAIRS = 3

Values = NDArray[np.floating]


def select_finalists(
    candidates: Iterable[tuple[str, float]],
    values: Callable[[str], Values],
    *,
    count: int = FINALISTS,
    max_correlation: float = MAX_CORRELATION,
) -> list[str]:
    """Ids of at most `count` finalists, best first.

    candidates: (id, t of daily rank IC on train); without a finite t one cannot be a finalist.
    values: of an id, (train sessions, names), NaN where missing; called once per candidate that is looked at, in order
        of |t|, and again for pairs that need every session. The array may be reused once the next is asked for.
    """
    ordered = sorted((c for c in candidates if math.isfinite(c[1])), key=lambda c: (-abs(c[1]), c[0]))
    chosen = _Chosen(values, max_correlation)
    for factor, _ in ordered:
        if len(chosen.ids) >= count:
            break
        chosen.consider(factor)
    return chosen.ids


def daily_rank_correlation(first: Values, second: Values) -> float:
    """Mean over sessions of the Spearman correlation over the names that both have; NaN without such a session."""
    return _mean_correlation(_scorer(first), second)


def _scorer(values: Values) -> Scorer:
    own = np.ascontiguousarray(values, dtype=np.float32)
    return Scorer(own, rows=slice(0, len(own)), min_names=_FEWEST_PAIRS)


def _mean_correlation(scorer: Scorer, other: Values) -> float:
    return series_mean(scorer.rank_ic(np.ascontiguousarray(other, dtype=np.float32)))


@dataclass(frozen=True)
class _Sample:
    """Ranks of some sessions, centred, of unit length and zero where missing; where they are known; where they vary."""

    ranks: NDArray[np.float32]
    known: NDArray[np.float32]
    varies: NDArray[np.bool_]

    @classmethod
    def of(cls, values: Values) -> _Sample:
        rows = np.unique(np.linspace(0, max(len(values) - 1, 0), SAMPLE_SESSIONS).astype(int))[: len(values)]
        ranks = average_ranks(values[rows])
        known = np.isfinite(ranks)
        middle = (known.sum(axis=1, keepdims=True) + 1) / 2
        centred = np.where(known, ranks - middle, 0)
        length = np.sqrt(np.einsum("tn,tn->t", centred, centred))[:, None]
        unit = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
        return cls(unit.astype(np.float32), known.astype(np.float32), length[:, 0] > 0)

    def correlation(self, other: _Sample) -> float:
        """Mean rank correlation over the sampled sessions; NaN where the two cover different names."""
        common = np.einsum("tn,tn->t", self.known, other.known)
        sizes = np.maximum(self.known.sum(axis=1), other.known.sum(axis=1))
        rows = (common > 0) & self.varies & other.varies
        if not rows.any() or np.any(common[rows] < _SAME_COVERAGE * sizes[rows]):
            return math.nan
        return float(np.einsum("tn,tn->t", self.ranks, other.ranks)[rows].mean())


class _Chosen:
    """The finalists so far, and the test that the next one has to pass."""

    def __init__(self, values: Callable[[str], Values], limit: float) -> None:
        self.ids: list[str] = []
        self._values, self._limit = values, limit
        self._samples: list[_Sample] = []

    def consider(self, factor: str) -> None:
        """Add a candidate unless it is a copy of one before it."""
        own = self._values(factor)
        sample = _Sample.of(own)
        measured = [abs(sample.correlation(other)) for other in self._samples]
        if any(correlation >= self._limit + _NEAR for correlation in measured):
            return
        unsure = [i for i, correlation in enumerate(measured) if not correlation <= self._limit - _NEAR]
        if unsure:
            scorer = _scorer(np.array(own))
            if any(self._whole(scorer, self.ids[i]) >= self._limit for i in unsure):
                return
        self.ids.append(factor)
        self._samples.append(sample)

    def _whole(self, own: Scorer, other: str) -> float:
        """Absolute correlation over every session of train."""
        return abs(_mean_correlation(own, self._values(other)))
