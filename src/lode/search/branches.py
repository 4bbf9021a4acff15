"""The tree of a tree search: branches with what was found below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

_MIX = 0.5
"""Weight of the best beside the mean in a branch's worth."""


@dataclass
class Branch:
    """A partial expression, reached by the steps from the root.

    chance: its share among its siblings before anything was known. visits: how often it was walked through. told, total
    and best: number, sum and largest of the rewards found below it. spent: whether nothing new is left below it.
    """

    chance: float
    visits: int = 0
    told: int = 0
    total: float = 0.0
    best: float = 0.0
    spent: bool = False
    children: dict[str, Branch] = field(default_factory=dict)

    def learn(self, value: float) -> None:
        """Take in a reward, at least 0, that was found below."""
        self.told += 1
        self.total += value
        self.best = max(self.best, value)

    def worth(self) -> float:
        """The mean mixed with the best."""
        return (1 - _MIX) * self.total / max(self.told, 1) + _MIX * self.best

    def preferred(self, scale: float, exploration: float) -> str | None:
        """The step to walk on; None where all children are spent. Rewards are counted in `scale`."""
        alive = {step: child for step, child in self.children.items() if not child.spent}
        if not alive:
            return None
        allowance = exploration * sqrt(self.visits) / sum(child.chance for child in alive.values())
        return max(alive, key=lambda s: alive[s].worth() / scale + allowance * alive[s].chance / (1 + alive[s].visits))

    def along(self, steps: Sequence[str]) -> list[Branch]:
        """The branches along a path, this one first, as far as there are any."""
        walk: list[Branch] = [self]
        for step in steps:
            if (child := walk[-1].children.get(step)) is None:
                break
            walk.append(child)
        return walk

    def all(self) -> Iterator[Branch]:
        """This branch and all below it."""
        yield self
        for child in self.children.values():
            yield from child.all()

    def count(self) -> int:
        """Branches below this one, and itself."""
        return sum(1 for _ in self.all())

    @classmethod
    def of(cls, state: Sequence[Any]) -> Branch:
        """The branch that gave `state`, with all below it."""
        chance, visits, told, total, best, spent, children = state
        below = {step: cls.of(child) for step, child in children.items()}
        return cls(chance, visits, told, total, best, bool(spent), below)


def branches(branch: Branch) -> list[Any]:
    """A branch and all below it, as JSON takes them."""
    own = [branch.chance, branch.visits, branch.told, branch.total, branch.best, int(branch.spent)]
    return [*own, {step: branches(child) for step, child in branch.children.items()}]


def pruned(root: Branch, most: int) -> int:
    """Cut leaves off, those with the fewest visits first, until at most `most` branches are left; how many are."""
    fewest, count = 1, root.count()
    while count > most:
        _cut(root, fewest)
        fewest, count = 2 * fewest, root.count()
    return count


def _cut(branch: Branch, fewest: int) -> None:
    for child in branch.children.values():
        _cut(child, fewest)
    branch.children = {
        step: child for step, child in branch.children.items() if child.children or child.visits > fewest
    }
