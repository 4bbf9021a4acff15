"""How much the searches do, at each size of the benchmark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SearchPlan:
    """Sizes that are the same for every method.

    names, sessions: of the simulated markets; real_names, real_sessions: at most so many of each stretch of the real
        panel; stretches: of it, each with other names and later sessions. seeds: of the searches; the panels stay as
        they are.
    candidates: scored by each method in one comparison; seconds: of processor time, in the other.
    kept: a peer's best candidates by its own fitness, whose values it hands over.
    """

    names: int
    sessions: int
    real_names: int
    real_sessions: int
    stretches: int
    seeds: int
    candidates: int
    seconds: float
    kept: int = 100


SEARCH_PLANS = {
    "full": SearchPlan(150, 1000, 168, 800, 3, seeds=5, candidates=500, seconds=6.0),
    "short": SearchPlan(150, 700, 150, 800, 2, seeds=2, candidates=300, seconds=2.0, kept=60),
    "quick": SearchPlan(60, 400, 60, 400, 2, seeds=1, candidates=100, seconds=0.5, kept=40),
}
