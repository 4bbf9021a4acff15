"""Which of many candidates are looked at for the spanning set: the values of a hundred thousand are too many.

First come the 200 that are worth most by themselves, of those that add more than they cost. Then, at most four times
and as long as it changes, the set of those that were looked at is found, and 80 more come: those whose behaviours
(daily rank ICs in short, which every trial has) say that they add most to the set. A candidate whose behaviour
correlates by .9 or more with that of one before it, which is no longer than it, is left out; at the end five of each
member's kin are looked at after all, since one of them may do its work better.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lode.evidence.behaviour import STRETCHES, Behaviour, filled, intercept_t, unit_rows, unknown
from lode.evidence.likeness import Sample, Values
from lode.evidence.spanning import Contenders, Floats, charge, spanning_set

_LEAST_T = 2.0
_FIRST, _MORE, _TIMES, _KIN = 200, 80, 4, 5
_SAME, _AKIN = 0.9, 0.8
_CELLS = 1 << 16
_FEWEST_SESSIONS = 32
_BLOCK, _ROWS = 64, 8192


@dataclass(frozen=True, eq=False)
class Candidate:
    """A scored formula: t of its daily rank IC on train, and what else is known of it.

    rank_ic: mean daily rank IC on train, NaN where unknown; size: its nodes, 0 where unknown; behaviour: may be empty.
    """

    id: str
    t: float
    rank_ic: float = math.nan
    size: int = 0
    behaviour: Behaviour = field(default_factory=unknown)


def spanning_candidates(candidates: Sequence[Candidate], values: Callable[[str], Values], most: int) -> list[str]:
    """Ids of at most `most` candidates that span all of them, the largest |t| first.

    Only those of which rank IC and size are known can be members, and only with a |t| of 2 or more by themselves.
    values: of an id, (train sessions, names), NaN where missing; valid until the next is asked for.
    """
    known = sorted((c for c in candidates if _complete(c)), key=lambda candidate: candidate.id)
    contest = _Field(known, values)
    contest.look(contest.distinct(contest.alone, _FIRST))
    before: list[int] = []
    members = contest.span(most)
    for _ in range(_TIMES):
        if members == before:
            break
        contest.look(contest.distinct(contest.added(members), _MORE))
        before, members = members, contest.span(most)
    contest.look(contest.kin(members))
    return [known[place].id for place in contest.span(most)]


def _complete(candidate: Candidate) -> bool:
    """Whether a candidate can be a member."""
    there = math.isfinite(candidate.t) and abs(candidate.t) >= _LEAST_T and candidate.size > 0
    return there and math.isfinite(candidate.rank_ic) and candidate.rank_ic != 0


class _Field:
    """All candidates by their behaviours, and the ranks of those that were looked at."""

    def __init__(self, candidates: Sequence[Candidate], values: Callable[[str], Values]) -> None:
        self._ids, self._values = [candidate.id for candidate in candidates], values
        self._t = np.array([candidate.t for candidate in candidates], float)
        self._rank_ic = np.array([candidate.rank_ic for candidate in candidates], float)
        self._size = np.array([candidate.size for candidate in candidates], np.int64)
        length = max((len(candidate.behaviour) for candidate in candidates), default=STRETCHES)
        self._behaviours = filled([candidate.behaviour for candidate in candidates], length).astype(np.float32)
        self._unit = unit_rows(self._behaviours)
        self._looked: list[int] = []
        self._sketches: list[NDArray[np.float16]] = []
        self._likeness: Floats = np.empty((0, 0))
        self._charge = charge(self._size)

    @property
    def alone(self) -> Floats:
        """What each is worth by itself, in squares of t; minus infinity for one that is worth less than it costs."""
        worth = self._t**2 - self._charge
        return np.where(worth > 0, worth, -np.inf)

    def added(self, members: Sequence[int]) -> Floats:
        """What each is worth beside the members, by its behaviour; where that is not known it adds nothing."""
        heads, starts = self._behaviours[list(members)].astype(np.float64), range(0, len(self._t), _ROWS)
        blocks = [intercept_t(self._behaviours[start : start + _ROWS].astype(np.float64), heads) for start in starts]
        return np.nan_to_num(np.concatenate(blocks)) ** 2 - self._charge

    def distinct(self, worth: Floats, most: int) -> list[int]:
        """Places of the worthiest that are new, without those that behave like one that is no longer.

        What is worth minus infinity is left out.
        """
        fresh, kept = np.isfinite(worth), np.zeros((most, self._unit.shape[1]), np.float32)
        fresh[self._looked] = False
        chosen: list[int] = []
        for place in np.argsort(-worth, kind="stable"):
            if len(chosen) == most:
                break
            alike = np.abs(kept[: len(chosen)] @ self._unit[place]) >= _SAME
            if fresh[place] and not (alike & (self._size[chosen] <= self._size[place])).any():
                kept[len(chosen)] = self._unit[place]
                chosen.append(int(place))
        return chosen

    def kin(self, members: Sequence[int]) -> list[int]:
        """Places of the worthiest of each member's kin that were not looked at."""
        worth = np.abs(self._t * self._rank_ic)
        seen = set(self._looked)
        for member in members:
            akin = np.flatnonzero(np.abs(self._unit @ self._unit[member]) >= _AKIN)
            ordered = akin[np.argsort(-worth[akin], kind="stable")].tolist()
            seen |= set([place for place in ordered if place not in seen][:_KIN])
        return sorted(seen - set(self._looked))

    def look(self, places: Sequence[int]) -> None:
        """Take in the values of candidates."""
        self._sketches += [_sketch(self._values(self._ids[place])) for place in places]
        self._looked += places
        self._likeness = _extended(self._likeness, self._sketches)

    def span(self, most: int) -> list[int]:
        """Places of the spanning set of those that were looked at."""
        at = np.array(self._looked, int)
        if not len(at):
            return []
        contenders = Contenders(self._rank_ic[at], self._t[at], self._size[at], self._likeness)
        return [int(at[place]) for place in spanning_set(contenders, most)]


def _sketch(values: Values) -> NDArray[np.float16]:
    """Ranks of sessions spread evenly in one row of length one: their products are mean rank correlations."""
    most = max(_CELLS // max(values.shape[1], 1), _FEWEST_SESSIONS)
    row = Sample.of(values, most).ranks.ravel()
    return (row / max(float(np.sqrt(row @ row)), 1e-12)).astype(np.float16)


def _extended(known: Floats, sketches: Sequence[NDArray[np.float16]]) -> Floats:
    """The correlation of each with each, of which those of the first ones are known."""
    old, whole = len(known), np.eye(len(sketches))
    whole[:old, :old] = known
    for start in range(old, len(sketches), _BLOCK):
        rows = np.array(sketches[start : start + _BLOCK], np.float32)
        for other in range(0, len(sketches), _BLOCK):
            block = rows @ np.array(sketches[other : other + _BLOCK], np.float32).T
            whole[start : start + len(rows), other : other + block.shape[1]] = block
    whole[:old, old:] = whole[old:, :old].T
    np.fill_diagonal(whole, 1.0)
    return whole
