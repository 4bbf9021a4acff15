"""Random search: what any other searcher has to beat."""

from __future__ import annotations

from random import Random

from lode.search.once import OneByOneSearcher, Proposal
from lode.search.protocol import Origin

_TRIES = 300
_DRAWN = Origin("random")


class RandomSearcher(OneByOneSearcher):
    """Draws expressions of about eight nodes, each idea once; learns nothing.

    It ends when hundreds of draws in a row bring nothing new.
    """

    name = "random"

    def _proposed(self, rng: Random) -> Proposal | None:
        """Draw a new expression; None when none was found."""
        for _ in range(_TRIES):
            expr = self.grammar.fresh(rng)
            if expr is not None and self._new(expr):
                return expr, _DRAWN
        return None
