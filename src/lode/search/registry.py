"""Searchers by name: the built-in ones, and those that other distributions register."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from lode.errors import UsageError
from lode.language import Unit
from lode.search.enumeration import EnumerationSearcher
from lode.search.genetic import GeneticSearcher
from lode.search.plugins import SearcherFactory, load, registered
from lode.search.proposer import LanguageModelSearcher
from lode.search.protocol import Assignment, Searcher
from lode.search.random_search import RandomSearcher
from lode.search.space import SearchSpace
from lode.search.surrogate import SurrogateSearcher
from lode.search.tree_search import TreeSearcher

BUILT_IN: Mapping[str, SearcherFactory] = {
    EnumerationSearcher.name: EnumerationSearcher,
    GeneticSearcher.name: GeneticSearcher,
    LanguageModelSearcher.name: LanguageModelSearcher,
    RandomSearcher.name: RandomSearcher,
    SurrogateSearcher.name: SurrogateSearcher,
    TreeSearcher.name: TreeSearcher,
}
"""The searchers of this package; another distribution cannot take their names."""


class _Searchers(Mapping[str, SearcherFactory]):
    """All searchers by name; those of other distributions are listed from metadata and imported when taken."""

    def __getitem__(self, name: str) -> SearcherFactory:
        if name in BUILT_IN:
            return BUILT_IN[name]
        if name not in registered():
            raise KeyError(name)
        return load(name)

    def __contains__(self, name: object) -> bool:
        return name in BUILT_IN or name in registered()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*BUILT_IN, *registered()}))

    def __len__(self) -> int:
        return len({*BUILT_IN, *registered()})


SEARCHERS: Mapping[str, SearcherFactory] = _Searchers()
"""Every searcher that `make_searcher` can make; a third party adds its own by an entry point, see `plugins`."""


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
    UsageError lists what exists where a name is unknown, and names the distribution whose searcher cannot be loaded.
    """
    make = factory(name)
    space = SearchSpace.of(fields, history=history, operators=operators)
    return make(space, Assignment(seed, shard, shards, budget))


def factory(name: str) -> SearcherFactory:
    """What makes the searcher of this name; UsageError lists those that exist."""
    if name not in SEARCHERS:
        msg = f"unknown searcher {name!r}; known are {', '.join(SEARCHERS)}"
        raise UsageError(msg)
    return SEARCHERS[name]
