"""The best expressions that a searcher has heard of, unlike one another: what a prompt tells of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from lode.language import Unit, parse
from lode.search.idea import skeleton
from lode.search.proposer.prompt import Known
from lode.search.protocol import Scored, State
from lode.search.reward import reward

_MOST = 16
_PER_SKELETON = 2


@dataclass(frozen=True)
class _Place:
    known: Known
    worth: float
    skeleton: str

    @property
    def behaviour(self) -> str:
        """Expressions whose scores agree to many digits, whatever their sign, order the names alike."""
        return f"{abs(self.known.rank_ic):.6f} {abs(self.known.t):.3f}"


class Best:
    """Sixteen at most, by reward, two of one skeleton at most, and one of those that order the names alike."""

    def __init__(self, units: Mapping[str, Unit]) -> None:
        self._units = units
        self._places: list[_Place] = []

    def known(self) -> list[Known]:
        """The best, the best one first."""
        return [place.known for place in self._places]

    def add(self, scored: Scored) -> None:
        """Take a scored expression in where it is among the best; one without a score never is."""
        worth = reward(scored)
        if not isfinite(worth) or (len(self._places) == _MOST and worth <= self._places[-1].worth):
            return
        known = Known(str(scored.expression), scored.rank_ic, scored.t)
        self._places.append(_Place(known, worth, skeleton(scored.expression, self._units)))
        self._places = self._chosen()

    def _chosen(self) -> list[_Place]:
        chosen: list[_Place] = []
        shapes: Counter[str] = Counter()
        behaviours: set[str] = set()
        for place in sorted(self._places, key=lambda place: (-place.worth, place.known.text)):
            if shapes[place.skeleton] < _PER_SKELETON and place.behaviour not in behaviours and len(chosen) < _MOST:
                chosen.append(place)
                shapes[place.skeleton] += 1
                behaviours.add(place.behaviour)
        return chosen

    def state(self) -> list[State]:
        """The best as JSON takes them, in order."""
        return [
            {"expression": p.known.text, "rank_ic": p.known.rank_ic, "t": p.known.t, "worth": p.worth}
            for p in self._places
        ]

    def restore(self, places: list[State]) -> None:
        """Take what `state` gave."""
        self._places = [
            _Place(
                Known(p["expression"], p["rank_ic"], p["t"]),
                p["worth"],
                skeleton(parse(p["expression"]), self._units),
            )
            for p in places
        ]
