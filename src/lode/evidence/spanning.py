"""A spanning set: few candidates that together tell what all of them tell, each adding more than its length costs.

By |t| alone mixtures crowd out what they are made of: where two things predict, a formula that joins them has a larger
t than each. Here a candidate counts for what it adds to the others, by its partial rank IC: what is left of its rank IC
once the ranks of the others are taken from its own (Fama and MacBeth's slope with slopes that stay). Of a mixture
nothing is left beside its parts, and of a part beside the mixture hardly more; since every node costs, the shorter
stand. Candidates enter from the shortest to the longest; one leaves when others have made it worthless, and gives its
place to one that does its work better, by a standard error where that one is longer.

A candidate is charged 2 for each node and 4 for itself, in squares of t (as Akaike's criterion charges for parameters),
so one of three nodes needs a t above 3.2 beside the others, one of nine 4.7. Its t is told by the standard error of its
own rank IC. Of those that pass, the largest partial rank IC goes first, at one standard error for all: by its own, a
variant that quietens a formula's noise, and loses some of what it says, would go before the formula. One of whose
variance the others leave less than a quarter is out: what it says has been said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_PER_NODE, _PER_FORMULA = 2.0, 4.0
_OWN = 0.25
_RIDGE = 1e-3
_ROUNDS = 200
_DIGITS = 6  # ties go by place, whatever the last digits of a sum are


def charge(size: NDArray[np.integer]) -> Floats:
    """What formulas of so many nodes have to add, in squares of t."""
    return _PER_NODE * size.astype(np.float64) + _PER_FORMULA


@dataclass(frozen=True, eq=False)
class Contenders:
    """Candidates side by side, (candidates,): mean daily rank IC on train and its t, both finite and not 0; nodes.

    likeness: (candidates, candidates), mean daily rank correlation of their values.
    """

    rank_ic: Floats
    t: Floats
    size: NDArray[np.int64]
    likeness: Floats

    @cached_property
    def charge(self) -> Floats:
        """What each has to add, in squares of t."""
        return charge(self.size)

    @cached_property
    def _usual_error(self) -> float:
        return float(np.median(np.abs(self.rank_ic / self.t)))

    def worth(self, given: Sequence[int]) -> Floats:
        """What each adds to those that are given, in squares of t at the usual standard error, less its charge.

        Minus infinity for one whose t beside them is too small, or of which less than a quarter is its own.
        """
        partial, left = self._partial(given)
        worth = (partial / self._usual_error) ** 2 - self.charge
        passes = ((partial * self.t / self.rank_ic) ** 2 > self.charge) & (left >= _OWN)
        return np.where(passes, worth, -np.inf).round(_DIGITS)

    def added_t(self, members: Sequence[int]) -> Floats:
        """T of each one's partial rank IC beside the members other than itself, in the sign of the partial rank IC.

        The standard error is that of its own rank IC, and a t too small where the others leave less than a quarter of
        its variance. NaN for a rank IC of 0.
        """
        partial = self._partial(members)[0]
        for member in members:
            partial[member] = self._partial(_without(members, member))[0][member]
        return np.divide(partial * self.t, self.rank_ic, out=np.full_like(partial, np.nan), where=self.rank_ic != 0)

    def _partial(self, given: Sequence[int]) -> tuple[Floats, Floats]:
        """Partial rank ICs, and the share of each one's variance that the others leave."""
        if not given:
            return self.rank_ic.copy(), np.ones_like(self.rank_ic)
        places = list(given)
        among = self.likeness[np.ix_(places, places)] + _RIDGE * np.eye(len(places))
        slopes = np.linalg.solve(among, self.likeness[places])
        left = 1 - np.einsum("gc,gc->c", slopes, self.likeness[places])
        rest = self.rank_ic - self.rank_ic[places] @ slopes
        return rest / np.sqrt(np.maximum(left, _OWN)), left


def spanning_set(contenders: Contenders, most: int) -> list[int]:
    """Places of the set's members, the largest |t| first; at most `most`."""
    chosen: list[int] = []
    for size in np.unique(contenders.size):
        chosen = _settled(contenders, chosen, contenders.size <= size, most)
    return sorted(chosen, key=lambda place: (-abs(contenders.t[place]), place))


def _settled(contenders: Contenders, chosen: list[int], allowed: Flags, most: int) -> list[int]:
    """The set once nothing that is allowed would enter, leave or give its place; or when it begins to turn round."""
    seen: set[frozenset[int]] = set()
    for _ in range(_ROUNDS):
        grown = _entered(contenders, chosen, allowed) if len(chosen) < most else chosen
        after = _pruned(contenders, grown if grown != chosen else _replaced(contenders, chosen, allowed))
        if after == chosen or frozenset(after) in seen:
            return chosen
        seen.add(frozenset(after))
        chosen = after
    return chosen


def _entered(contenders: Contenders, chosen: list[int], allowed: Flags) -> list[int]:
    """The set with the one that adds most."""
    worth = np.where(allowed, contenders.worth(chosen), -np.inf)
    worth[chosen] = -np.inf
    best = int(worth.argmax())
    return [*chosen, best] if worth[best] > 0 else chosen


def _pruned(contenders: Contenders, chosen: list[int]) -> list[int]:
    """The set without those that add less than they cost, the least first."""
    while chosen:
        worths = [float(contenders.worth(_without(chosen, place))[place]) for place in chosen]
        if min(worths) > 0:
            break
        chosen = _without(chosen, chosen[int(np.argmin(worths))])
    return chosen


def _replaced(contenders: Contenders, chosen: list[int], allowed: Flags) -> list[int]:
    """The set with each member's place given to whoever fills it best; to a longer one only by a standard error."""
    for place in chosen:
        rest = _without(chosen, place)
        worth = contenders.worth(rest)
        adds = np.sqrt(max(worth[place] + contenders.charge[place], 0.0))  # another's place may have changed hands
        at_least = adds + (contenders.size > contenders.size[place])
        better = allowed & (worth > worth[place]) & (worth + contenders.charge > at_least**2)
        better[rest] = False
        if better.any():
            chosen = [*rest, int(np.where(better, worth, -np.inf).argmax())]
    return chosen


def _without(chosen: Sequence[int], place: int) -> list[int]:
    return [other for other in chosen if other != place]
