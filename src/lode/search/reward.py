"""What a search is rewarded for."""

from __future__ import annotations

import math

from lode.search.protocol import Scored

_PER_NODE = 0.12
_ENOUGH_COVERAGE = 0.5


def reward(scored: Scored) -> float:
    """|t| of the daily rank IC, less a little for every node; scaled down where less than half is covered.

    NaN where there is no score.
    """
    if math.isnan(scored.coverage):
        return math.nan
    return abs(scored.t) * min(scored.coverage / _ENOUGH_COVERAGE, 1.0) - _PER_NODE * scored.expression.size
