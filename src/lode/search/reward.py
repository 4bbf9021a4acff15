"""What a search is rewarded for."""

from __future__ import annotations

import math

from lode.search.protocol import Scored

_PER_NODE = 0.12
_ENOUGH_COVERAGE = 0.5
_PER_TURNOVER = 1.0
"""In t per unit of daily turnover: one standard error of t, so that among factors that train cannot tell apart the one
that trades less is ahead. All of the cost, 10 basis points at a dispersion of returns of 2 % a day and a standard
deviation of the rank IC of .12, is about 11 t over 720 sessions: it would drive out every fast factor, and what is
proven is information, whose cost the evidence sheet tells."""


def merit(scored: Scored) -> float:
    """|t| of what is added to the pool where that is known, else of the daily rank IC.

    Scaled down where less than half is covered; NaN where there is no score.
    """
    t = scored.t if math.isnan(scored.added_t) else scored.added_t
    if math.isnan(scored.coverage) or math.isnan(scored.t):
        return math.nan
    return abs(t) * min(scored.coverage / _ENOUGH_COVERAGE, 1.0)


def reward(scored: Scored) -> float:
    """Merit, less a little for every node and, where it is known, for turnover; NaN where there is no score."""
    turnover = 0.0 if math.isnan(scored.turnover) else scored.turnover
    return merit(scored) - _PER_NODE * scored.expression.size - _PER_TURNOVER * turnover
