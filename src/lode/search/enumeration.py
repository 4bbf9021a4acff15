"""Enumeration: every idea of the space, the smaller first, until there is none left."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random

from lode.language import Expr
from lode.search.every import every_expression
from lode.search.once import OneByOneSearcher, Proposal
from lode.search.protocol import Assignment, Origin, State
from lode.search.space import SearchSpace

LARGEST = 8
_SWEPT = Origin("sweep")


class EnumerationSearcher(OneByOneSearcher):
    """Goes through every expression up to `largest` nodes (constants counted) in order of size; learns nothing.

    Each idea is asked once, in its smallest form. An idea belongs to one of the shards, to each one in as many as there
    are, so that together they ask for all and no two for the same. When a shard has gone through its part, an ask gives
    fewer, then none.
    """

    name = "enumeration"

    def __init__(self, space: SearchSpace, assignment: Assignment, *, largest: int = LARGEST) -> None:
        super().__init__(space, assignment)
        self._largest = min(largest, space.max_size)
        self._passed = 0
        self._rest = self._all()

    def state(self) -> State:
        """What was asked, and how far it is."""
        return super().state() | {"passed": self._passed}

    def restore(self, state: State) -> None:
        """Go on where the searcher that gave `state` was; what it passed is made again, but not looked at."""
        super().restore(state)
        self._passed = state["passed"]
        self._rest = islice(self._all(), self._passed, None)

    def _all(self) -> Iterator[Expr]:
        return every_expression(self.grammar, self.assignment.seed, self._largest)

    def _proposed(self, rng: Random) -> Proposal | None:  # noqa: ARG002  the order is fixed
        """Give the next idea of this shard; None at the end."""
        for expr in self._rest:
            self._passed += 1
            if int(self._idea(expr), 16) % self.assignment.shards == self.assignment.shard and self._new(expr):
                return expr, _SWEPT
            self._known.clear()
        return None
