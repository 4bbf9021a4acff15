"""Search: where candidates come from. Pure: no data, no storage, no clock.

A searcher is asked for expressions and told their scores on train; it is made by name and stored as JSON.
"""

from __future__ import annotations

from lode.search.checkpoint import dump_searcher, load_searcher
from lode.search.protocol import OPERATIONS, Assignment, Origin, Scored, Searcher, State
from lode.search.registry import BUILT_IN, SEARCHERS, make_searcher
from lode.search.space import SearchSpace

__all__ = [
    "BUILT_IN",
    "OPERATIONS",
    "SEARCHERS",
    "Assignment",
    "Origin",
    "Scored",
    "SearchSpace",
    "Searcher",
    "State",
    "dump_searcher",
    "load_searcher",
    "make_searcher",
]
