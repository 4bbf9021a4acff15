"""How a search is driven: ask for expressions, tell their scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from lode.errors import UsageError
from lode.evidence.behaviour import Behaviour, unknown
from lode.language import Expr
from lode.search.space import SearchSpace

State = dict[str, Any]
"""What a searcher remembers, as JSON takes it: objects, lists, texts, numbers, booleans and null."""


@dataclass(frozen=True, slots=True)
class Scored:
    """An expression and its scores on train, the only sessions that a searcher hears of.

    rank_ic: mean daily rank IC; NaN where no session could be scored.
    t: Newey-West t of the daily rank IC; NaN likewise, and for a constant series.
    coverage: share of the (session, name) cells with a value, in [0, 1].
    added_t: Newey-West t of the daily rank IC of what it adds to the pool, its values less what the pool explains of
        them; NaN where that is not known.
    turnover: share of the book that is traded a session, in [0, 2]; NaN where it is not known.
    behaviour: its daily rank IC in short (`lode.evidence.behaviour`); empty where it is not known.
    """

    expression: Expr
    rank_ic: float
    t: float
    coverage: float
    added_t: float = math.nan
    turnover: float = math.nan
    behaviour: Behaviour = field(default_factory=unknown, compare=False, repr=False)


OPERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "seed": "given by `seed`: a published factor, or one that is proven",
        "sweep": "next in a sequence of small expressions that is fixed beforehand",
        "random": "drawn from the grammar",
        "crossover": "a part of one parent in the place of a part of the other",
        "combination": "two parents joined by an operator",
        "distillation": "a small shape filled with operators, fields and windows of two parents",
        "subtree mutation": "a part of the parent exchanged for a new one, or an operator put around it",
        "point mutation": "one operator or field of the parent exchanged for another",
        "window mutation": "one window of the parent moved",
        "constant mutation": "one number or group of the parent drawn anew",
        "hoist": "a part of the parent exchanged for what stands below it",
        "transposition": "an operator of the parent exchanged with the one below it",
        "surrogate": "a small shape filled by lot, chosen by a model of what paid so far",
        "language model": "proposed by a language model",
        "tree": "a path of a tree search through the grammar",
    }
)
"""What the built-in searchers do to make an expression, with what it means; a third party's may name others."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an expression comes from: what was done (the words of `OPERATIONS`), and to which expressions.

    parents: those that it was made from, the one that it resembles most first; none where it was made from nothing.
    """

    operation: str
    parents: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which part of a search a searcher does: the seed that all shards share, its shard of how many, its budget.

    budget: candidates that it will be asked for; None where nobody knows. UsageError for a shard out of range.
    """

    seed: int
    shard: int = 0
    shards: int = 1
    budget: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.shard < self.shards:
            msg = f"shard {self.shard} of {self.shards}: shards are numbered from 0 to {self.shards - 1}"
            raise UsageError(msg)


class Searcher(Protocol):
    """Proposes expressions and learns from their scores; knows nothing of data, storage or executors.

    The same construction and the same calls give the same expressions, also when the searcher was stored and restored
    in between (`lode.search.checkpoint`).
    """

    name: str
    """The name under which `make_searcher` makes it."""
    space: SearchSpace
    assignment: Assignment

    def ask(self, n: int) -> list[Expr]:
        """Up to `n` expressions, each well-typed and never asked before; fewer when the space runs dry, then none."""
        ...

    def tell(self, scores: Sequence[Scored]) -> None:
        """Learn from scores: of what was asked, and of what any shard found in an earlier epoch.

        What is told is not asked again. A score that is NaN counts as a failed try.
        """
        ...

    def seed(self, expressions: Sequence[Expr]) -> int:
        """Ask for these first; returns how many were skipped, since they do not fit the space or were asked before."""
        ...

    def origin(self, expression: Expr) -> Origin:
        """Where an expression of the latest ask comes from; UsageError for any other."""
        ...

    def state(self) -> State:
        """All that `restore` needs on a searcher of the same construction."""
        ...

    def restore(self, state: State) -> None:
        """Go on where the searcher that gave `state` was."""
        ...
