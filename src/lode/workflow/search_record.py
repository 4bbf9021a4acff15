"""A run's record of its own search: how it got better, and what operations and operators brought.

Kept in the lake as `runs/<run>/search.json`; made of train scores alone.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from lode.lake import Lake
from lode.language import Call, parse, postorder
from lode.warehouse.stores.ledger import Trial
from lode.workflow.context import Context, Event
from lode.workflow.plan import Plan

_BEST_SHARE = 0.05


def keep_search_record(context: Context, plan: Plan, trials: Sequence[Trial], finalists: Iterable[str]) -> None:
    """Write the record once. trials: each once, in the order in which they were scored; finalists: their ids."""
    context.keep(_key(plan.run), search_record(trials, finalists))


def read_search_record(lake: Lake, run: str) -> Event | None:
    """Read a run's record, None until it has chosen its finalists."""
    return dict(json.loads(lake.get(_key(run)))) if lake.exists(_key(run)) else None


def _key(run: str) -> str:
    return f"runs/{run}/search.json"


def search_record(trials: Sequence[Trial], finalists: Iterable[str]) -> Event:
    """Return the record as JSON holds it.

    best_over_trials: each trial that was better than all before it: its number from 1, |t| and expression.
    operations: by what made them: trials, how many of them are finalists, the largest |t|. operators: by name: trials
    and finalists in which it stands, and `lift`, its share of the best twentieth by |t| over its share of all.
    """
    chosen = set(finalists)
    exact = [trial for trial in trials if math.isfinite(trial.t_nw) and not trial.partial]
    return {
        "trials": len(trials),
        "raced_out": sum(trial.partial for trial in trials),
        "without_score": sum(not math.isfinite(trial.t_nw) for trial in trials),
        "best_over_trials": _improvements(trials),
        "operations": _operations(trials, chosen),
        "operators": _operators(exact, chosen),
    }


def _improvements(trials: Sequence[Trial]) -> list[Event]:
    steps: list[Event] = []
    best = 0.0
    for number, trial in enumerate(trials, 1):
        if not trial.partial and abs(trial.t_nw) > best:
            best = abs(trial.t_nw)
            steps.append({"trial": number, "t": best, "expression": trial.expression})
    return steps


def _operations(trials: Sequence[Trial], chosen: set[str]) -> list[Event]:
    names = sorted({trial.operation for trial in trials} - {""})
    by_name = {name: [trial for trial in trials if trial.operation == name] for name in names}
    rows = [
        {
            "operation": name,
            "trials": len(made),
            "finalists": sum(trial.factor in chosen for trial in made),
            "best_t": max((abs(t.t_nw) for t in made if math.isfinite(t.t_nw) and not t.partial), default=0.0),
        }
        for name, made in by_name.items()
    ]
    return sorted(rows, key=lambda row: (-int(str(row["finalists"])), -int(str(row["trials"])), str(row["operation"])))


def _operators(exact: Sequence[Trial], chosen: set[str]) -> list[Event]:
    best = sorted(exact, key=lambda trial: -abs(trial.t_nw))[: max(1, round(_BEST_SHARE * len(exact)))]
    everywhere, among_best = _counted(exact), _counted(best)
    among_finalists = _counted([trial for trial in exact if trial.factor in chosen])
    return [
        {
            "operator": name,
            "trials": count,
            "finalists": among_finalists[name],
            "lift": among_best[name] / len(best) / (count / len(exact)),
        }
        for name, count in sorted(everywhere.items(), key=lambda item: (-item[1], item[0]))
    ]


def _counted(trials: Sequence[Trial]) -> Mapping[str, int]:
    """How many of the trials an operator stands in, by operator."""
    counts: Counter[str] = Counter()
    for trial in trials:
        counts.update({node.op for node in postorder(parse(trial.expression)) if isinstance(node, Call)})
    return counts
