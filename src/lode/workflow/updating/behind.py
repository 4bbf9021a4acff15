"""The runs that have proven factors, and how far each of them is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date

import polars as pl

from lode.errors import NotFoundError
from lode.language import Expr, parse
from lode.log import get_logger
from lode.warehouse.stores.proven import read_proven
from lode.warehouse.stores.snapshots import read_snapshot
from lode.workflow.context import Context, Event
from lode.workflow.freezing import Selection
from lode.workflow.plan import Plan, load_plan
from lode.workflow.scoring import neutralized


@dataclass(frozen=True)
class Mark:
    """How far a run's factors are stored: values to `through`, daily series to `labelled`, from `snapshot`."""

    through: date
    labelled: date
    snapshot: str


@dataclass(frozen=True)
class RunUpdate:
    """What an update did for a run. restated: per field, cells looked at that are known otherwise by now."""

    run: str
    source: str
    universe: str
    factors: int
    snapshot: str
    since: date
    through: date
    sessions: int = 0
    values: int = 0
    series: int = 0
    restated: Mapping[str, int] = field(default_factory=dict)
    message: str = ""

    def to_event(self) -> Event:
        """Return the update as JSON holds it."""
        return asdict(self) | {"since": self.since.isoformat(), "through": self.through.isoformat()}


@dataclass(frozen=True)
class ProvenFactor:
    """A proven factor of a run; `stores` where its values are this run's to store (the newest that proved it)."""

    factor: str
    direction: int
    expression: Expr
    stores: bool


@dataclass(frozen=True)
class ProvenRun:
    """A run with proven factors, its plan, and how far they are stored."""

    plan: Plan
    mark: Mark
    factors: Sequence[ProvenFactor]

    def nothing_new(self, note: str) -> RunUpdate:
        """Return the update of a run whose factors reach the last session already."""
        plan, through = self.plan, self.mark.through
        message = f"nothing new: values reach {through}; {note}"
        return RunUpdate(
            plan.run,
            plan.source,
            plan.universe,
            len(self.factors),
            self.mark.snapshot,
            through,
            through,
            message=message,
        )


def by_selection(context: Context) -> dict[str, list[ProvenRun]]:
    """Runs with proven factors, those of the same source, universe and start together."""
    found: dict[str, list[ProvenRun]] = {}
    for run in _runs(context):
        selection = selection_of(context, run.plan)
        found.setdefault(f"{selection.source} {selection.universe} {selection.start}", []).append(run)
    return found


def _runs(context: Context) -> Iterator[ProvenRun]:
    proven = read_proven(context.warehouse)
    stored: set[str] = set()
    for run in proven["run"].unique(maintain_order=True):
        rows = proven.filter(pl.col("run") == run)
        try:
            plan = load_plan(context, run)
        except NotFoundError:
            get_logger("update").warning("a run's plan is not in this lake; its factors stay as they are", run=run)
            continue
        factors = [
            ProvenFactor(row["factor"], row["direction"], neutralized(parse(row["expression"]), plan.options), new)
            for row in rows.iter_rows(named=True)
            for new in [row["factor"] not in stored]
        ]
        stored |= set(rows["factor"])
        yield ProvenRun(plan, _mark(context, plan), factors)


def selection_of(context: Context, plan: Plan) -> Selection:
    """Return what the snapshot of a run was chosen from."""
    return Selection.from_event(read_snapshot(context.warehouse, plan.snapshot).details["selection"])


def _mark(context: Context, plan: Plan) -> Mark:
    """Return the last mark of a run; what the run itself stored where there is none."""
    keys = sorted(context.lake.list(f"updates/{plan.run}/"))
    if keys:
        content = context.load(keys[-1])
        through, labelled = (date.fromisoformat(content[name]) for name in ("through", "labelled"))
        return Mark(through, labelled, content["snapshot"])
    vault = plan.splits.vault
    return Mark(plan.vault_last, plan.vault_sessions[vault.stop - vault.start - 1], plan.snapshot)
