"""What a pool learns from, and what it has learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.evaluation.pool.members import MemberRanks
from lode.evaluation.pool.moments import Moments

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Training:
    """The sessions that a pool's weights are learned from; no other ones should be in it.

    ranks: the members on these sessions. forward: (sessions, names), the returns to predict, NaN where missing.
    folds: rows to learn from and rows to test on, of a cross-validation whose training rows are purged
    (`lode.evidence.cross_validation`); they choose the penalty and are needed where there is one to choose.
    directions: +1 or -1 by member, the sign in which it is bet on; that of its mean correlation here where not given.
    Raises UsageError for returns of another shape than the members'.
    """

    ranks: MemberRanks
    forward: Floats
    folds: Sequence[tuple[Rows, Rows]] = ()
    directions: Mapping[str, int] = field(default_factory=dict)
    min_names: int = 10

    def __post_init__(self) -> None:
        if self.forward.shape != self.ranks.shape:
            raise UsageError(f"forward returns of shape {self.forward.shape}: the members' are {self.ranks.shape}")

    @cached_property
    def moments(self) -> Moments:
        """Moments of every session, computed once for all pools of these members."""
        return Moments.of(self.ranks, self.forward, min_names=self.min_names)

    @cached_property
    def mean(self) -> tuple[Matrix, Matrix]:
        """Mean moments of every session: gram (members, members) and target (members,)."""
        return self.moments.over(np.arange(len(self.forward)))

    @cached_property
    def fold_means(self) -> list[tuple[Matrix, Matrix]]:
        """Mean moments of the rows that each fold learns from."""
        return [self.moments.over(train) for train, _ in self.folds]

    @cached_property
    def signs(self) -> Matrix:
        """Direction of each member, (members,): 1, -1, or 0 where it says nothing."""
        _, target = self.mean
        given = [self.directions.get(member) for member in self.ranks.ids]
        return np.array(
            [
                0.0 if own == 0 else np.sign(own if sign is None else sign)
                for sign, own in zip(given, target, strict=True)
            ]
        )


class Fitted(Protocol):
    """A fitted pool."""

    @property
    def weights(self) -> Mapping[str, float]:
        """By member, absolute values summing to one (all zero where nothing could be learned)."""
        ...

    @property
    def penalty(self) -> float | None:
        """What held the weights back, as a multiple of the members' mean variance; None for a method without one."""
        ...

    def signal(self, ranks: MemberRanks) -> Floats:
        """What the pool says on any sessions of its members, (sessions, names); NaN where no member has a value."""
        ...
