"""Calibration: how often the procedure finds a factor where there is none, and where there is one of known strength.

Markets are made of the user's own panel (`lode.evidence.null_market`); each is one piece of work of the executor
(`calibrated_market.py`), a pure function of the snapshot, the options and its number. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lode.errors import UsageError
from lode.evidence.calibration import NullCheck, Rate
from lode.evidence.null_market import null_shifts
from lode.evidence.vault import alpha_k
from lode.log import progress
from lode.panel import Panel, load_snapshot
from lode.warehouse.stores.snapshots import read_snapshot
from lode.workflow.by_hand import read_formula
from lode.workflow.context import Context, Event
from lode.workflow.freezing import check_names
from lode.workflow.language_model.terms import refuse_language_model
from lode.workflow.options import MiningOptions
from lode.workflow.plan import splits_of
from lode.workflow.run import Executor
from lode.workflow.scoring import check_neutralize

PLANTED_ICS = (0.01, 0.02, 0.03, 0.05, 0.08)
PLANTED = "rank(-ts_delta(close, 5))"
MOST_MARKETS = 100_000
_SEED_STEP = 1_000_003


@dataclass(frozen=True)
class Calibration:
    """What is asked: how many markets, the options of a run on each, and what is planted at which mean rank ICs."""

    markets: int = 50
    options: MiningOptions = MiningOptions(candidates=500, shards=1)  # noqa: RUF009  frozen
    planted: str = ""
    planted_ics: tuple[float, ...] = PLANTED_ICS

    def __post_init__(self) -> None:
        """Refuse a number of markets that is out of range."""
        if not 1 <= self.markets <= MOST_MARKETS:
            raise UsageError(f"--markets {self.markets:,}: allowed is 1 to {MOST_MARKETS:,}")

    @property
    def strengths(self) -> tuple[float, ...]:
        """Mean rank ICs of the markets: zero for those without a factor, then the planted ones."""
        return (0.0, *self.planted_ics) if self.planted else (0.0,)


def calibrate(context: Context, executor: Executor, asked: Calibration, *, snapshot: str | None = None) -> Event:
    """Run the whole procedure on every market and return the report, as JSON holds it.

    Raises UsageError for a panel that is too short or too narrow, and ExpressionError for a formula that is none.
    """
    record = read_snapshot(context.warehouse, snapshot)
    panel = load_snapshot(record.snapshot, context.lake, context.settings.cache)
    events = _events(record.snapshot, panel, asked)
    with progress(f"calibrating on {record.snapshot}", len(events)) as bar:
        outcomes = executor.run(events, bar.advance)
    about = {
        "snapshot": record.snapshot,
        "sessions": len(panel.sessions),
        "names": len(panel.names),
        "label": panel.meta.label,
    }
    return about | _report(asked, outcomes)


def _events(snapshot: str, panel: Panel, asked: Calibration) -> list[Event]:
    """One event a market and strength; a market has the same shift and seed at every strength."""
    options = asked.options
    refuse_language_model(options, "`lode calibrate`")
    check_neutralize(panel, options)
    check_names(panel, options)
    splits_of(len(panel.sessions), options)
    planted = str(read_formula(asked.planted, panel)[0]) if asked.planted else ""
    rng = np.random.default_rng(options.seed)
    shifts = null_shifts(len(panel.sessions), asked.markets, tail=options.delay + options.horizon, rng=rng)
    return [
        {
            "shard": number,
            "market": number,
            "snapshot": snapshot,
            "shift": shift,
            "rank_ic": strength,
            "planted": planted,
            "options": replace(options, seed=options.seed * _SEED_STEP + number).to_dict(),
        }
        for strength in asked.strengths
        for number, shift in enumerate(shifts)
    ]


def _report(asked: Calibration, outcomes: Sequence[Event]) -> Event:
    null = [outcome for outcome in outcomes if outcome["rank_ic"] == 0]
    return {
        "markets": asked.markets,
        "candidates": asked.options.candidates,
        "seed": asked.options.seed,
        "trials": sum(outcome["trials"] for outcome in outcomes),
        "stated_rate": asked.options.alpha,
        "opening_alpha": alpha_k(asked.options.alpha, 1),
        "false_discoveries": _rate(null, "proven")
        | {"factors": sum(outcome["proven"] for outcome in null), "openings": sum(bool(o["opened"]) for o in null)},
        "checks": {
            name: NullCheck.of([outcome.get(f"{name}_t", np.nan) for outcome in null]).to_dict()
            for name in ("static", "beta")
        },
        "planted": asked.planted or None,
        "power": [_power(strength, outcomes) for strength in asked.strengths[1:]],
    }


def _power(strength: float, outcomes: Sequence[Event]) -> dict[str, Any]:
    at = [outcome for outcome in outcomes if outcome["rank_ic"] == strength]
    daily = float(np.mean([outcome["daily_std"] for outcome in at]))
    return {"rank_ic": strength, "daily_std": daily} | _rate(at, "found")


def _rate(outcomes: Sequence[Event], what: str) -> dict[str, Any]:
    return Rate(sum(bool(outcome[what]) for outcome in outcomes), len(outcomes)).to_dict()
