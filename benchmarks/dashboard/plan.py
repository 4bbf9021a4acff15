"""How large the home is, how often pages are visited, and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass

COLD_SECONDS, WARM_SECONDS = 2.0, 0.5
MOST_BYTES = 1.5e9
"""The most that the dashboard's server and the warehouse's owner may hold together, with everybody there."""


@dataclass(frozen=True)
class Size:
    """A home's size and the visits to it.

    trials, factors: of all runs together; the real run's own few come on top. names, sessions: of the market.
    visits: to each page, each with another factor, run or search. visitors: at once; clicks: what each of them does.
    """

    trials: int = 1_000_000
    factors: int = 2_000
    runs: int = 20
    names: int = 500
    sessions: int = 1_260
    candidates: int = 200
    findings: int = 20_000
    refused: int = 20_000
    visits: int = 25
    visitors: int = 20
    clicks: int = 10


FULL = Size()
QUICK = Size(
    trials=20_000,
    factors=200,
    runs=4,
    names=60,
    sessions=700,
    candidates=100,
    findings=500,
    refused=500,
    visits=20,
    visitors=6,
    clicks=4,
)
