"""Finalists: what explains the returns of train together, then the best by |t|, and no two of them each other's copies.

The spanning set comes first (`spanning.py`): formulas of which each adds to the others more than its length costs.
Ranked by |t| alone, the places would go to mixtures of what predicts: with twenty things that predict, forty mixtures
are stronger than each of the twenty. What places are left go to the others in order of |t| of their daily rank IC on
train, ties by id; where rank ICs and sizes are not known there is no set, and |t| alone decides.

A candidate is passed over when the absolute correlation of its values with those of a finalist is .7 or more: the mean
over sessions of the Spearman correlation over the names that both have (a factor and its negative are the same factor).
It is measured on 128 sessions spread evenly over train; only where that measure comes near .7, or the two factors do
not cover the same names, every session is used. So a pair that passes is below .7 on all of train but for a difference
of the sample of more than .05, and memory stays at 128 sessions of ranks a finalist.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lode.engine import Scorer
from lode.evidence.likeness import Sample, Values, likeness_matrix, likeness_scorer, mean_correlation
from lode.evidence.shortlist import Candidate, spanning_candidates

FINALISTS = 40
MAX_CORRELATION = 0.7
_NEAR = 0.05


@dataclass(frozen=True)
class Finalists:
    """Ids, the largest |t| first, and the sample of each one's values that copies were told by.

    spanning: those of the spanning set.
    """

    ids: Sequence[str]
    samples: Sequence[Sample]
    spanning: frozenset[str] = frozenset()

    @cached_property
    def likeness(self) -> NDArray[np.float64]:
        """Mean daily rank correlation of each one's values with each other's, as `likeness_matrix` tells it."""
        return likeness_matrix(self.samples)


def select_finalists(
    candidates: Iterable[tuple[str, float]],
    values: Callable[[str], Values],
    *,
    count: int = FINALISTS,
    max_correlation: float = MAX_CORRELATION,
) -> list[str]:
    """Ids of at most `count` finalists by |t| alone, best first; candidates are (id, t). See `choose_finalists`."""
    known = [Candidate(factor, t) for factor, t in candidates]
    return list(choose_finalists(known, values, count=count, max_correlation=max_correlation).ids)


def choose_finalists(
    candidates: Iterable[Candidate],
    values: Callable[[str], Values],
    *,
    count: int = FINALISTS,
    max_correlation: float = MAX_CORRELATION,
) -> Finalists:
    """At most `count` finalists, the largest |t| first: of the spanning set, then of the others while there is room.

    candidates: without a finite t one cannot be a finalist.
    values: of an id, (train sessions, names), NaN where missing; called for the candidates that are looked at, and
        again for pairs that need every session. The array may be reused once the next is asked for.
    """
    ordered = sorted((c for c in candidates if math.isfinite(c.t)), key=lambda c: (-abs(c.t), c.id))
    chosen = _Chosen(values, max_correlation)
    spanning = spanning_candidates(ordered, values, count)
    for factor in dict.fromkeys([*spanning, *(c.id for c in ordered)]):
        if len(chosen.ids) >= count:
            break
        chosen.consider(factor)
    return chosen.finalists({candidate.id: candidate.t for candidate in ordered}, spanning)


class _Chosen:
    """The finalists so far, and the test that the next one has to pass."""

    def __init__(self, values: Callable[[str], Values], limit: float) -> None:
        self.ids: list[str] = []
        self._values, self._limit = values, limit
        self.samples: list[Sample] = []

    def consider(self, factor: str) -> None:
        """Add the candidate, unless it is a copy of one before it."""
        if (sample := self._admitted(factor)) is not None:
            self.ids.append(factor)
            self.samples.append(sample)

    def finalists(self, t: Mapping[str, float], spanning: Iterable[str]) -> Finalists:
        """Those that were added, the largest |t| first, and which of them are of the spanning set."""
        samples = dict(zip(self.ids, self.samples, strict=True))
        ids = sorted(self.ids, key=lambda factor: (-abs(t[factor]), factor))
        return Finalists(ids, [samples[factor] for factor in ids], frozenset(spanning) & samples.keys())

    def _admitted(self, factor: str) -> Sample | None:
        """Sample of a candidate that is no copy of a finalist; None for a copy."""
        own = self._values(factor)
        sample = Sample.of(own)
        measured = [abs(sample.correlation(other)) for other in self.samples]
        if any(correlation >= self._limit + _NEAR for correlation in measured):
            return None
        unsure = [i for i, correlation in enumerate(measured) if not correlation <= self._limit - _NEAR]
        if unsure:
            scorer = likeness_scorer(np.array(own))
            if any(self._whole(scorer, self.ids[i]) >= self._limit for i in unsure):
                return None
        return sample

    def _whole(self, own: Scorer, other: str) -> float:
        """Absolute correlation over every session of train."""
        return abs(mean_correlation(own, self._values(other)))
