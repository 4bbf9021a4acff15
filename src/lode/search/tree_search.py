"""A tree search: Monte Carlo over the ways to write an expression down, node by node."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from random import Random

from lode.language import Expr
from lode.search.branches import Branch, branches, pruned
from lode.search.derivation import Derivation, Places, steps
from lode.search.gains import Gains
from lode.search.once import OneByOneSearcher, Proposal
from lode.search.protocol import Assignment, Origin, Scored, State
from lode.search.reward import reward
from lode.search.space import SearchSpace

_LARGEST = 11
_DESCENTS = 300
_PLAYOUTS = 4
_MOST_BRANCHES = 20_000
_EXPLORATION = 1.0
_WIDTH, _WIDENING = 1.5, 0.5
_CHANCE = 4.0
_GROWN = 0.6
_TREE = Origin("tree")


class TreeSearcher(OneByOneSearcher):
    """Walks down a tree whose branches are partial expressions, and completes by lot what leaves the tree.

    A branch is chosen by its worth plus an allowance for how seldom it was tried, weighted by how likely the grammar
    holds it (PUCT: Rosin 2011). Its worth mixes the mean with the best of what was found below it, since the best is
    what is looked for (mixmax: Jacobsen, Greve and Togelius 2014). A branch gets further children as the square root
    of its visits (progressive widening: Coulom 2007). Playouts prefer nodes that did well wherever they stood (MAST:
    Finnsson and Björnsson 2008). What does well is entered into the tree as a whole, whoever found it. When the tree
    has grown to 20,000 branches, those that were tried least are cut off.
    """

    name = "tree"

    def __init__(self, space: SearchSpace, assignment: Assignment) -> None:
        super().__init__(space, assignment)
        self._places = Places(self.grammar)
        self._size = min(_LARGEST, space.max_size)
        self._root, self._count = Branch(1.0), 1
        self._gains = Gains()
        self._best = _CHANCE

    def tell(self, scores: Sequence[Scored]) -> None:
        """Pass each reward on to the branches that lead to its expression."""
        super().tell(scores)
        for scored in scores:
            found = reward(scored)
            self._learn(scored.expression, max(found, 0.0) if isfinite(found) else 0.0)

    def state(self) -> State:
        """What was asked, the tree, and what playouts prefer."""
        learnt = {"best": self._best, "tree": branches(self._root), "gains": self._gains.state()}
        return super().state() | learnt

    def restore(self, state: State) -> None:
        """Go on where the searcher that gave `state` was."""
        super().restore(state)
        self._best = state["best"]
        self._root = Branch.of(state["tree"])
        self._count = self._root.count()
        self._gains = Gains(state["gains"])

    def _learn(self, expr: Expr, value: float) -> None:
        self._best = max(self._best, value)
        path = list(steps(expr))
        self._gains.learn(expr, value / self._best)
        walk = self._grown(path) if value > _GROWN * self._best else self._root.along(path)
        for branch in walk:
            branch.visits += expr not in self._origins
            branch.learn(value)
        if self._count > _MOST_BRANCHES:
            self._count = pruned(self._root, _MOST_BRANCHES // 2)

    def _grown(self, path: list[str]) -> list[Branch]:
        """The branches of a path, as far as the grammar goes along it; those that are missing are made."""
        derivation, walk = Derivation.start(self._places, self._size), [self._root]
        for step in path:
            chance = derivation.options().get(step)
            if chance is None or not derivation.write(step):
                break
            if step not in walk[-1].children:
                walk[-1].children[step] = Branch(chance)
                self._count += 1
            walk.append(walk[-1].children[step])
        walk[-1].spent |= derivation.whole is not None
        return walk

    def _proposed(self, rng: Random) -> Proposal | None:
        """Walk down until something new is found; None when the tree is spent, or hundreds of walks found nothing."""
        for _ in range(_DESCENTS):
            if self._root.spent:
                break
            expr = self._descent(rng)
            if expr is not None and self.space.holds(expr) and self._new(expr):
                return expr, _TREE
        return None

    def _descent(self, rng: Random) -> Expr | None:
        """Walk down to a new branch and complete it; None where that broke a rule or the walk ended in a spent one."""
        branch, derivation = self._root, Derivation.start(self._places, self._size)
        while True:
            branch.visits += 1
            if derivation.whole is not None:
                branch.spent = True
                return derivation.whole
            step = self._untried(rng, branch, derivation)
            if step is not None:
                return self._expanded(rng, branch, derivation, step)
            step = branch.preferred(self._best, _EXPLORATION)
            if step is None:
                branch.spent = True
                return None
            branch = branch.children[step]
            derivation.write(step)

    def _untried(self, rng: Random, branch: Branch, derivation: Derivation) -> str | None:
        """A child for a branch that may have another; None where it may not, or has all."""
        alive = sum(not child.spent for child in branch.children.values())
        if alive >= max(1.0, _WIDTH * branch.visits**_WIDENING):
            return None
        return self._drawn(rng, derivation, branch.children)

    def _drawn(self, rng: Random, derivation: Derivation, without: dict[str, Branch]) -> str | None:
        """By lot: what the grammar holds likely and what did well before, the likelier."""
        around = derivation.around
        weights = {
            step: chance * self._gains.weight(around, step)
            for step, chance in derivation.options().items()
            if step not in without
        }
        return rng.choices(list(weights), list(weights.values()))[0] if weights else None

    def _expanded(self, rng: Random, branch: Branch, derivation: Derivation, step: str) -> Expr | None:
        """Give a branch a child and complete it by lot."""
        child = branch.children[step] = Branch(derivation.options()[step], visits=1)
        self._count += 1
        child.spent = not derivation.write(step) or derivation.whole is not None
        if child.spent:
            return derivation.whole
        playouts = (self._playout(rng, derivation.copy()) for _ in range(_PLAYOUTS))
        return next((expr for expr in playouts if expr is not None), None)

    def _playout(self, rng: Random, derivation: Derivation) -> Expr | None:
        while derivation.whole is None:
            step = self._drawn(rng, derivation, {})
            if step is None or not derivation.write(step):
                return None
        return derivation.whole
