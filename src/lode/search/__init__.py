"""Search: where candidates come from. Pure: no data, no storage, no clock.

A searcher is asked for expressions and told their scores on train; it is made by name and stored as JSON.
"""

from __future__ import annotations

from lode.search.checkpoint import dump_searcher, load_searcher
from lode.search.protocol import Assignment, Scored, Searcher
from lode.search.registry import SEARCHERS, make_searcher
from lode.search.space import SearchSpace

__all__ = [
    "SEARCHERS",
    "Assignment",
    "Scored",
    "SearchSpace",
    "Searcher",
    "dump_searcher",
    "load_searcher",
    "make_searcher",
]
