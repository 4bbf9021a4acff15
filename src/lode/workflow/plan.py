"""The plan of a run: everything that its shards and later steps need, fixed before the first candidate is scored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from lode.evidence.splits import Splits
from lode.workflow.context import Context, Event
from lode.workflow.language_model.terms import Terms
from lode.workflow.options import MiningOptions
from lode.workflow.own_operators import require_operators

EPOCHS = 2


@dataclass(frozen=True)
class Plan:
    """A run, its snapshot, its options and the bounds of its splits (row numbers of the panel).

    warnings: what collecting could not bring and the run goes on without. operators: the user's own that were loaded,
    each with the hash of its code. proposer: on which terms a language model is asked, None where none is.
    """

    run: str
    snapshot: str
    source: str
    universe: str
    options: MiningOptions
    sessions: int
    vault_sessions: tuple[date, ...]
    instruments: tuple[str, ...]
    label: str = ""
    epochs: int = EPOCHS
    warnings: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    proposer: Terms | None = None

    @property
    def splits(self) -> Splits:
        """The splits, which follow from the number of sessions and the options."""
        return splits_of(self.sessions, self.options)

    @property
    def vault_first(self) -> date:
        """First session of the vault."""
        return self.vault_sessions[0]

    @property
    def vault_last(self) -> date:
        """Last session of the vault, its labels' prices included."""
        return self.vault_sessions[-1]

    def budget(self, epoch: int, shard: int) -> int:
        """Candidates that this shard of this epoch asks for; all of them sum to the run's candidates."""
        options = self.options
        return budget_of(options.candidates, self.epochs * options.shards, epoch * options.shards + shard)

    def key(self, name: str) -> str:
        """Lake key of one of the run's objects."""
        return f"runs/{self.run}/{name}"

    def to_event(self) -> Event:
        """Return the plan as JSON holds it."""
        return {
            "run": self.run,
            "snapshot": self.snapshot,
            "source": self.source,
            "universe": self.universe,
            "options": self.options.to_dict(),
            "sessions": self.sessions,
            "vault_sessions": [day.isoformat() for day in self.vault_sessions],
            "instruments": list(self.instruments),
            "label": self.label,
            "epochs": self.epochs,
            "warnings": list(self.warnings),
            "operators": list(self.operators),
            "proposer": self.proposer and self.proposer.to_event(),
        }

    @classmethod
    def from_event(cls, event: dict[str, Any]) -> Plan:
        """Read a plan from JSON."""
        return cls(
            run=event["run"],
            snapshot=event["snapshot"],
            source=event["source"],
            universe=event["universe"],
            options=MiningOptions.from_dict(event["options"]),
            sessions=event["sessions"],
            vault_sessions=tuple(date.fromisoformat(day) for day in event["vault_sessions"]),
            instruments=tuple(event["instruments"]),
            label=event["label"],
            epochs=event["epochs"],
            warnings=tuple(event.get("warnings", ())),
            operators=tuple(event.get("operators", ())),
            proposer=Terms.from_event(asked) if (asked := event.get("proposer")) else None,
        )


def budget_of(candidates: int, parts: int, place: int) -> int:
    """Candidates of one of the `parts` of a run, counted from 0; those of all parts sum to the run's candidates."""
    return candidates // parts + (place < candidates % parts)


def splits_of(sessions: int, options: MiningOptions) -> Splits:
    """Splits of a panel under a run's options."""
    return Splits.of(sessions, shares=options.shares, delay=options.delay, horizon=options.horizon)


def load_plan(context: Context, run: str) -> Plan:
    """Read the plan of a run; NotFoundError where it was never planned.

    UsageError where it was planned with operators of the user's own that are not loaded here, or are others by now.
    """
    plan = Plan.from_event(context.load(f"runs/{run}/plan.json"))
    require_operators(f"run {run}", plan.operators)
    return plan
