"""What a search found, judged by one code for every method: its best ten, the pool of its finalists, what was planted.

Train chooses, directs and weighs; validation judges. No panel here has a session of the vault.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.labels import forward_returns
from lode.evaluation.pool import MemberRanks, Outcomes, Training, fit_pool, judged
from lode.evidence.behaviour import behaviour_of
from lode.evidence.cross_validation import Spans, purged_k_fold
from lode.evidence.finalists import MAX_CORRELATION, choose_finalists
from lode.evidence.likeness import likeness_scorer, mean_correlation
from lode.evidence.shortlist import Candidate
from lode.evidence.splits import EMBARGO_SESSIONS, Splits
from lode.language import parse
from lode.panel import Panel
from lode.workflow.options import MiningOptions
from lode.workflow.plan import splits_of
from lode.workflow.pooling import FOLDS
from lode.workflow.scoring import Score, SplitScorer

Floats = NDArray[np.float32]
TEN = 10


@dataclass(frozen=True)
class Found:
    """What a method hands over.

    candidates: with their scores on train. values: of one, (sessions before the vault, names), NaN where missing; valid
    until the next call. scored, seconds: candidates it scored and processor seconds it took.
    """

    candidates: Sequence[Candidate]
    values: Callable[[str], Floats]
    scored: int
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """Mean daily rank ICs of the best ten and of the pool, planted factors recovered, and what it took."""

    ten_train: float
    ten_validation: float
    pool_train: float
    pool_validation: float
    recovered: float
    scored: float
    seconds: float


class Arena:
    """A panel without its vault, its splits, and the scorers of train and validation."""

    def __init__(self, panel: Panel, plants: Sequence[str] = ()) -> None:
        self.options, self.plants = MiningOptions(), plants
        self.splits: Splits = splits_of(len(panel.sessions), self.options)
        self.panel = panel.slice(0, self.splits.validation_stop)
        self.train = SplitScorer(panel.slice(0, self.splits.train_stop), self.options, self.splits.train)
        self.validation = SplitScorer(self.panel, self.options, self.splits.validation)

    def train_score(self, values: Floats) -> Score:
        """Score of values, (sessions before the vault or fewer, names), on train."""
        return self.train.score(np.ascontiguousarray(values[: self.splits.train_stop], np.float32))

    def candidate(self, name: str, size: int, score: Score) -> Candidate:
        """A candidate as the choice of finalists takes it."""
        return Candidate(name, score.t_nw, score.rank_ic, size, behaviour_of(score.series[self.train.rows]))

    def values(self, expression: str) -> Floats:
        """Values of an expression on the sessions before the vault; valid until the next call."""
        return next(iter(self.validation.values([parse(expression)])))

    @cached_property
    def planted(self) -> list[Floats]:
        """Values of what was planted, on train."""
        return [self.values(plant)[self.splits.train].copy() for plant in self.plants]

    def outcomes(self, scorer: SplitScorer) -> Outcomes:
        """What came after the sessions of a split."""
        next_return = forward_returns(scorer.panel, horizon=1, delay=self.options.delay)[scorer.rows]
        options = self.options
        return Outcomes(scorer.forward[scorer.rows], next_return, options.horizon, options.min_names, options.cost_bps)


def judge(arena: Arena, found: Found) -> Outcome:
    """Choose on train, judge on validation."""
    known = {candidate.id: candidate for candidate in found.candidates if math.isfinite(candidate.t)}
    ten = sorted(known.values(), key=lambda candidate: (-abs(candidate.t), candidate.id))[:TEN]
    finalists = _finalists(arena, found, list(known.values()))
    pool = _pool(arena, found, finalists, {name: 1 if known[name].t > 0 else -1 for name in finalists})
    return Outcome(
        _mean([abs(each.rank_ic) for each in ten]),
        _mean([np.sign(each.rank_ic) * arena.validation.score(found.values(each.id)).rank_ic for each in ten]),
        *pool,
        recovered=_recovered(arena, found, finalists),
        scored=float(found.scored),
        seconds=found.seconds,
    )


def _mean(values: Sequence[float]) -> float:
    finite = [float(value) for value in values if math.isfinite(value)]
    return float(np.mean(finite)) if finite else math.nan


def _finalists(arena: Arena, found: Found, known: Sequence[Candidate]) -> Sequence[str]:
    return choose_finalists(known, lambda name: found.values(name)[arena.splits.train]).ids


def _pool(arena: Arena, found: Found, members: Sequence[str], directions: Mapping[str, int]) -> tuple[float, float]:
    """Rank ICs of the ridge pool on train and on validation."""
    if not members:
        return math.nan, math.nan
    splits = [arena.train, arena.validation]
    ranks = [MemberRanks(scorer.panel.tradable[scorer.rows].shape) for scorer in splits]
    for name in members:
        values = found.values(name)
        for scorer, own in zip(splits, ranks, strict=True):
            own.add(name, values[scorer.rows])
    before, after = (arena.outcomes(scorer) for scorer in splits)
    spans = Spans.of(len(before.forward), horizon=arena.options.horizon, delay=arena.options.delay)
    folds = [(fold.train, fold.test) for fold in purged_k_fold(spans, FOLDS, embargo=EMBARGO_SESSIONS)]
    training = Training(ranks[0], before.forward, folds, directions, arena.options.min_names)
    pool = fit_pool(training, "ridge")
    train, validation = (
        judged(pool.signal(own), outcomes).rank_ic for own, outcomes in zip(ranks, (before, after), strict=True)
    )
    return train, validation


def _recovered(arena: Arena, found: Found, finalists: Sequence[str]) -> float:
    """Planted factors whose values correlate by .7 or more, on train, with those of a finalist; NaN without any."""
    if not arena.planted:
        return math.nan
    left = list(arena.planted)
    for name in finalists:
        scorer = likeness_scorer(found.values(name)[arena.splits.train])
        left = [plant for plant in left if not abs(mean_correlation(scorer, plant)) >= MAX_CORRELATION]
    return len(arena.planted) - len(left)
