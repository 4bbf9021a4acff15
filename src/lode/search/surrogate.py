"""The surrogate searcher: many candidates are made, and a model of what paid so far says which are worth scoring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import isfinite, tanh
from random import Random

import numpy as np

from lode.language import Expr, parse
from lode.search.bayes import LinearModel
from lode.search.features import features
from lode.search.idea import skeleton
from lode.search.once import OnceSearcher, Proposal
from lode.search.population import Population
from lode.search.protocol import Assignment, Origin, Scored, State
from lode.search.reward import reward
from lode.search.space import SearchSpace
from lode.search.sweep import Sweep
from lode.search.variation import BREEDING, REFINING, bred, template

_FIRST = 200
_SWEPT_SHARE = 0.4
_POOL, _LEAST_POOL = 6, 60
_DRAWS = 8
_SPREAD = 0.5
_KEPT_BEST, _KEPT_LATEST = 800, 800
_CROWDED = 0.6
_BRED_SHARE, _TEMPLATE_SHARE = 0.6, 0.3
_REFINING = 0.5
_GREED = 0.7
_IDLE_DRAWS = 300
_SWEPT, _RANDOM, _TEMPLATE = Origin("sweep"), Origin("random"), Origin("surrogate")
_SURE = 5.0


class SurrogateSearcher(OnceSearcher):
    """Asks for what a model of its own finds most promising among many children, small shapes and random draws.

    The model is linear and Bayesian in what an expression is made of (operators, fields, pairs, windows, shape), fitted
    to the best and the latest of what was told. Each place of an ask goes to the candidate that one of a few draws of
    the model's weights holds best (Thompson sampling), less a little for every candidate of its shape that was chosen
    before; the other places go to the sweep over small expressions, which keeps the model from knowing only its
    favourites. Surrogate-assisted genetic programming: Hildebrandt and Branke (2015).
    """

    name = "surrogate"

    def __init__(self, space: SearchSpace, assignment: Assignment) -> None:
        super().__init__(space, assignment)
        self.population = Population(space.fields)
        self._sweep = Sweep(self.grammar, assignment)
        self._told: dict[Expr, float] = {}
        self._rows: dict[Expr, np.ndarray] = {}
        self._shapes: Counter[str] = Counter()

    def tell(self, scores: Sequence[Scored]) -> None:
        """Remember what was scored, for the model and as parents."""
        super().tell(scores)
        self.population.add(scores)
        for scored in scores:
            worth = reward(scored)
            self._told.pop(scored.expression, None)
            self._told[scored.expression] = _SURE * tanh(max(worth, 0.0) / _SURE) if isfinite(worth) else 0.0
            self._shapes[skeleton(scored.expression, self.space.fields)] += 1
        self._forget()

    def state(self) -> State:
        """What was asked, how far the sweep is, the population, and what the model is fitted to."""
        return super().state() | {
            "swept": self._sweep.passed,
            "population": self.population.state(),
            "told": [[str(expr), worth] for expr, worth in self._told.items()],
            "shapes": sorted(self._shapes.items()),
        }

    def restore(self, state: State) -> None:
        """Go on where the searcher that gave `state` was."""
        super().restore(state)
        self.population.restore(state["population"])
        self._sweep = Sweep(self.grammar, self.assignment, state["swept"])
        self._told = {parse(text): worth for text, worth in state["told"]}
        self._shapes = Counter(dict(state["shapes"]))
        self._rows = {}

    def _forget(self) -> None:
        """Keep the best and the latest, in the order in which they were told."""
        if len(self._told) <= _KEPT_BEST + _KEPT_LATEST:
            return
        latest = list(self._told)[-_KEPT_LATEST:]
        earlier = list(self._told)[:-_KEPT_LATEST]
        best = sorted(earlier, key=lambda expr: -self._told[expr])[:_KEPT_BEST]
        kept = {*latest, *best}
        self._told = {expr: worth for expr, worth in self._told.items() if expr in kept}
        self._rows = {expr: row for expr, row in self._rows.items() if expr in kept}

    def _proposals(self, rng: Random, count: int) -> Iterator[Proposal]:
        """The sweep's share, then the model's choice, then whatever is left."""
        swept = count if len(self._told) < _FIRST else round(_SWEPT_SHARE * count)
        yield from self._swept(swept)
        yield from self._chosen(rng, count - swept)
        yield from self._swept(count)
        yield from self._drawn(rng)

    def _swept(self, count: int) -> Iterator[Proposal]:
        for _ in range(count):
            if (expr := self._sweep.next(self._new)) is None:
                return
            yield expr, _SWEPT

    def _drawn(self, rng: Random) -> Iterator[Proposal]:
        """Random expressions, until hundreds of draws in a row bring nothing new."""
        idle = 0
        while idle < _IDLE_DRAWS:
            expr = self.grammar.fresh(rng)
            if expr is not None and self._new(expr):
                idle = 0
                yield expr, _RANDOM
            idle += 1

    def _chosen(self, rng: Random, count: int) -> Iterator[Proposal]:
        """What the model holds best of a pool of candidates."""
        pool = list(self._pool(rng, max(_POOL * count, _LEAST_POOL)).items()) if count else []
        if not pool:
            return
        rows = np.array([features(expr, self.space.fields) for expr, _ in pool])
        draws = self._model().draws(rows, rng, _DRAWS)
        shapes = [skeleton(expr, self.space.fields) for expr, _ in pool]
        crowd = Counter({shape: self._shapes[shape] for shape in shapes})
        for place in range(min(count, len(pool))):
            best = int(np.argmax(draws[place % _DRAWS] - _CROWDED * np.log1p([crowd[shape] for shape in shapes])))
            draws[:, best] = -np.inf
            crowd[shapes[best]] += 1
            if self._new(pool[best][0]):
                yield pool[best]

    def _pool(self, rng: Random, size: int) -> dict[Expr, Origin]:
        """Candidates that were not asked before, as many as so many draws give."""
        pool: dict[Expr, Origin] = {}
        ideas: set[str] = set()
        for _ in range(size):
            made = self._made(rng)
            if made is not None and (key := self._idea(made[0])) not in self._ideas and key not in ideas:
                ideas.add(key)
                pool[made[0]] = made[1]
        return pool

    def _made(self, rng: Random) -> Proposal | None:
        """A candidate: a child of the best, a small shape, or a random expression."""
        lot = rng.random()
        if lot < _BRED_SHARE and len(self.population):
            parent, other = self.population.choose(rng, greed=_GREED), self.population.choose_other(rng)
            moves = REFINING if rng.random() < _REFINING else BREEDING
            return bred(self.grammar, rng, (parent.expression, other.expression), moves)
        if lot < _BRED_SHARE + _TEMPLATE_SHARE:
            expr = template(self.grammar, rng)
            return None if expr is None else (expr, _TEMPLATE)
        expr = self.grammar.fresh(rng)
        return None if expr is None else (expr, _RANDOM)

    def _model(self) -> LinearModel:
        for expr in self._told:
            if expr not in self._rows:
                self._rows[expr] = features(expr, self.space.fields)
        rows = np.array([self._rows[expr] for expr in self._told])
        return LinearModel(rows, np.array(list(self._told.values())), spread=_SPREAD)
