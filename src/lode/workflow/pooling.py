"""The pool of a run: its finalists joined into one signal, learned on train and judged on validation.

The weights are learned on a panel that ends where train ends, and judged on one that ends where validation ends: no
session of validation can move a weight, and none of the vault is read. A finalist that failed a leak check is no
member. What was found is kept in the lake once, so that a run that was killed goes on with the same pool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from lode.evaluation.labels import forward_returns
from lode.evaluation.pool import Fitted, Growth, MemberRanks, Outcomes, Training, fit_pool, growth_of, judged
from lode.evaluation.pool.methods import LINEAR
from lode.evaluation.pool.trees import TreePool
from lode.evidence.cross_validation import Spans, purged_k_fold
from lode.evidence.splits import EMBARGO_SESSIONS
from lode.language import parse
from lode.panel import load_snapshot
from lode.warehouse import Warehouse
from lode.warehouse.stores.pool import FigureRecord, GrowthRecord, record_figures, record_growth, record_weights
from lode.workflow.context import Context, Event, defined
from lode.workflow.plan import Plan
from lode.workflow.scoring import SplitScorer

FOLDS = 5
BEST_MEMBER = "best_member"
_SPLITS = ("train", "validation")


def pool_key(plan: Plan) -> str:
    """Lake key of a run's pool."""
    return plan.key("pool.json")


def pooled(plan: Plan, verdict: Event, context: Context) -> Event:
    """Pool the finalists of a run, or read the pool that an earlier attempt kept.

    Returns what `lode mine --json` has under `pool`, and for trees the model itself under `model`.
    """
    return context.load_if_there(pool_key(plan)) or context.keep(pool_key(plan), _pooled(plan, verdict, context))


def record_pool(warehouse: Warehouse, run: str, pool: Event) -> int:
    """Write a run's pool to the warehouse; again changes nothing."""
    weights = {member["id"]: member["weight"] for member in pool["members"]}
    rows = record_weights(warehouse, run, date.fromisoformat(pool["fitted_on"]), weights)
    rows += record_figures(warehouse, run, list(_figure_records(pool)))
    return rows + record_growth(warehouse, run, list(_growth_records(pool)))


@dataclass(frozen=True, eq=False)
class _Split:
    """The members on a split, what came after, and its last label session."""

    ranks: MemberRanks
    outcomes: Outcomes
    last: date


def _pooled(plan: Plan, verdict: Event, context: Context) -> Event:
    finalists = context.load(plan.key("finalists.json"))["finalists"]
    leaking = {f["id"] for f in verdict["factors"] if any(check["outcome"] == "failed" for check in f["leaks"])}
    members = [finalist for finalist in finalists if finalist["id"] not in leaking]
    splits = plan.splits
    train = _on_split(plan, context, splits.train, splits.train_stop, members)
    validation = _on_split(plan, context, splits.validation, splits.validation_stop, members)
    training = _training(plan, train, members)
    pools = {method: fit_pool(training, method) for method in sorted({*LINEAR, plan.options.pool})}
    growth = growth_of(
        training, plan.options.pool, validation.ranks, validation.outcomes, whole=pools[plan.options.pool]
    )
    figures = {method: _figures(pool, train, validation) for method, pool in pools.items()}
    if best := max(members, key=lambda member: abs(member["train"]["t_nw"]), default=None):
        alone = fit_pool(training, "rank_average", [best["id"]])
        figures[BEST_MEMBER] = {"id": best["id"], **_figures(alone, train, validation)}
    return _told(pools[plan.options.pool], plan.options.pool, members, growth, figures) | {
        "fitted_on": train.last.isoformat(),
        "left_out": sorted(leaking),
    }


def _on_split(plan: Plan, context: Context, rows: slice, stop: int, members: Sequence[Mapping[str, Any]]) -> _Split:
    """Rank the members on the label sessions of a split, from a panel of the sessions before `stop`."""
    panel = load_snapshot(plan.snapshot, context.lake, context.settings.cache, rows=slice(0, stop))
    scorer, options = SplitScorer(panel, plan.options, rows), plan.options
    ranks = MemberRanks(panel.tradable[rows].shape)
    values = scorer.values([parse(member["expression"]) for member in members])
    for member, found in zip(members, values, strict=True):
        ranks.add(member["id"], found[rows])
    next_return = forward_returns(panel, horizon=1, delay=options.delay)[rows]
    outcomes = Outcomes(scorer.forward[rows], next_return, options.horizon, options.min_names, options.cost_bps)
    return _Split(ranks, outcomes, panel.sessions[rows][-1].item())


def _training(plan: Plan, train: _Split, members: Sequence[Mapping[str, Any]]) -> Training:
    """What weights are learned from; folds are purged of labels that overlap, with the run's embargo."""
    options, sessions = plan.options, len(train.outcomes.forward)
    folds = purged_k_fold(
        Spans.of(sessions, horizon=options.horizon, delay=options.delay), FOLDS, embargo=EMBARGO_SESSIONS
    )
    return Training(
        train.ranks,
        train.outcomes.forward,
        [(fold.train, fold.test) for fold in folds],
        {member["id"]: member["direction"] for member in members},
        options.min_names,
    )


def _figures(pool: Fitted, train: _Split, validation: _Split) -> Event:
    found = {}
    for name, split in zip(_SPLITS, (train, validation), strict=True):
        figures = judged(pool.signal(split.ranks), split.outcomes).to_dict()
        found[name] = {metric: defined(value) for metric, value in figures.items()}
    return found


def _told(
    pool: Fitted, method: str, members: Sequence[Mapping[str, Any]], growth: Growth, figures: Mapping[str, Event]
) -> Event:
    whole = figures[method]["validation"]["rank_ic"]
    rows = []
    for member in members:
        without = defined(growth.without[member["id"]])
        adds = None if whole is None or without is None else whole - without
        shown = {name: member[name] for name in ("id", "expression", "direction")}
        rows.append(shown | {"weight": pool.weights[member["id"]], "rank_ic_without": without, "adds": adds})
    grown = [{"members": size, "rank_ic": defined(value)} for size, value in growth.rank_ic.items()]
    told = {"method": method, "penalty": pool.penalty, "members": rows, **figures[method], "growth": grown}
    told["methods"] = {name: found for name, found in figures.items() if name != method}
    return told | ({"model": pool.text} if isinstance(pool, TreePool) else {})


def _figure_records(pool: Event) -> Iterator[FigureRecord]:
    every = pool["methods"] | {pool["method"]: {split: pool[split] for split in _SPLITS}}
    for method, found in every.items():
        for split in _SPLITS:
            for metric, value in found[split].items():
                yield FigureRecord(method, split, metric, np.nan if value is None else value)


def _growth_records(pool: Event) -> Iterator[GrowthRecord]:
    grown = {point["members"]: point["rank_ic"] for point in pool["growth"]}
    for place, member in enumerate(pool["members"], start=1):
        yield GrowthRecord(place, member["id"], grown.get(place), member["rank_ic_without"])
