"""Looks: a factor's daily rank IC over a share of the names, at that share of the cost, and how far it may be off.

The names of a look are drawn once for all candidates. Every session is looked at, so that what moves a factor's rank
IC from day to day, which is mostly common to all names, is all there: only what is each name's own is sampled. The
Spearman correlation of n independent pairs varies by 1 / (n - 1), so a look at n of N names is off by a variance of

    noise = 1 / (n - 1) - 1 / (N - 1) ≈ (1 - n / N) / (n - 1)

a session, independently from one session to the next, since the returns are. (A look at a share of the sessions costs
as much and is off by three times as much: 500 names, a fourth of either, real prices.) Operators across names see the
looked-at names alone; what that adds is measured in the race (`lode.engine.racing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from lode.engine.evaluator import Evaluator
from lode.engine.scoring import Scorer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lode.engine.arrays import Floats, Labels, Mask
    from lode.engine.scoring import Rows, Scores
    from lode.language import Expr

Cell = TypeVar("Cell", bound=np.generic)

FEWEST_NAMES = 50
_LEAST_PAIRS = 3


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look saw of one candidate.

    series: (sessions,) daily rank IC over the looked-at names; NaN where there is none.
    noise: variance of a session's rank IC around that over all names; infinite where no session has one.
    coverage: share of the looked-at tradable cells with a value.
    """

    series: Scores
    noise: float
    coverage: float


class Look:
    """Scores expressions over one in `every` names.

    fields, groups, mask, forward, rows, min_names: as `Evaluator` and `Scorer` take them, of all names.
    """

    def __init__(
        self,
        fields: Mapping[str, Floats],
        forward: Floats,
        *,
        every: int,
        rows: Rows,
        groups: Mapping[str, Labels] = MappingProxyType({}),
        mask: Mask | None = None,
        min_names: int = 10,
        seed: int = 0,
    ) -> None:
        self.names = looked_names(forward, every, seed)
        self.every, self.rows = every, rows
        inside = None if mask is None else self._of(mask)
        self._evaluator = Evaluator(
            {name: self._of(field) for name, field in fields.items()},
            {name: self._of(labels) for name, labels in groups.items()},
            mask=inside,
        )
        self._scorer = Scorer(self._of(forward), rows=rows, min_names=max(_LEAST_PAIRS, min_names // every))
        self._pairs = np.empty(len(np.arange(len(forward))[rows]), np.int32)
        self._cells = max(self._pairs.size * len(self.names) if inside is None else int(inside[rows].sum()), 1)
        self._share = len(self.names) / max(forward.shape[1], 1)

    def looked(self, expressions: Sequence[Expr]) -> Iterator[Looked]:
        """See each expression, in order."""
        for values in self._evaluator.values(expressions):
            series = self._scorer.rank_ic(values, self._pairs)
            seen = self._pairs[np.isfinite(series[self.rows])]
            noise = float((1 / (seen - 1.0)).mean()) * (1 - self._share) if seen.size else np.inf
            coverage = int(np.count_nonzero(np.isfinite(values[self.rows]))) / self._cells
            yield Looked(series, noise, coverage)

    def _of(self, panel: NDArray[Cell]) -> NDArray[Cell]:
        return np.ascontiguousarray(panel[:, self.names])


def looked_names(forward: Floats, every: int, seed: int) -> NDArray[np.intp]:
    """One by lot of each `every` names that have about as many returns; ascending."""
    by_returns = np.argsort(np.isfinite(forward).sum(axis=0), kind="stable")
    lots = np.random.default_rng([seed, every]).integers(every, size=len(by_returns) // every)
    return np.sort(by_returns[np.arange(len(lots)) * every + lots])
