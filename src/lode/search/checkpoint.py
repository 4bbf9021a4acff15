"""A searcher as JSON, so that a shard that was cut off goes on as if it had not been."""

from __future__ import annotations

import json
from dataclasses import asdict

from lode.errors import DataError
from lode.search.protocol import Assignment, Searcher
from lode.search.registry import factory
from lode.search.space import SearchSpace

_VERSION = 2


def dump_searcher(searcher: Searcher) -> str:
    """The searcher as JSON text; the same searcher gives the same text."""
    return json.dumps(
        {
            "version": _VERSION,
            "searcher": searcher.name,
            "space": searcher.space.to_dict(),
            "assignment": asdict(searcher.assignment),
            "state": searcher.state(),
        },
        allow_nan=False,
    )


def load_searcher(text: str) -> Searcher:
    """The searcher that `dump_searcher` wrote; DataError where the text is another version's."""
    content = json.loads(text)
    if content.get("version") != _VERSION:
        found = content.get("version")
        msg = f"a checkpoint of version {found}; this code reads version {_VERSION}: start the shard anew"
        raise DataError(msg)
    space = SearchSpace.from_dict(content["space"])
    searcher = factory(content["searcher"])(space, Assignment(**content["assignment"]))
    searcher.restore(content["state"])
    return searcher
