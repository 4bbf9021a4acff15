"""The sweep over small expressions, as far as a searcher has gone with it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from lode.language import Expr
from lode.search.grammar import Grammar
from lode.search.protocol import Assignment
from lode.search.small import small_expressions


class Sweep:
    """The small expressions of a shard in their order, `passed` of them gone through."""

    def __init__(self, grammar: Grammar, assignment: Assignment, passed: int = 0) -> None:
        self.passed = passed
        part = small_expressions(grammar, assignment.seed, assignment.shard, assignment.shards)
        self._rest = islice(part, passed, None)

    def next(self, new: Callable[[Expr], bool]) -> Expr | None:
        """The next that is new; None at the end."""
        for expr in self._rest:
            self.passed += 1
            if new(expr):
                return expr
        return None
