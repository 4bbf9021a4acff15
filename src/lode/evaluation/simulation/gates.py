"""Gates in the manner of WorldQuant BRAIN's tests before an alpha is taken."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from lode.evaluation.simulation.figures import Figures

Outcome = Literal["passed", "failed", "undefined"]

SHARPE = {0: 2.0, 1: 1.25}
FITNESS = {0: 1.3, 1: 1.0}
TURNOVER = (0.01, 0.70)
LARGEST_WEIGHT = 0.10
SUB_UNIVERSE = 0.75
SELF_CORRELATION = 0.7


@dataclass(frozen=True)
class Gate:
    """One test: what is measured, its value, and the limit that it has to reach or stay below.

    side: "at least" or "below". An undefined value passes nothing; `note` says why where that helps.
    """

    name: str
    value: float
    side: Literal["at least", "below"]
    limit: float
    note: str = ""

    @property
    def outcome(self) -> Outcome:
        """Whether the value is on the right side of the limit."""
        if not math.isfinite(self.value) or not math.isfinite(self.limit):
            return "undefined"
        reached = self.value >= self.limit if self.side == "at least" else self.value < self.limit
        return "passed" if reached else "failed"

    def to_dict(self) -> dict[str, Any]:
        """Return the gate as JSON holds it."""
        return {**asdict(self), "outcome": self.outcome}


def brain_gates(
    book: Figures, *, delay: int, sub_sharpe: float, sub_share: float, self_correlation: float
) -> tuple[Gate, ...]:
    """Hold a book against the limits of its delay.

    sub_sharpe, sub_share: Sharpe of the same factor's book among the more liquid names, and their share of all; it has
    to reach .75 √share of the whole book's. self_correlation: largest correlation of the book's daily returns with
    those of another factor of the pool, NaN without one.
    """
    kind = 0 if delay == 0 else 1
    return (
        Gate("Sharpe", book.sharpe, "at least", SHARPE[kind]),
        Gate("fitness", book.fitness, "at least", FITNESS[kind]),
        Gate("turnover, least", book.turnover, "at least", TURNOVER[0]),
        Gate("turnover, most", book.turnover, "below", TURNOVER[1]),
        Gate("largest weight", book.largest, "below", LARGEST_WEIGHT),
        Gate("sub-universe Sharpe", sub_sharpe, "at least", SUB_UNIVERSE * math.sqrt(sub_share) * book.sharpe),
        self_correlation_gate(self_correlation),
    )


def self_correlation_gate(correlation: float) -> Gate:
    """Hold the largest correlation with the pool against its limit; NaN where there is nothing to compare with."""
    alone = "" if math.isfinite(correlation) else "nothing to compare with"
    return Gate("self-correlation", correlation, "below", SELF_CORRELATION, alone)
