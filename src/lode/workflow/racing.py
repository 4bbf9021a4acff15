"""A shard's race: which of its candidates are scored exactly, and what enters the ledger of those that are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lode.engine import Estimate, Look, Race
from lode.engine.looks import FEWEST_NAMES
from lode.evaluation import NeweyWest, newey_west_t
from lode.evidence.behaviour import behaviour_of, read, written
from lode.language import Expr, expression_id, parse
from lode.search import Scored
from lode.warehouse.stores.ledger import Trial
from lode.workflow.scoring import Score, SplitScorer, neutralized

Series = NDArray[np.float64]

LOOKS = (8, 4)  # one name in so many, the cheapest look first
FEWEST_CANDIDATES = 500
KEEP = 100  # of a shard's best, as many are exact


class Racer:
    """Makes trials of candidates by a race; a shard's own, so that shards stay independent."""

    def __init__(self, scorer: SplitScorer) -> None:
        self._options, self._rows = scorer.options, scorer.rows
        panel = scorer.panel
        looks = [
            Look(
                panel.fields,
                scorer.forward,
                every=every,
                rows=scorer.rows,
                groups=panel.groups,
                mask=panel.tradable,
                min_names=scorer.options.min_names,
                seed=scorer.options.seed,
            )
            for every in LOOKS
            if len(panel.names) >= every * FEWEST_NAMES
        ]
        self._race = Race(looks, scorer.scores_neutralized, self._test, keep=KEEP, seed=scorer.options.seed)

    @classmethod
    def of(cls, scorer: SplitScorer, budget: int) -> Racer | None:
        """The race of a shard with so many candidates; None where a race would cost more than it saves."""
        names = len(scorer.panel.names)
        return cls(scorer) if budget >= FEWEST_CANDIDATES and names >= min(LOOKS) * FEWEST_NAMES else None

    def trials(self, asked: Sequence[Expr], generation: int) -> list[Trial]:
        """Score a generation."""
        scores = self._race.scores([neutralized(e, self._options) for e in asked])
        return [_trial(e, score, generation, self._rows) for e, score in zip(asked, scores, strict=True)]

    def relive(self, asked: Sequence[Expr], trials: Sequence[Trial]) -> None:
        """Become what scoring a generation made of the race, from its trials."""
        own = [neutralized(e, self._options) for e in asked]
        self._race.relive(own, [not trial.partial for trial in trials], [trial.t_nw for trial in trials])

    def know(self, trials: Sequence[Trial]) -> None:
        """Take in the trials of shards that have ended."""
        self._race.know([trial.t_nw for trial in trials if not trial.partial])

    def _test(self, series: Series) -> NeweyWest:
        return newey_west_t(series, horizon=self._options.horizon)


def exact_trials(scorer: SplitScorer, asked: Sequence[Expr], generation: int) -> list[Trial]:
    """Score a generation without a race."""
    scores = scorer.scores(asked)
    return [_trial(e, score, generation, scorer.rows) for e, score in zip(asked, scores, strict=True)]


def as_scored(trials: Sequence[Trial], expressions: Sequence[Expr] | None = None) -> list[Scored]:
    """What searchers are told of trials; expressions: theirs, where they are at hand and need not be read."""
    known = [parse(t.expression) for t in trials] if expressions is None else expressions
    return [
        Scored(
            expression,
            rank_ic=t.rank_ic,
            t=t.t_nw,
            coverage=t.coverage,
            turnover=t.turnover,
            behaviour=read(t.behaviour),
        )
        for t, expression in zip(trials, known, strict=True)
    ]


def _trial(expression: Expr, score: Score | Estimate, generation: int, rows: slice) -> Trial:
    name, text, size = expression_id(expression), str(expression), expression.size
    if isinstance(score, Score):
        told = written(behaviour_of(score.series[rows]))
        scores = score.rank_ic, score.t_nw, score.coverage
        return Trial(name, text, size, *scores, generation, behaviour=told, turnover=score.turnover)
    errors = score.rank_ic_error, score.t_error
    return Trial(name, text, size, score.rank_ic, score.t, score.coverage, generation, True, *errors)
