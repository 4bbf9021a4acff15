"""Lode's searchers, and the 101 formulas without any: driven as a run drives them, without a warehouse."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Protocol

from benchmarks.search.judging import Arena, Found
from lode.evidence.behaviour import behaviour_of
from lode.evidence.shortlist import Candidate
from lode.language import Expr, parse
from lode.library import available, family
from lode.search import Scored, make_searcher
from lode.workflow.mining import GENERATION
from lode.workflow.scoring import Score, searchable_units
from lode.workflow.seeding import library_seeds

SEEDED_FROM = 1000  # candidates that a search without a count is taken to score, for its share of published formulas


class Budget(Protocol):
    """When a search has had enough."""

    @property
    def candidates(self) -> float:
        """How many candidates may be scored."""
        ...

    @property
    def seconds(self) -> float:
        """How many processor seconds may be used; the generation in which they run out is finished."""
        ...


@dataclass(frozen=True)
class Limit:
    """A budget of candidates, of processor seconds, or of both."""

    candidates: float = math.inf
    seconds: float = math.inf


def searched(arena: Arena, searcher: str, seed: int, budget: Budget) -> Found:
    """Let a searcher ask, score on train, and tell it; racing is left out, so that every candidate is scored whole."""
    began = time.process_time()
    candidates: dict[str, Candidate] = {}
    known = None if math.isinf(budget.candidates) else int(budget.candidates)
    search = make_searcher(
        searcher,
        fields=searchable_units(arena.train.panel),
        seed=seed,
        budget=known,
        history=arena.splits.train_stop,
    )
    if searcher != "random":  # as a run begins; the bare comparison gets nothing
        search.seed(library_seeds(arena.train.panel, seed=seed, budget=known or SEEDED_FROM))
    scored = 0
    while scored < budget.candidates and time.process_time() - began < budget.seconds:
        asked = search.ask(int(min(GENERATION, budget.candidates - scored)))
        if not asked:
            break
        told = [
            _told(expression, score, arena) for expression, score in zip(asked, arena.train.scores(asked), strict=True)
        ]
        search.tell(told)
        candidates |= {str(each.expression): _candidate(each) for each in told}
        scored += len(asked)
    return Found(list(candidates.values()), arena.values, scored, time.process_time() - began)


def _told(expression: Expr, score: Score, arena: Arena) -> Scored:
    known = behaviour_of(score.series[arena.train.rows])
    return Scored(expression, score.rank_ic, score.t_nw, score.coverage, turnover=score.turnover, behaviour=known)


def _candidate(scored: Scored) -> Candidate:
    return Candidate(str(scored.expression), scored.t, scored.rank_ic, scored.expression.size, scored.behaviour)


def formulas(arena: Arena) -> Found:
    """Score the 101 formulas, as far as the panel has their fields."""
    began = time.process_time()
    usable, _ = available({*arena.panel.fields, *arena.panel.groups}, family("alpha101"))
    expressions = [parse(definition.expression) for definition in usable]
    scores = zip(expressions, arena.train.scores(expressions), strict=True)
    candidates = [arena.candidate(str(expression), expression.size, score) for expression, score in scores]
    return Found(candidates, arena.values, len(expressions), time.process_time() - began)
