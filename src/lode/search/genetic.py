"""The genetic searcher: a sweep over small expressions, then breeding from those that did well."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from random import Random

from lode.language import Expr
from lode.search.once import Proposal
from lode.search.population import Population
from lode.search.protocol import Assignment, Origin, Scored, State
from lode.search.random_search import RandomSearcher
from lode.search.space import SearchSpace
from lode.search.sweep import Sweep
from lode.search.variation import BREEDING, REFINING, bred

_CHANCE, _CERTAINTY = 4.0, 8.0
_SWEEP_MOST, _SWEEP_LEAST = 0.85, 0.15
_FRESH = 0.04
_PAIR_TRIES = 12
_HANDY = 5
_SIZE_SCALE = 3.0
_GROWTH_SCALE = 4.0
_MATERIAL = 1.06
_TIRED = 200.0
_CHILD_TRIES = 8
_REFINING = 0.6
_GREEDY = 1.5
_BROAD = 0.5
_SWEPT = Origin("sweep")


class GeneticSearcher(RandomSearcher):
    """Sweeps small expressions while nothing stands out, and breeds more once something does.

    Each expression asked is, by lot, the next of the sweep, a fresh random one, or a child of the population. What
    stands out is a reward beyond what chance gives the best of some thousand tries. When children have long brought
    nothing materially better, the sweep gets its share back: breeding on would only fit the noise around the best.

    Shards are islands, and each keeps members of different behaviour and shape side by side. Layers of age (Hornby
    2006) were measured and left out: they found no more (docs/explanation/searchers.md).
    """

    name = "genetic"

    def __init__(self, space: SearchSpace, assignment: Assignment) -> None:
        super().__init__(space, assignment)
        self.population = Population(space.fields)
        self._mark = 0.0
        self._children = 0
        self._sweep = Sweep(self.grammar, assignment)

    def tell(self, scores: Sequence[Scored]) -> None:
        """Remember what was scored, and keep the best as parents."""
        super().tell(scores)
        self.population.add(scores)
        if self.population.best > self._mark * _MATERIAL:
            self._mark, self._children = self.population.best, 0

    def state(self) -> State:
        """What was asked, how far the sweep is, and the population."""
        return super().state() | {
            "swept": self._sweep.passed,
            "mark": self._mark,
            "children": self._children,
            "population": self.population.state(),
        }

    def restore(self, state: State) -> None:
        """Go on where the searcher that gave `state` was."""
        super().restore(state)
        self.population.restore(state["population"])
        self._mark = state["mark"]
        self._children = state["children"]
        self._sweep = Sweep(self.grammar, self.assignment, state["swept"])

    def _proposed(self, rng: Random) -> Proposal | None:
        """By lot: the next of the sweep, a child, a random expression; what gives nothing leaves it to the next."""
        lot = rng.random()
        if lot < self._sweep_share() and (expr := self._sweep.next(self._new)) is not None:
            return expr, _SWEPT
        if lot < 1 - _FRESH and len(self.population) and (child := self._child(rng)) is not None:
            return child
        return super()._proposed(rng)

    def _sweep_share(self) -> float:
        """Share of what is asked that the sweep gives: less, the surer the best is, as long as it gets better."""
        found = min(max((self.population.best - _CHANCE) / (_CERTAINTY - _CHANCE), 0.0), 1.0)
        return _SWEEP_MOST - (_SWEEP_MOST - _SWEEP_LEAST) * found * exp(-self._children / _TIRED)

    def _child(self, rng: Random) -> Proposal | None:
        refining = rng.random() < _REFINING
        greed, moves = (_GREEDY, REFINING) if refining else (_BROAD, BREEDING)
        for _pair in range(_PAIR_TRIES):
            parent, other = self.population.choose(rng, greed=greed), self.population.choose_other(rng)
            parent.children += 1
            self._children += 1
            for _ in range(_CHILD_TRIES):
                child = bred(self.grammar, rng, (parent.expression, other.expression), moves)
                if child is not None and self._handy(rng, child[0], parent.expression) and self._new(child[0]):
                    return child
        return None

    @staticmethod
    def _handy(rng: Random, child: Expr, parent: Expr) -> bool:
        """Whether a child is let through: the less often the larger it is, since many nodes fit noise easily."""
        excess, growth = max(child.size - _HANDY, 0), max(child.size - parent.size, 0)
        return rng.random() < exp(-excess / _SIZE_SCALE - growth / _GROWTH_SCALE)
