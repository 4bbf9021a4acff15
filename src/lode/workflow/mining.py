"""The step `mine`: one shard of one epoch asks, scores and tells until its budget is spent.

Every generation's trials enter the ledger and then the lake. A shard that died is replayed from the lake without
scoring anything twice: a searcher that is told the same scores asks the same again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lode.errors import DataError, StoppedError
from lode.language import Expr, Unit, expression_id
from lode.panel import Panel, load_snapshot
from lode.search import Searcher, make_searcher
from lode.search.proposer import connected
from lode.warehouse.stores.ledger import Trial, record_trials, trials_frame
from lode.warehouse.stores.lineage import lineage_frame, record_lineage
from lode.workflow.context import Context, Event
from lode.workflow.generations import keep_generation, read_epoch, read_generation, result_key
from lode.workflow.language_model.answers import Answers
from lode.workflow.language_model.brought import of_shard
from lode.workflow.own_formulas import formulas_of
from lode.workflow.plan import Plan, load_plan
from lode.workflow.racing import Racer, as_scored, exact_trials
from lode.workflow.recording import recorded
from lode.workflow.scoring import SplitScorer, searchable_units
from lode.workflow.seeding import library_seeds

GENERATION = 50


def mine(event: Event, context: Context) -> Event:
    """Mine one shard: {run, epoch, shard} → {run, epoch, shard, trials, generations}. Safe to run twice."""
    plan = load_plan(context, event["run"])
    epoch, shard = int(event["epoch"]), int(event["shard"])
    done = context.load_if_there(result_key(plan, epoch, shard))
    return done or _Shard(plan, epoch, shard, context).run()


def mine_recorded(event: Event, context: Context) -> Event:
    """Mine one shard and record what it took."""
    plan = load_plan(context, event["run"])
    place = int(event["epoch"]) * plan.options.shards + int(event["shard"])
    with recorded(context, plan.run, "mine", shard=place) as meter:
        result = mine(event, context)
        meter.rows = result["trials"]
    return result


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
        self._seed(panel)
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
                searcher.tell(as_scored(trials))
                if self.racer:
                    self.racer.know(trials)
        return searcher

    def _seed(self, panel: Panel) -> None:
        """Let the searcher begin with this shard's part of the user's formulas and, at first, of the library."""
        plan, options = self.plan, self.plan.options
        seeds = formulas_of(options)[self.epoch * options.shards + self.shard :: plan.epochs * options.shards]
        if self.epoch == 0:
            budget = plan.budget(self.epoch, self.shard)
            seeds += library_seeds(panel, seed=options.seed, budget=budget, shard=self.shard, shards=options.shards)
        if seeds:
            self.searcher.seed(seeds)

    def run(self) -> Event:
        """Spend the budget; return and keep the shard's result.

        Every generation is a checkpoint: a process that is asked to stop does so after one, with StoppedError.
        """
        left, generation, trials, best = self.plan.budget(self.epoch, self.shard), 0, 0, 0.0
        while left:
            if self.context.stopping():
                raise StoppedError(f"shard {self.shard} was asked to stop; {trials} of its trials are kept")
            asked = self.searcher.ask(min(GENERATION, left))
            if not asked:
                break
            told = self._generation(generation, asked)
            self.searcher.tell(as_scored(told, asked))
            left, generation, trials = left - len(asked), generation + 1, trials + len(told)
            best = max([best, *(abs(t.t_nw) for t in told if math.isfinite(t.t_nw) and not t.partial)])
            self.context.report(len(asked), f"{trials:,} distinct, best |t| {best:.1f} (shard {self.shard})")
        result = {
            "run": self.plan.run,
            "epoch": self.epoch,
            "shard": self.shard,
            "trials": trials,
            "generations": generation,
        } | of_shard(self.searcher, self.answers)
        return self.context.keep(result_key(self.plan, self.epoch, self.shard), result)

    def _generation(self, number: int, asked: Sequence[Expr]) -> list[Trial]:
        """Score one generation, or read it where an earlier attempt has scored it; enter it into the ledger."""
        if (kept := read_generation(self.context, self.plan, self.epoch, self.shard, number)) is not None:
            return self._replayed(number, asked, kept)
        scored = self.racer.trials(asked, number) if self.racer else exact_trials(self.scorer, asked, number)
        trials = [self._with_origin(trial, expression) for trial, expression in zip(scored, asked, strict=True)]
        options = self.plan.options
        rows = trials_frame(
            trials, run=self.plan.run, epoch=self.epoch, shard=self.shard, horizon=options.horizon, delay=options.delay
        )
        record_trials(self.context.warehouse, rows)
        record_lineage(self.context.warehouse, lineage_frame(trials, run=self.plan.run))
        keep_generation(self.context, self.plan, self.epoch, self.shard, number, trials)
        return trials

    def _with_origin(self, trial: Trial, expression: Expr) -> Trial:
        origin = self.searcher.origin(expression)
        parents = tuple(expression_id(parent) for parent in origin.parents)
        return replace(trial, operation=origin.operation, parents=parents)

    def _replayed(self, number: int, asked: Sequence[Expr], trials: list[Trial]) -> list[Trial]:
        """Take a generation that was scored before; DataError where the searcher would ask otherwise than it did."""
        if [trial.expression for trial in trials] != [str(expression) for expression in asked]:
            msg = (
                f"shard {self.shard} of run {self.plan.run} cannot go on: the searcher {self.plan.options.searcher!r} "
                f"does not repeat generation {number}; start a new run with another --seed"
            )
            raise DataError(msg)
        if self.racer:
            self.racer.relive(asked, trials)
        return trials
