"""The step `select`: the finalists of a run, from the train rows alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lode.evidence.behaviour import read
from lode.evidence.finalists import Finalists, choose_finalists
from lode.evidence.multiplicity import SAMPLE, Multiplicity, multiplicity
from lode.evidence.shortlist import Candidate
from lode.evidence.spanning import Contenders
from lode.language import parse
from lode.panel import load_snapshot
from lode.warehouse.stores.ledger import Trial
from lode.workflow.context import Context, Event, defined
from lode.workflow.generations import read_epoch
from lode.workflow.likeness import keep_likeness
from lode.workflow.plan import Plan, load_plan
from lode.workflow.scoring import SplitScorer
from lode.workflow.search_record import keep_search_record


def select(event: Event, context: Context) -> Event:
    """Choose the finalists: {run} → {run, trials, finalists}. Safe to run twice."""
    plan = load_plan(context, event["run"])
    key = plan.key("finalists.json")
    return context.load_if_there(key) or context.keep(key, _selected(plan, context))


def read_trials_of(context: Context, plan: Plan) -> list[Trial]:
    """Every trial of a run, once per canonical form, in the order of epochs, generations and shards.

    Of one form an exact score goes before a partial one, then the lowest epoch and shard counts.
    """
    first: dict[str, tuple[tuple[int, int, int], Trial]] = {}
    for epoch in range(plan.epochs):
        for shard, trials in enumerate(read_epoch(context, plan, epoch)):
            for trial in trials:
                kept = first.get(trial.factor)
                if kept is None or (kept[1].partial and not trial.partial):
                    first[trial.factor] = (epoch, trial.generation, shard), trial
    return [trial for _, trial in sorted(first.values(), key=lambda entry: entry[0])]


def _selected(plan: Plan, context: Context) -> Event:
    trials = read_trials_of(context, plan)
    scored = {trial.factor: trial for trial in trials if math.isfinite(trial.t_nw) and not trial.partial}
    scorer = _train_scorer(plan, context)
    chosen, search = finalists_of(scorer, list(scored.values())), multiplicity_of(scorer, trials)
    keep_search_record(context, plan, trials, chosen.ids)
    keep_likeness(context, plan, chosen)
    finalists = [
        {
            "id": factor,
            "expression": scored[factor].expression,
            "direction": 1 if scored[factor].t_nw > 0 else -1,
            "spanning": factor in chosen.spanning if chosen.spanning else None,
            "train": {
                "rank_ic": scored[factor].rank_ic,
                "t_nw": scored[factor].t_nw,
                "added_t": defined(added),
                "coverage": scored[factor].coverage,
            },
        }
        for factor, added in zip(chosen.ids, added_t(chosen, scored), strict=True)
    ]
    told = {"effective_trials": defined(search.effective), "pbo": defined(search.pbo)}
    return {"run": plan.run, "trials": len(trials), **told, "finalists": finalists}


def _train_scorer(plan: Plan, context: Context) -> SplitScorer:
    panel = load_snapshot(plan.snapshot, context.lake, context.settings.cache, rows=slice(0, plan.splits.train_stop))
    return SplitScorer(panel, plan.options, plan.splits.train)


def finalists_of(scorer: SplitScorer, trials: Sequence[Trial]) -> Finalists:
    """The finalists among exact trials, each given once; `scorer` has the train rows."""
    expressions = {trial.factor: parse(trial.expression) for trial in trials}

    def values(factor: str) -> NDArray[np.float32]:
        return next(iter(scorer.values([expressions[factor]])))[scorer.rows]

    return choose_finalists([_candidate(trial) for trial in trials], values)


def added_t(chosen: Finalists, trials: Mapping[str, Trial]) -> list[float]:
    """T of what each finalist adds to the other finalists of the spanning set; NaN where that is not known.

    Not known where there is no such set, and for one whose values cannot be compared with a member's.
    """
    if not chosen.spanning:
        return [math.nan] * len(chosen.ids)
    found = [trials[factor] for factor in chosen.ids]
    contenders = Contenders(
        np.array([trial.rank_ic for trial in found]),
        np.array([trial.t_nw for trial in found]),
        np.array([trial.size for trial in found]),
        np.nan_to_num(chosen.likeness),
    )
    spanning = [place for place, factor in enumerate(chosen.ids) if factor in chosen.spanning]
    comparable = np.isfinite(chosen.likeness[:, spanning]).all(axis=1)
    return [float(t) for t in np.where(comparable, contenders.added_t(spanning), np.nan)]


def _candidate(trial: Trial) -> Candidate:
    return Candidate(trial.factor, trial.t_nw, trial.rank_ic, trial.size, read(trial.behaviour))


def multiplicity_of(scorer: SplitScorer, trials: Sequence[Trial]) -> Multiplicity:
    """Judge the search that made `trials`, each given once, by a random sample of them; `scorer` has the train rows.

    What racing dropped is as likely to be drawn as what was scored exactly. The seed is the run's.
    """
    rng = np.random.default_rng(scorer.options.seed)
    ordered = sorted(trials, key=lambda trial: trial.factor)
    drawn = rng.choice(len(ordered), size=min(SAMPLE, len(ordered)), replace=False) if ordered else ()
    expressions = [parse(ordered[place].expression) for place in drawn]
    series = [score.series[scorer.rows] for score in scorer.scores(expressions)]
    return multiplicity(np.column_stack(series) if series else np.empty((0, 0)), len(trials))
