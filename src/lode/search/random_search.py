"""Random search: what any other searcher has to beat."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from random import Random

from lode.language import Expr, parse
from lode.search.grammar import Grammar
from lode.search.idea import NOTHING, idea
from lode.search.protocol import Assignment, Scored, State
from lode.search.space import SearchSpace

_TRIES = 300


class RandomSearcher:
    """Draws expressions of about eight nodes, each idea once; learns nothing.

    Every ask has a generator of its own, made from the seed, the shard and the number of the ask, so that a stored
    searcher needs to remember no generator.
    """

    name = "random"
    generation = 50

    def __init__(self, space: SearchSpace, assignment: Assignment) -> None:
        self.space, self.assignment = space, assignment
        self.grammar = Grammar(space)
        self._asks = 0
        self._ideas = {NOTHING}
        self._seeds: deque[Expr] = deque()
        self._known: dict[Expr, str] = {}

    def ask(self, n: int) -> list[Expr]:
        """Up to `n` new expressions; fewer when hundreds of draws in a row bring nothing new."""
        place = self.assignment
        rng = Random(f"ask {place.seed} {place.shard} {self._asks}")  # noqa: S311  a search, not a secret
        self._asks += 1
        asked: list[Expr] = []
        while len(asked) < n and (expr := self._next(rng)) is not None:
            asked.append(expr)
        return asked

    def tell(self, scores: Sequence[Scored]) -> None:
        """Remember what was scored, so that it is not asked again."""
        for scored in scores:
            self._ideas.add(self._idea(scored.expression))
        self._known.clear()

    def seed(self, expressions: Sequence[Expr]) -> int:
        """Ask for these first; returns how many do not fit or were asked before."""
        fitting = [expr for expr in expressions if self.space.holds(expr) and self._idea(expr) not in self._ideas]
        self._seeds.extend(fitting)
        return len(expressions) - len(fitting)

    def state(self) -> State:
        """What was asked, and what is left of the seeds."""
        return {
            "asks": self._asks,
            "ideas": sorted(self._ideas),
            "seeds": [str(expr) for expr in self._seeds],
        }

    def restore(self, state: State) -> None:
        """Go on where the searcher that gave `state` was."""
        self._asks = state["asks"]
        self._ideas = set(state["ideas"])
        self._seeds = deque(parse(text) for text in state["seeds"])

    def _next(self, rng: Random) -> Expr | None:
        """What to ask next: a seed, while there are any; None when nothing new was found."""
        while self._seeds:
            if self._new(expr := self._seeds.popleft()):
                return expr
        return self._proposed(rng)

    def _proposed(self, rng: Random) -> Expr | None:
        """A new expression of the searcher's own making; None when none was found."""
        return self._first_new(self.grammar.fresh(rng) for _ in range(_TRIES))

    def _first_new(self, draws: Iterable[Expr | None]) -> Expr | None:
        return next((expr for expr in draws if expr is not None and self._new(expr)), None)

    def _new(self, expr: Expr) -> bool:
        """Whether the idea was never asked; from now on it was."""
        key = self._idea(expr)
        if key in self._ideas:
            return False
        self._ideas.add(key)
        return True

    def _idea(self, expr: Expr) -> str:
        key = self._known.get(expr)
        if key is None:
            key = self._known[expr] = idea(expr, self.space.fields)
        return key
