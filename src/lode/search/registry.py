"""Searchers by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from lode.errors import UsageError
from lode.language import Unit
from lode.search.genetic import GeneticSearcher
from lode.search.proposer import LanguageModelSearcher
from lode.search.protocol import Assignment, Searcher
from lode.search.random_search import RandomSearcher
from lode.search.space import SearchSpace

SearcherFactory = Callable[[SearchSpace, Assignment], Searcher]
SEARCHERS: dict[str, SearcherFactory] = {
    GeneticSearcher.name: GeneticSearcher,
    LanguageModelSearcher.name: LanguageModelSearcher,
    RandomSearcher.name: RandomSearcher,
}
"""Every searcher that `make_searcher` can make; a third party adds its own."""


def make_searcher(
    name: str,
    *,
    fields: Mapping[str, Unit],
    seed: int,
    shard: int = 0,
    shards: int = 1,
    budget: int | None = None,
    history: int | None = None,
    operators: Collection[str] | None = None,
) -> Searcher:
    """Make a searcher over the fields that are present.

    fields: the fields of the panel with their units; groups are those whose unit is `Unit.GROUP`.
    seed, shard, shards: give all shards of an epoch the same seed; they divide the small expressions among themselves.
    budget: candidates that this searcher will be asked for, where that is known.
    history: sessions of train, which bound windows and lookback; operators: names, all by default.
    UsageError lists what exists where a name is unknown.
    """
    space = SearchSpace.of(fields, history=history, operators=operators)
    return factory(name)(space, Assignment(seed, shard, shards, budget))


def factory(name: str) -> SearcherFactory:
    """What makes the searcher of this name; UsageError lists those that exist."""
    if name not in SEARCHERS:
        msg = f"unknown searcher {name!r}; known are {', '.join(sorted(SEARCHERS))}"
        raise UsageError(msg)
    return SEARCHERS[name]
