"""What the built-in searchers have in common: each idea is asked once, seeds first, and where each comes from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

from lode.errors import UsageError
from lode.language import Expr, parse
from lode.search.grammar import Grammar
from lode.search.idea import NOTHING, idea
from lode.search.protocol import Assignment, Origin, Scored, State
from lode.search.space import SearchSpace

Proposal = tuple[Expr, Origin]
_SEED = Origin("seed")


class OnceSearcher(ABC):
    """Asks for what `_proposals` makes, each idea once; learns nothing by itself.

    Every ask has a generator of its own, made from the seed, the shard and the number of the ask, so that a stored
    searcher needs to remember no generator.
    """

    name = ""

    def __init__(self, space: SearchSpace, assignment: Assignment) -> None:
        self.space, self.assignment = space, assignment
        self.grammar = Grammar(space)
        self._asks = 0
        self._ideas = {NOTHING}
        self._seeds: deque[Expr] = deque()
        self._known: dict[Expr, str] = {}
        self._origins: dict[Expr, Origin] = {}

    def ask(self, n: int) -> list[Expr]:
        """Up to `n` new expressions: seeds while there are any, then the searcher's own; fewer when it finds none."""
        place = self.assignment
        rng = Random(f"ask {place.seed} {place.shard} {self._asks}")  # noqa: S311  a search, not a secret
        self._asks += 1
        self._origins = {}
        self._origins.update(islice(self._seeded(), n))
        if len(self._origins) < n:
            self._origins.update(islice(self._proposals(rng, n - len(self._origins)), n - len(self._origins)))
        return list(self._origins)

    def tell(self, scores: Sequence[Scored]) -> None:
        """Remember what was scored, so that it is not asked again."""
        for scored in scores:
            self._ideas.add(self._idea(scored.expression))
        self._known.clear()

    def seed(self, expressions: Sequence[Expr]) -> int:
        """Ask for these first; returns how many do not fit, were asked before or are an idea of another of them."""
        waiting = {self._idea(expr) for expr in self._seeds}
        before = len(self._seeds)
        for expr in expressions:
            if self.space.admits(expr) and (key := self._idea(expr)) not in self._ideas | waiting:
                waiting.add(key)
                self._seeds.append(expr)
        return len(expressions) - (len(self._seeds) - before)

    def origin(self, expression: Expr) -> Origin:
        """Where an expression of the latest ask comes from; UsageError for any other."""
        if expression not in self._origins:
            msg = f"{expression} was not asked for in the latest ask of {self.name}; ask for origins before asking on"
            raise UsageError(msg)
        return self._origins[expression]

    def state(self) -> State:
        """What was asked, where the latest came from, and what is left of the seeds."""
        return {
            "asks": self._asks,
            "ideas": sorted(self._ideas),
            "seeds": [str(expr) for expr in self._seeds],
            "origins": [
                [str(expr), origin.operation, *map(str, origin.parents)] for expr, origin in self._origins.items()
            ],
        }

    def restore(self, state: State) -> None:
        """Go on where the searcher that gave `state` was."""
        self._asks = state["asks"]
        self._ideas = set(state["ideas"])
        self._seeds = deque(parse(text) for text in state["seeds"])
        self._known.clear()
        self._origins = {
            parse(text): Origin(operation, tuple(map(parse, parents))) for text, operation, *parents in state["origins"]
        }

    def _seeded(self) -> Iterator[Proposal]:
        while self._seeds:
            if self._new(expr := self._seeds.popleft()):
                yield expr, _SEED

    @abstractmethod
    def _proposals(self, rng: Random, count: int) -> Iterator[Proposal]:
        """New expressions of the searcher's own making, of which `count` will be taken; it ends when none is found."""

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


class OneByOneSearcher(OnceSearcher):
    """Asks for what `_proposed` makes, one expression at a time."""

    def _proposals(self, rng: Random, count: int) -> Iterator[Proposal]:  # noqa: ARG002  others make many at once
        while (proposal := self._proposed(rng)) is not None:
            yield proposal

    @abstractmethod
    def _proposed(self, rng: Random) -> Proposal | None:
        """A new expression of the searcher's own making; None when none was found."""
