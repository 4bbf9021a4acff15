"""A member of a population."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lode.evidence.behaviour import read, written
from lode.language import Expr, Unit, parse
from lode.search.idea import skeleton
from lode.search.protocol import Scored, State
from lode.search.reward import merit, reward


@dataclass
class Member:
    """An expression with its scores, and how many children it has been given.

    key: the same for those that score the same. niche: which of what was found it varies, -1 for none. worth: its
    reward beside what was found; merit: of that, what it scored alone.
    """

    scored: Scored
    key: str
    skeleton: str
    children: int = 0
    niche: int = -1
    worth: float = math.nan
    merit: float = math.nan

    @property
    def expression(self) -> Expr:
        """The expression."""
        return self.scored.expression

    def judge(self, scored: Scored) -> None:
        """Take its worth from scores that may know what it adds."""
        self.worth, self.merit = reward(scored), merit(scored)

    def state(self) -> State:
        """The member as JSON takes it; what it is worth follows from the others."""
        told = self.scored
        return {
            "expression": str(told.expression),
            **{name: _plain(getattr(told, name)) for name in ("rank_ic", "t", "coverage", "added_t", "turnover")},
            "behaviour": written(told.behaviour),
            "key": self.key,
            "children": self.children,
        }

    @classmethod
    def of(cls, state: State, units: Mapping[str, Unit]) -> Member:
        """The member that gave `state`."""
        expression = parse(state["expression"])
        rank_ic, t, coverage, added_t, turnover = (
            math.nan if state[name] is None else state[name]
            for name in ("rank_ic", "t", "coverage", "added_t", "turnover")
        )
        scored = Scored(expression, rank_ic, t, coverage, added_t, turnover, read(state["behaviour"]))
        return cls(scored, state["key"], skeleton(expression, units), state["children"])


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
