"""The procedure of a run on one market whose labels are an array of their own, with its own ledger and vault.

Search on train, finalists, validation, vault: the same functions as a run's, but in memory. Nothing is written: the
trials of a calibration enter no ledger, and its opening is the first of a vault that only this market has. The leak
checks are left out, since the labels are not those of the panel; they could only refuse more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evidence.leaks import LeakCheck
from lode.evidence.splits import Splits
from lode.evidence.vault import admit
from lode.evidence.verdict import direction_of, entitled_to_vault, survivors_of_validation, verdicts
from lode.language import parse
from lode.panel import Panel
from lode.search import make_searcher
from lode.warehouse.stores.ledger import Trial
from lode.workflow.mining import GENERATION
from lode.workflow.options import MiningOptions
from lode.workflow.plan import splits_of
from lode.workflow.racing import as_scored, exact_trials
from lode.workflow.scoring import SplitScorer, searchable_units
from lode.workflow.seeding import library_seeds
from lode.workflow.selection import finalists_of

_LEFT_OUT = (LeakCheck("calibration", "passed", "left out: the labels are not the panel's"),)


@dataclass(frozen=True)
class Market:
    """A panel and the labels, (sessions, names), that stand for its forward returns."""

    panel: Panel
    labels: NDArray[np.float32]
    options: MiningOptions

    @property
    def splits(self) -> Splits:
        """Those of a run on the panel."""
        return splits_of(len(self.panel.sessions), self.options)

    def scorer(self, rows: slice, stop: int) -> SplitScorer:
        """Scorer of a split's rows on the sessions before `stop`: later ones are not in what it gets."""
        return SplitScorer(self.panel.slice(0, stop), self.options, rows, labels=self.labels[:stop])


@dataclass(frozen=True)
class Discovery:
    """What the procedure did on a market: counts of its steps, and the expressions that it proved."""

    trials: int
    finalists: int
    survivors: int
    opened: bool
    proven: tuple[str, ...]


def discover(market: Market) -> Discovery:
    """Search a market, choose finalists, and prove or refuse each."""
    splits = market.splits
    train = market.scorer(splits.train, splits.train_stop)
    ledger = _searched(train, market.options)
    exact = {trial.factor: trial for trial in ledger.values() if math.isfinite(trial.t_nw)}
    finalists = [exact[factor] for factor in finalists_of(train, list(exact.values())).ids]
    return judge(market, finalists, trials=len(ledger))


def _searched(scorer: SplitScorer, options: MiningOptions) -> dict[str, Trial]:
    """Spend the budget of candidates on train; every trial once, by its canonical id."""
    searcher = make_searcher(
        options.searcher,
        fields=searchable_units(scorer.panel),
        seed=options.seed,
        budget=options.candidates,
        history=len(scorer.panel.sessions),
    )
    searcher.seed(library_seeds(scorer.panel, seed=options.seed, budget=options.candidates))
    ledger: dict[str, Trial] = {}
    left, generation = options.candidates, 0
    while left and (asked := searcher.ask(min(GENERATION, left))):
        trials = exact_trials(scorer, asked, generation)
        searcher.tell(as_scored(trials, asked))
        for trial in trials:
            ledger.setdefault(trial.factor, trial)
        left, generation = left - len(asked), generation + 1
    return ledger


def judge(market: Market, finalists: Sequence[Trial], *, trials: int) -> Discovery:
    """Prove or refuse each finalist, scored on train: validation over all of them, then the vault."""
    splits = market.splits
    validation = survivors_of_validation(_p(market, splits.validation, splits.validation_stop, finalists))
    leaks = dict.fromkeys(validation.survivors, _LEFT_OUT)
    entitled = set(entitled_to_vault(validation, leaks))
    if not entitled:
        return Discovery(trials, len(finalists), 0, opened=False, proven=())
    panel = market.panel
    opening = admit(
        [],
        vault_sessions=panel.sessions[splits.vault.start :],
        instruments=panel.names,
        alpha=market.options.alpha,
    )
    left = [finalist for finalist in finalists if finalist.factor in entitled]
    vault_p = _p(market, splits.vault, splits.sessions, left)
    judged = verdicts(validation, leaks, vault_p=vault_p, alpha=opening.alpha)
    proven = tuple(f.expression for f in left if judged[f.factor].state == "proven")
    return Discovery(trials, len(finalists), len(left), opened=True, proven=proven)


def _p(market: Market, rows: slice, stop: int, finalists: Sequence[Trial]) -> dict[str, float]:
    """One-sided p of each finalist on a split, in its direction on train."""
    scores = market.scorer(rows, stop).scores([parse(finalist.expression) for finalist in finalists])
    return {
        finalist.factor: score.newey_west.p_in(direction_of(finalist.t_nw))
        for finalist, score in zip(finalists, scores, strict=True)
    }
