"""What the members of a pool say, as standardised ranks, and their weighted sum.

In each session a member's values become average ranks, centred and divided by their standard deviation:

    z = (r - (n + 1)/2) / s,    s² = mean over its n names of (r - (n + 1)/2)²

so that only the order counts and every member weighs the same, whatever its unit. A name that a member does not cover
stands at the middle, z = 0, as does every name in a session in which the member does not vary (Gu, Kelly and Xiu 2020
fill characteristics the same way). The signal of a pool is Σ w z; it is missing where no member with a weight has a
value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.evaluation.ranks import average_ranks, row_blocks

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

_MOST_NAMES_IN_TWO_BYTES = 32_767
_SIGNALS_AT_ONCE = 8
_DIGITS = 12


def pool_signal(values_by_member: Mapping[str, NDArray[np.floating]], weights: Mapping[str, float]) -> Floats:
    """Σ w z of members' values, (sessions, names) float32, on whatever sessions are handed in.

    values_by_member: (sessions, names) by member, NaN where missing; those without a weight are not looked at.
    weights: by member; one that is not zero needs its values, or UsageError. Each session stands for itself, so that a
    stretch of sessions has the same signal as it has within a longer one. All NaN where no weight is other than zero.
    """
    held = {member: weight for member, weight in weights.items() if weight}
    if missing := sorted(set(held) - set(values_by_member)):
        raise UsageError(
            f"no values of {', '.join(missing)}: a pool's signal takes those of every member with a weight"
        )
    shapes = [values.shape for values in values_by_member.values()]
    if not shapes:
        raise UsageError("a pool's signal takes the values of at least one member: their shape is that of the signal")
    ranks = MemberRanks(shapes[0])
    for member in held:
        ranks.add(member, values_by_member[member])
    return next(ranks.signals([held]))


class MemberRanks:
    """Ranks of members over the same sessions and names, two bytes a cell (four beyond 32,767 names)."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        sessions, names = shape
        self.shape = (sessions, names)
        self.ids: list[str] = []
        self._dtype = np.uint16 if names <= _MOST_NAMES_IN_TWO_BYTES else np.uint32
        self._twice: list[NDArray[np.unsignedinteger]] = []  # twice the average rank, 0 where missing
        self._middle: list[Floats] = []
        self._scale: list[Matrix] = []

    def add(self, member: str, values: NDArray[np.floating]) -> None:
        """Rank a member's values, (sessions, names), NaN where missing; UsageError for another shape or a second time.

        The array is not kept.
        """
        if member in self.ids:
            raise UsageError(f"{member} is in the pool already: a member stands there once")
        if values.shape != self.shape:
            raise UsageError(f"values of {member} of shape {values.shape}: the pool's are {self.shape}")
        twice = np.nan_to_num(2 * average_ranks(values))
        known = twice > 0
        names = known.sum(axis=1, keepdims=True)
        centred = np.where(known, twice - (names + 1), 0).astype(np.float64)
        spread = np.sqrt(np.einsum("tn,tn->t", centred, centred)[:, None] / np.maximum(names, 1))
        self.ids.append(member)
        self._twice.append(twice.astype(self._dtype))
        self._middle.append((names + 1).astype(np.float32))
        self._scale.append(np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0))

    def without(self, member: str) -> MemberRanks:
        """The same members, of which one has no value anywhere."""
        at, others = self.ids.index(member), MemberRanks(self.shape)
        others.ids, others._middle, others._scale = self.ids, self._middle, self._scale
        others._twice = [np.zeros_like(twice) if i == at else twice for i, twice in enumerate(self._twice)]
        return others

    def __len__(self) -> int:
        return len(self.ids)

    def blocks(self) -> Iterator[tuple[slice, Matrix, NDArray[np.bool_]]]:
        """Sessions in blocks, with z and whether it is known there, both (members, sessions of the block, names)."""
        for block in row_blocks(self.shape):
            sessions = len(range(*block.indices(self.shape[0])))
            z = np.empty((len(self), sessions, self.shape[1]))
            known = np.empty(z.shape, np.bool_)
            for at, (twice, middle, scale) in enumerate(zip(self._twice, self._middle, self._scale, strict=True)):
                known[at] = twice[block] > 0
                np.subtract(twice[block], middle[block], out=z[at])
                z[at] *= scale[block]
                z[at] *= known[at]
            yield block, z, known

    def signals(self, weights: Sequence[Mapping[str, float]]) -> Iterator[Floats]:
        """Σ w z for each of several pools, (sessions, names) float32; summed in float64, so that equal sums stay equal.

        weights: by member; a member that is not named has none.
        """
        rows = np.array([[each.get(member, 0.0) for member in self.ids] for each in weights], dtype=np.float64)
        rows = rows.reshape(len(weights), len(self))
        for start in range(0, len(rows), _SIGNALS_AT_ONCE):
            yield from self._signals(rows[start : start + _SIGNALS_AT_ONCE])

    def _signals(self, weights: Matrix) -> NDArray[np.float32]:
        """Signals of weights (pools, members), (pools, sessions, names)."""
        signals = np.full((len(weights), *self.shape), np.nan, np.float32)
        if not len(self):
            return signals
        size = np.abs(weights).sum(axis=1)[:, None, None]
        share = weights / np.where(size > 0, size, 1)[:, :, 0]
        for block, z, known in self.blocks():
            total = np.round(np.tensordot(share, z, axes=1), _DIGITS)  # what rounding leaves is no difference
            covered = np.tensordot((weights != 0).astype(np.float32), known.astype(np.float32), axes=1) > 0
            signals[:, block] = np.where(covered, total * size, np.nan)
        return signals
