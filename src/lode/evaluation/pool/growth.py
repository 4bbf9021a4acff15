"""How a pool grows: what it is worth after each member, and what it would be worth without each.

A pool is refitted after each member, in their order, and once more without each one. Weights are learned from the
training alone; what they are worth is the mean daily rank IC on other sessions. Trees take long to fit: theirs are
refitted at 1, 2, 5, 10, 20, 50 … members and at all, and a member is left out of the fitted trees by taking its values
away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

import numpy as np
from numpy.typing import NDArray

from lode.engine import Scorer
from lode.evaluation.pool.figures import Outcomes
from lode.evaluation.pool.members import MemberRanks
from lode.evaluation.pool.methods import LINEAR, fit_pool
from lode.evaluation.pool.training import Fitted, Training
from lode.evaluation.pool.weights import LinearPool
from lode.evaluation.ranks import series_mean

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Growth:
    """Mean daily rank ICs on the sessions that judge; NaN where there is none.

    rank_ic: by number of members, the first ones of the training. without: by the member that is left out.
    """

    rank_ic: Mapping[int, float]
    without: Mapping[str, float]


def growth_of(
    training: Training, method: str, ranks: MemberRanks, outcomes: Outcomes, *, whole: Fitted | None = None
) -> Growth:
    """Follow a pool from its first member to its last, and take each one out again.

    training: what weights are learned from, members in the order in which they come. ranks: the same members on the
    sessions that judge, outcomes what came after these. whole: the pool of all members, where it is fitted already.
    """
    every = training.ranks.ids
    sizes = list(range(1, len(every) + 1)) if method in LINEAR else _sizes(len(every))
    fitted = whole or fit_pool(training, method)
    smaller = (fit_pool(training, method, every[:size]) for size in sizes[:-1])
    grown = _signals(chain(smaller, [fitted][: len(every)]), ranks)
    if method in LINEAR:
        less = _signals((fit_pool(training, method, _others(every, member)) for member in every), ranks)
    else:
        less = (fitted.signal(ranks.without(member)) for member in every)
    return Growth(
        dict(zip(sizes, _rank_ics(grown, outcomes), strict=True)),
        dict(zip(every, _rank_ics(less, outcomes), strict=True)),
    )


def _others(members: Sequence[str], member: str) -> list[str]:
    return [other for other in members if other != member]


def _signals(pools: Iterable[Fitted], ranks: MemberRanks) -> Iterator[Floats]:
    """Signal of each pool; those of linear ones are computed several at a time."""
    for linear, group in groupby(pools, key=lambda pool: isinstance(pool, LinearPool)):
        if linear:
            yield from ranks.signals([pool.weights for pool in group])
        else:
            yield from (pool.signal(ranks) for pool in group)


def _rank_ics(signals: Iterable[Floats], outcomes: Outcomes) -> Iterator[float]:
    scorer = Scorer(outcomes.forward, rows=slice(0, len(outcomes.forward)), min_names=outcomes.min_names)
    return (series_mean(scorer.rank_ic(signal)) for signal in signals)


def _sizes(members: int) -> list[int]:
    """1, 2, 5, 10, 20, 50 … up to the number of members, and that number."""
    round_ones = (step * 10**power for power in range(6) for step in (1, 2, 5))
    return [*(size for size in round_ones if size < members), *([members] if members else [])]
