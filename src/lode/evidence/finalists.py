"""Finalists: the best by |t| on train that are not each other's copies.

Candidates are taken in order of |t| of their daily rank IC on train, ties by id. One is passed over when the absolute
correlation of its values with those of a finalist is .7 or more: the mean over sessions of the Spearman correlation
over the names that both have (a factor and its negative are the same factor). It is measured on 128 sessions spread
evenly over train; only where that measure comes near .7, or the two factors do not cover the same names, every session
is used. So a pair that passes is below .7 on all of train but for a difference of the sample of more than .05, and
memory stays at 128 sessions of ranks a finalist.

Where mean rank ICs are known, the finalist stands for its family: of the candidates that correlate with it by .7 or
more and have at least half of its |t| and at least 8, the one with the largest |mean rank IC|. Variants that only
quieten a formula's noise have larger t's than the formula; but values that correlate by ρ with what predicts cannot
have more than ρ times its rank IC, so the largest mean points at the formula itself. (On a market with a planted
`ts_corr(close, volume, 10)` of t 22.9, `ts_corr(scale(close), volume, 10)` has t 25.7 and a rank correlation of .83
with it.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lode.engine import Scorer
from lode.evidence.likeness import Sample, Values, likeness_scorer, mean_correlation

FINALISTS = 40
MAX_CORRELATION = 0.7
_NEAR = 0.05
_KIN_SHARE = 0.5
_SURE_T = 8.0
_MOST_KIN = 24


@dataclass(frozen=True)
class Finalists:
    """Ids, the best first, and the sample of each one's values that copies were told by."""

    ids: Sequence[str]
    samples: Sequence[Sample]


def select_finalists(
    candidates: Iterable[tuple[str, float]],
    values: Callable[[str], Values],
    *,
    rank_ic: Mapping[str, float] | None = None,
    count: int = FINALISTS,
    max_correlation: float = MAX_CORRELATION,
) -> list[str]:
    """Ids of at most `count` finalists, best first; see `choose_finalists`."""
    chosen = choose_finalists(candidates, values, rank_ic=rank_ic, count=count, max_correlation=max_correlation)
    return list(chosen.ids)


def choose_finalists(
    candidates: Iterable[tuple[str, float]],
    values: Callable[[str], Values],
    *,
    rank_ic: Mapping[str, float] | None = None,
    count: int = FINALISTS,
    max_correlation: float = MAX_CORRELATION,
) -> Finalists:
    """At most `count` finalists, best first.

    candidates: (id, t of daily rank IC on train); without a finite t one cannot be a finalist.
    values: of an id, (train sessions, names), NaN where missing; called for the candidates that are looked at, in order
        of |t|, and again for pairs that need every session. The array may be reused once the next is asked for.
    rank_ic: mean daily rank IC on train by id; without it every finalist stands for itself.
    """
    ordered = sorted((c for c in candidates if math.isfinite(c[1])), key=lambda c: (-abs(c[1]), c[0]))
    chosen = _Chosen(values, max_correlation)
    for place, (factor, _) in enumerate(ordered):
        if len(chosen.ids) >= count:
            break
        chosen.consider(factor, _kin(ordered, place, rank_ic or {}))
    return Finalists(chosen.ids, chosen.samples)


def _kin(ordered: Sequence[tuple[str, float]], place: int, rank_ic: Mapping[str, float]) -> list[str]:
    """Ids that may stand for the candidate at `place`: a |t| near its own and a larger |rank IC|, the largest first."""
    own = abs(rank_ic.get(ordered[place][0], math.inf))
    larger = [other for other in _near(ordered, place) if abs(rank_ic.get(other, 0.0)) > own]
    return sorted(larger, key=lambda other: (-abs(rank_ic[other]), other))[:_MOST_KIN]


def _near(ordered: Sequence[tuple[str, float]], place: int) -> Iterator[str]:
    """Ids behind `place`, down to half of its |t|, and only where chance is out of the question."""
    least = max(_KIN_SHARE * abs(ordered[place][1]), _SURE_T)
    for at in range(place + 1, len(ordered)):
        if abs(ordered[at][1]) < least:
            return
        yield ordered[at][0]


class _Chosen:
    """The finalists so far, and the test that the next one has to pass."""

    def __init__(self, values: Callable[[str], Values], limit: float) -> None:
        self.ids: list[str] = []
        self._values, self._limit = values, limit
        self.samples: list[Sample] = []

    def consider(self, factor: str, kin: Iterable[str]) -> None:
        """Add the candidate, or the first of its kin that may stand for it, unless it is a copy of one before it."""
        if (sample := self._admitted(factor)) is None:
            return
        for other in kin:
            stand_in = self._admitted(other) if self._alike(sample, other) else None
            if stand_in is not None:
                factor, sample = other, stand_in
                break
        self.ids.append(factor)
        self.samples.append(sample)

    def _alike(self, sample: Sample, other: str) -> bool:
        return abs(sample.correlation(Sample.of(self._values(other)))) >= self._limit

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
