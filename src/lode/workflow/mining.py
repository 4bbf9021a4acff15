"""The step `mine`: one shard of one epoch asks, scores and tells until its budget is spent.

Every generation's trials enter the ledger and then the lake. A shard that died is replayed from the lake without
scoring anything twice: a searcher that is told the same scores asks the same again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lode.errors import DataError, StoppedError
from lode.language import Expr, Unit, parse
from lode.panel import load_snapshot
from lode.search import Scored, Searcher, make_searcher
from lode.search.proposer import connected
from lode.warehouse.stores.ledger import Trial, record_trials, trials_frame
from lode.workflow.context import Context, Event
from lode.workflow.language_model.answers import Answers
from lode.workflow.language_model.brought import of_shard
from lode.workflow.plan import Plan, load_plan
from lode.workflow.racing import Racer, exact_trials
from lode.workflow.recording import recorded
from lode.workflow.scoring import SplitScorer, searchable_units

GENERATION = 50


def mine(event: Event, context: Context) -> Event:
    """Mine one shard: {run, epoch, shard} → {run, epoch, shard, trials, generations}. Safe to run twice."""
    plan = load_plan(context, event["run"])
    epoch, shard = int(event["epoch"]), int(event["shard"])
    done = context.load_if_there(_result_key(plan, epoch, shard))
    return done or _Shard(plan, epoch, shard, context).run()


def mine_recorded(event: Event, context: Context) -> Event:
    """Mine one shard and record what it took."""
    plan = load_plan(context, event["run"])
    place = int(event["epoch"]) * plan.options.shards + int(event["shard"])
    with recorded(context, plan.run, "mine", shard=place) as meter:
        result = mine(event, context)
        meter.rows = result["trials"]
    return result


def read_epoch(context: Context, plan: Plan, epoch: int) -> list[list[Trial]]:
    """Trials of every finished shard of an epoch, in order of the shards."""
    return [
        [
            trial
            for number in range(result["generations"])
            for trial in _read_generation(context, plan, epoch, shard, number)
        ]
        for shard in range(plan.options.shards)
        for result in [context.load(_result_key(plan, epoch, shard))]
    ]


def shard_results(context: Context, plan: Plan) -> list[Event]:
    """What every finished shard of a run returned, in order of epochs and shards."""
    places = [(epoch, shard) for epoch in range(plan.epochs) for shard in range(plan.options.shards)]
    return [context.load(_result_key(plan, epoch, shard)) for epoch, shard in places]


class _Shard:
    """One shard at work on the train rows of the panel: nothing later is loaded."""

    def __init__(self, plan: Plan, epoch: int, shard: int, context: Context) -> None:
        self.plan, self.epoch, self.shard, self.context = plan, epoch, shard, context
        splits = plan.splits
        panel = load_snapshot(plan.snapshot, context.lake, context.settings.cache, rows=slice(0, splits.train_stop))
        self.scorer = SplitScorer(panel, plan.options, splits.train)
        self.racer = Racer.of(self.scorer, plan.budget(epoch, shard)) if plan.options.racing else None
        self.answers = self._answers()
        self.searcher = self._searcher(searchable_units(panel))
        self.context.report(0, "")

    def _answers(self) -> Answers | None:
        """The language model of the shard, with its share of the run's questions."""
        terms, shards = self.plan.proposer, self.plan.options.shards
        if terms is None:
            return None
        return Answers(self.context, terms, terms.share(self.epoch * shards + self.shard, self.plan.epochs * shards))

    def _searcher(self, units: Mapping[str, Unit]) -> Searcher:
        """Make the shard's searcher and tell it what the epochs before it found."""
        options = self.plan.options
        searcher = make_searcher(
            options.searcher,
            fields=units,
            seed=options.seed * 1_000_003 + self.epoch,
            shard=self.shard,
            shards=options.shards,
            budget=self.plan.budget(self.epoch, self.shard),
            history=self.plan.splits.train_stop,
        )
        connected(searcher, self.answers.model if self.answers else None)
        for epoch in range(self.epoch):
            for trials in read_epoch(self.context, self.plan, epoch):
                searcher.tell(_scored(trials))
                if self.racer:
                    self.racer.know(trials)
        return searcher

    def run(self) -> Event:
        """Spend the budget; return and keep the shard's result.

        Every generation is a checkpoint: a process that is asked to stop does so after one, with StoppedError.
        """
        left, generation, trials = self.plan.budget(self.epoch, self.shard), 0, 0
        while left:
            if self.context.stopping():
                raise StoppedError(f"shard {self.shard} was asked to stop; {trials} of its trials are kept")
            asked = self.searcher.ask(min(GENERATION, left))
            if not asked:
                break
            told = self._generation(generation, asked)
            self.searcher.tell(_scored(told))
            left, generation, trials = left - len(asked), generation + 1, trials + len(told)
            self.context.report(len(asked), "")
        result = {
            "run": self.plan.run,
            "epoch": self.epoch,
            "shard": self.shard,
            "trials": trials,
            "generations": generation,
        } | of_shard(self.searcher, self.answers)
        return self.context.keep(_result_key(self.plan, self.epoch, self.shard), result)

    def _generation(self, number: int, asked: Sequence[Expr]) -> list[Trial]:
        """Score one generation, or read it where an earlier attempt has scored it; enter it into the ledger."""
        key = _generation_key(self.plan, self.epoch, self.shard, number)
        if self.context.lake.exists(key):
            return self._replayed(number, asked)
        trials = self.racer.trials(asked, number) if self.racer else exact_trials(self.scorer, asked, number)
        options = self.plan.options
        rows = trials_frame(
            trials, run=self.plan.run, epoch=self.epoch, shard=self.shard, horizon=options.horizon, delay=options.delay
        )
        record_trials(self.context.warehouse, rows)
        self.context.keep(key, {"trials": [_plain(trial) for trial in trials]})
        return trials

    def _replayed(self, number: int, asked: Sequence[Expr]) -> list[Trial]:
        """Read a scored generation; DataError where the searcher would ask otherwise than it did."""
        trials = _read_generation(self.context, self.plan, self.epoch, self.shard, number)
        if [trial.expression for trial in trials] != [str(expression) for expression in asked]:
            msg = (
                f"shard {self.shard} of run {self.plan.run} cannot go on: the searcher {self.plan.options.searcher!r} "
                f"does not repeat generation {number}; start a new run with another --seed"
            )
            raise DataError(msg)
        if self.racer:
            self.racer.relive(asked, trials)
        return trials


def _scored(trials: Iterable[Trial]) -> list[Scored]:
    return [Scored(parse(t.expression), rank_ic=t.rank_ic, t=t.t_nw, coverage=t.coverage) for t in trials]


def _plain(trial: Trial) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(trial).items()}


def _read_generation(context: Context, plan: Plan, epoch: int, shard: int, number: int) -> list[Trial]:
    rows = context.load(_generation_key(plan, epoch, shard, number))["trials"]
    scores = ("rank_ic", "t_nw", "coverage")
    return [Trial(**row | {name: math.nan if row[name] is None else row[name] for name in scores}) for row in rows]


def _generation_key(plan: Plan, epoch: int, shard: int, number: int) -> str:
    return plan.key(f"epoch={epoch}/shard={shard}/generation={number:06d}.json")


def _result_key(plan: Plan, epoch: int, shard: int) -> str:
    return plan.key(f"epoch={epoch}/shard={shard}/result.json")
