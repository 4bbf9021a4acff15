"""How members are joined, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.evaluation.pool.training import Fitted, Training
from lode.evaluation.pool.trees import boosted_trees, require_lightgbm
from lode.evaluation.pool.weights import nonnegative, rank_average, ridge

Method = Callable[[Training, NDArray[np.intp]], Fitted]

LINEAR: dict[str, Method] = {"ridge": ridge, "nonnegative": nonnegative, "rank_average": rank_average}
METHODS: dict[str, Method] = {**LINEAR, "lightgbm": boosted_trees}
"""How weights are learned, by name; `lightgbm` needs the extra of that name."""


def check_method(method: str) -> None:
    """Raise UsageError where there is no such method."""
    if method not in METHODS:
        raise UsageError(f"--pool {method!r}: allowed are {', '.join(METHODS)}")


def require_method(method: str) -> None:
    """Raise UsageError where there is no such method, or what it needs is not installed."""
    check_method(method)
    if method not in LINEAR:
        require_lightgbm()


def fit_pool(training: Training, method: str = "ridge", members: Sequence[str] | None = None) -> Fitted:
    """Fit a pool of `members`, all by default, on a training; UsageError for an unknown method or member.

    The same training gives the same pool.
    """
    require_method(method)
    every = training.ranks.ids
    asked = every if members is None else members
    if unknown := sorted(set(asked) - set(every)):
        raise UsageError(f"{', '.join(unknown)}: no such member; the pool has {', '.join(every) or 'none'}")
    return METHODS[method](training, np.array([every.index(member) for member in asked], dtype=np.intp))
