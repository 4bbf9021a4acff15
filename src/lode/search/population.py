"""Those that did well, kept so that different ideas stay side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf, isfinite
from random import Random

import numpy as np

from lode.language import Expr, Unit, parse
from lode.search.idea import skeleton
from lode.search.pareto import fronts
from lode.search.protocol import Scored, State
from lode.search.reward import merit, reward

_CAPACITY = 200
_PER_SKELETON = 6
_SAME_T = 3
_SAME_RANK_IC = 6
_PATIENCE = 12.0
_USUAL, _LEAST = 2.0, 0.1
_PER_FRONT = 0.97
"""How much less likely a member becomes a parent than one of the front before its own."""


@dataclass
class Member:
    """An expression of the population, what it is worth, and how many children it has been given.

    worth: its reward. merit: of that, what it scored alone. turnover: a session, NaN where it is not known.
    """

    expression: Expr
    worth: float
    merit: float
    turnover: float
    behaviour: str
    skeleton: str
    children: int = 0

    def state(self) -> State:
        """The member as JSON takes it."""
        turnover = None if math.isnan(self.turnover) else self.turnover
        scores = {"worth": self.worth, "merit": self.merit, "turnover": turnover}
        return {"expression": str(self.expression), **scores, "behaviour": self.behaviour, "children": self.children}

    @classmethod
    def of(cls, state: State, units: Mapping[str, Unit]) -> Member:
        """The member that gave `state`."""
        expression = parse(state["expression"])
        turnover = math.nan if state["turnover"] is None else state["turnover"]
        shape = skeleton(expression, units)
        return cls(expression, state["worth"], state["merit"], turnover, state["behaviour"], shape, state["children"])


class Population:
    """The best by reward; of members with the same scores the smallest, of one skeleton only a few.

    Two expressions whose rank IC and t agree to many digits, whatever their sign, order the names alike: one stays.
    """

    def __init__(self, units: Mapping[str, Unit]) -> None:
        self._units = units
        self._members: dict[str, Member] = {}
        self._preference: list[float] = []

    def __len__(self) -> int:
        return len(self._members)

    @property
    def best(self) -> float:
        """Reward of the best member; minus infinity when there is none."""
        return max((member.worth for member in self._members.values()), default=-inf)

    def add(self, scored: Scored) -> None:
        """Take a scored expression in where it earns a place; one without a score never does."""
        worth = reward(scored)
        if not isfinite(worth):
            return
        behaviour = f"{abs(scored.rank_ic):.{_SAME_RANK_IC}f} {abs(scored.t):.{_SAME_T}f}"
        old = self._members.get(behaviour)
        if old is None or worth > old.worth:
            shape = skeleton(scored.expression, self._units)
            children = old.children if old else 0
            self._members[behaviour] = Member(
                scored.expression, worth, merit(scored), scored.turnover, behaviour, shape, children
            )
            self._thin(shape)
            self._preference = []

    def _thin(self, shape: str) -> None:
        alike = [member for member in self._members.values() if member.skeleton == shape]
        if len(alike) > _PER_SKELETON:
            self._drop(alike)
        if len(self._members) > _CAPACITY:
            self._drop(list(self._members.values()))

    def _drop(self, members: list[Member]) -> None:
        del self._members[min(members, key=lambda member: member.worth).behaviour]

    def choose(self, rng: Random, *, greed: float) -> Member:
        """A parent: the better, the less often chosen and the less others surpass it, the likelier.

        Others surpass a member that are no worse in score, size and (where it is known) turnover, and better in one.
        greed: how many times likelier (as a power of e) a member is than one whose reward is less by one.
        """
        members = list(self._members.values())
        best = self.best
        weights = [
            liked * exp(greed * (m.worth - best)) / (1.0 + m.children / _PATIENCE)
            for m, liked in zip(members, self._liked(members), strict=True)
        ]
        return rng.choices(members, weights)[0]

    def _liked(self, members: list[Member]) -> list[float]:
        """What the Pareto front of each member does to its chance."""
        if not self._preference:
            objectives = np.array([(m.merit, -m.expression.size, -m.turnover) for m in members])
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

    def state(self) -> list[State]:
        """The members as JSON takes them, in order."""
        return [member.state() for member in self._members.values()]

    def restore(self, members: list[State]) -> None:
        """Take the members that `state` gave."""
        self._members = {m["behaviour"]: Member.of(m, self._units) for m in members}
        self._preference = []
