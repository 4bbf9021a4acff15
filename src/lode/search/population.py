"""Those that did well, kept so that different ideas stay side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import exp, inf, isfinite
from random import Random

import numpy as np

from lode.language import Unit
from lode.search.idea import skeleton
from lode.search.member import Member
from lode.search.niches import Niches
from lode.search.pareto import fronts
from lode.search.protocol import Scored, State
from lode.search.reward import reward

_CAPACITY = 200
_PER_SKELETON = 6
_SAME_T = 3
_SAME_RANK_IC = 6
_PATIENCE = 12.0
_NICHE_PATIENCE = 60.0
_USUAL, _LEAST = 2.0, 0.1
_PER_FRONT = 0.97
"""How much less likely a member becomes a parent than one of the front before its own."""


class Population:
    """The best by reward; of members with the same scores the smallest, of one skeleton only a few.

    Two expressions whose rank IC and t agree to many digits, whatever their sign, order the names alike: one stays.
    Where behaviours are known, members that behave like something found before stand in its niche, and all others are
    worth what they add to what was found: a search that has found one thing goes on looking for others.
    """

    def __init__(self, units: Mapping[str, Unit]) -> None:
        self._units = units
        self._members: dict[str, Member] = {}
        self._preference: list[float] = []
        self.niches = Niches()

    def __len__(self) -> int:
        return len(self._members)

    @property
    def best(self) -> float:
        """Reward of the best member; minus infinity when there is none."""
        return max((member.worth for member in self._members.values()), default=-inf)

    def add(self, scores: Iterable[Scored]) -> None:
        """Take in each scored expression that earns a place; one without a score never does."""
        added = [member for scored in scores if (member := self._entered(scored)) is not None]
        if not added:
            return
        found = [self.niches.take(m.key, m.scored.t, m.scored.behaviour) for m in added]
        self._place(list(self._members.values()) if any(found) else added)
        self._thin({member.skeleton for member in added})
        self._preference = []

    def _entered(self, scored: Scored) -> Member | None:
        """The member that an expression has become; None where it is worth nothing, or less than its equal."""
        worth = reward(scored)
        if not isfinite(worth):
            return None
        key = f"{abs(scored.rank_ic):.{_SAME_RANK_IC}f} {abs(scored.t):.{_SAME_T}f}"
        old = self._members.get(key)
        if old is not None and worth <= reward(old.scored):
            return None
        shape = skeleton(scored.expression, self._units)
        member = self._members[key] = Member(scored, key, shape, old.children if old else 0)
        return member

    def _place(self, members: list[Member]) -> None:
        """Find the members' niches, and what they are worth beside what was found."""
        niches, added = self.niches.place([member.scored.behaviour for member in members])
        for member, niche, t in zip(members, niches.tolist(), added.tolist(), strict=True):
            member.niche = niche
            member.judge(replace(member.scored, added_t=t) if isfinite(t) else member.scored)

    def _thin(self, shapes: set[str]) -> None:
        alike: dict[str, list[Member]] = {shape: [] for shape in shapes}
        for member in self._members.values():
            if member.skeleton in shapes:
                alike[member.skeleton].append(member)
        for members in alike.values():
            self._drop(members, _PER_SKELETON)
        self._drop(list(self._members.values()), _CAPACITY)

    def _drop(self, members: list[Member], most: int) -> None:
        """Leave the `most` that are worth most."""
        for member in sorted(members, key=lambda member: -member.worth)[most:]:
            del self._members[member.key]

    def choose(self, rng: Random, *, greed: float) -> Member:
        """A parent, of a niche by lot: the better, the less often chosen and the less others surpass it, the likelier.

        Others surpass a member that are no worse in score, size and (where it is known) turnover, and better in one.
        greed: how many times likelier (as a power of e) a member is than one whose reward is less by one. The better
        a niche's best and the fewer children it was given, the likelier the niche.
        """
        liked = dict(zip(self._members, self._liked(), strict=True))
        niches = self._by_niche()
        shares = [_share(members) for members in niches]
        (members,) = rng.choices(niches, shares)
        best = max(member.worth for member in members)
        weights = [liked[m.key] * exp(greed * (m.worth - best)) / (1.0 + m.children / _PATIENCE) for m in members]
        return rng.choices(members, weights)[0]

    def _by_niche(self) -> list[list[Member]]:
        """Members of each niche that has any, and those of none."""
        niches: defaultdict[int, list[Member]] = defaultdict(list)
        for member in self._members.values():
            niches[member.niche].append(member)
        return [niches[niche] for niche in sorted(niches)]

    def _liked(self) -> list[float]:
        """What the Pareto front of each member does to its chance."""
        if not self._preference:
            members = self._members.values()
            objectives = np.array([(m.merit, -m.expression.size, -m.scored.turnover) for m in members])
            self._preference = [_PER_FRONT ** int(front) for front in fronts(objectives)]
        return self._preference

    def choose_other(self, rng: Random) -> Member:
        """A second parent, to take parts from: the best of a skeleton, all that stand out with a fair chance."""
        best: dict[str, Member] = {}
        for member in self._members.values():
            if member.skeleton not in best or member.worth > best[member.skeleton].worth:
                best[member.skeleton] = member
        members = list(best.values())
        return rng.choices(members, [max(m.worth - _USUAL, _LEAST) ** 2 for m in members])[0]

    def state(self) -> State:
        """The members in order, and what was found, as JSON takes them."""
        return {"members": [member.state() for member in self._members.values()], "niches": self.niches.state()}

    def restore(self, state: State) -> None:
        """Take what `state` gave."""
        self.niches.restore(state["niches"])
        members = [Member.of(told, self._units) for told in state["members"]]
        self._members = {member.key: member for member in members}
        self._place(members)
        self._preference = []


def _share(members: list[Member]) -> float:
    best, children = max(member.worth for member in members), sum(member.children for member in members)
    return max(best - _USUAL, _LEAST) / (1.0 + children / _NICHE_PATIENCE)
