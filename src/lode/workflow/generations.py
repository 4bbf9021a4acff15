"""What a shard leaves in the lake: the trials of each generation, and its result. Each is written once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from lode.warehouse.stores.ledger import Trial
from lode.workflow.context import Context, Event
from lode.workflow.plan import Plan

_SCORES = ("rank_ic", "t_nw", "coverage", "turnover")


def read_epoch(context: Context, plan: Plan, epoch: int) -> list[list[Trial]]:
    """Trials of every finished shard of an epoch, in order of the shards."""
    return [
        [
            trial
            for number in range(result["generations"])
            for trial in read_generation(context, plan, epoch, shard, number) or ()
        ]
        for shard in range(plan.options.shards)
        for result in [context.load(result_key(plan, epoch, shard))]
    ]


def shard_results(context: Context, plan: Plan) -> list[Event]:
    """What every finished shard of a run returned, in order of epochs and shards."""
    places = [(epoch, shard) for epoch in range(plan.epochs) for shard in range(plan.options.shards)]
    return [context.load(result_key(plan, epoch, shard)) for epoch, shard in places]


def keep_generation(context: Context, plan: Plan, epoch: int, shard: int, number: int, trials: Sequence[Trial]) -> None:
    """Write the trials of a generation."""
    context.keep(_key(plan, epoch, shard, number), {"trials": [_plain(trial) for trial in trials]})


def read_generation(context: Context, plan: Plan, epoch: int, shard: int, number: int) -> list[Trial] | None:
    """Read the trials of a generation; None where it was not scored yet."""
    kept = context.load_if_there(_key(plan, epoch, shard, number))
    return None if kept is None else [_trial(row) for row in kept["trials"]]


def result_key(plan: Plan, epoch: int, shard: int) -> str:
    """Lake key of a shard's result: what it has spent its budget on."""
    return plan.key(f"epoch={epoch}/shard={shard}/result.json")


def _key(plan: Plan, epoch: int, shard: int, number: int) -> str:
    return plan.key(f"epoch={epoch}/shard={shard}/generation={number:06d}.json")


def _plain(trial: Trial) -> Event:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(trial).items()}


def _trial(row: dict[str, Any]) -> Trial:
    scores = {name: math.nan if row.get(name) is None else row[name] for name in _SCORES}
    return Trial(**row | scores | {"parents": tuple(row.get("parents", ()))})
