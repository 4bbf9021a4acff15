"""What a search has found so far, told apart by behaviour: an expression either varies one of these, or is new.

A head is the best expression of its niche by |t|; no two heads' behaviours correlate by .7 or more, whatever the signs.
What a new expression adds to the heads is measured by the spanning regression: the t of the intercept of its behaviour
on theirs (Huberman and Kandel 1987). An expression that varies a head is not measured against it: to be better than
the head of its own niche is what a niche is for. A stretch without a score counts as a usual one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lode.evidence.behaviour import Behaviour, read, spanning_t, unit, usable, written

Matrix = NDArray[np.float64]

ALIKE = 0.7
LEAST_T = 4.0  # chance gives the best of some thousand tries as much
MOST = 24


@dataclass(frozen=True, eq=False)
class Head:
    """The best of a niche: a key of the caller's, its |t| and its behaviour."""

    key: str
    t: float
    behaviour: Behaviour


class Niches:
    """The heads, the best first."""

    def __init__(self) -> None:
        self._hold([])

    def take(self, key: str, t: float, behaviour: Behaviour) -> bool:
        """Let an expression be a head where it is one; whether the heads have changed."""
        size = abs(t)
        if not size >= LEAST_T or not usable(behaviour):
            return False
        alike = np.abs(self._unit @ unit([behaviour], self._unit.shape[1])[0]) >= ALIKE
        if any(head.t >= size for head, is_alike in zip(self.heads, alike, strict=True) if is_alike):
            return False
        kept = [head for head, is_alike in zip(self.heads, alike, strict=True) if not is_alike]
        self._hold(sorted([*kept, Head(key, size, behaviour)], key=lambda head: -head.t)[:MOST])
        return True

    def place(self, behaviours: Sequence[Behaviour]) -> tuple[NDArray[np.intp], Matrix]:
        """For each expression the head that it varies, -1 for a new one, and the t of what a new one adds, else NaN."""
        niche, added = np.full(len(behaviours), -1), np.full(len(behaviours), np.nan)
        if not self.heads:
            return niche, added
        comparable = np.array([usable(behaviour) for behaviour in behaviours], bool)
        likeness = np.abs(unit(behaviours, self._unit.shape[1]) @ self._unit.T)
        varies = comparable & (likeness.max(axis=1) >= ALIKE)
        niche[varies] = likeness.argmax(axis=1)[varies]
        new = np.flatnonzero(comparable & ~varies)
        if new.size:
            added[new] = spanning_t([behaviours[int(place)] for place in new], [head.behaviour for head in self.heads])
        return niche, added

    def state(self) -> list[dict[str, Any]]:
        """The heads as JSON takes them."""
        return [{"key": head.key, "t": head.t, "behaviour": written(head.behaviour)} for head in self.heads]

    def restore(self, heads: list[dict[str, Any]]) -> None:
        """Take the heads that `state` gave."""
        self._hold([Head(head["key"], head["t"], read(head["behaviour"])) for head in heads])

    def _hold(self, heads: list[Head]) -> None:
        self.heads = heads
        length = len(heads[0].behaviour) if heads else 0
        self._unit = unit([head.behaviour for head in heads], length)
