"""What a search begins with: factors that others have published."""

from __future__ import annotations

import random

from lode.evaluation.known import known_library
from lode.language import Expr
from lode.panel import Panel

_ONE_IN = 10


def library_seeds(panel: Panel, *, seed: int, budget: int, shard: int = 0, shards: int = 1) -> list[Expr]:
    """A shard's part of the known library, in an order of the run's own; at most a tenth of the shard's budget.

    panel: the train rows; what it has no field for is left out. They count as trials like everything else.
    """
    known = list(known_library(panel).values())
    random.Random(f"library {seed}").shuffle(known)  # noqa: S311  a search, not a secret
    return known[shard::shards][: budget // _ONE_IN]
