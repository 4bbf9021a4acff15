"""Daily correlation of a factor's values with the returns that follow them, over one horizon or several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lode.engine.arrays import Floats, checked
from lode.engine.simd import core
from lode.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Rows: TypeAlias = slice | NDArray[np.bool_]

Scores: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ForwardRanks:
    """Forward returns of the scored sessions, ranked once, over one horizon or several.

    A session's names are numbered by their return over the first horizon, smallest first, those without one last: a
    factor's sorted keys that carry these numbers are the ranks of the returns.

    rows: (scored,) session indices.
    number, named: (scored, names) uint32, the number of each name, the name of each number.
    order: (horizons, scored, names) uint32, numbers from the smallest return to the largest, of which the first `known`
        count; the top bit marks one whose return equals that of the one before.
    twice: (horizons, scored, names) int32, by number: twice the average rank counted from 0; -1 where there is none.
    spread: (horizons, scored) sum of squares of `twice` around its mean.
    known: (horizons, scored) int32, how many returns there are.
    """

    rows: NDArray[np.int64]
    number: NDArray[np.uint32]
    named: NDArray[np.uint32]
    order: NDArray[np.uint32]
    twice: NDArray[np.int32]
    spread: Scores
    known: NDArray[np.int32]


def forward_ranks(forward: Sequence[Floats], rows: Rows) -> ForwardRanks:
    """Rank the forward returns (sessions, names) of the sessions in `rows`, by horizon; ties get average ranks."""
    first = forward[0]
    chosen = np.flatnonzero(rows) if isinstance(rows, np.ndarray) else np.arange(len(first))[rows]
    by_name, by_horizon = (len(chosen), first.shape[1]), (len(forward), len(chosen))
    ranks = ForwardRanks(
        rows=chosen.astype(np.int64),
        number=np.empty(by_name, np.uint32),
        named=np.empty(by_name, np.uint32),
        order=np.empty((*by_horizon, first.shape[1]), np.uint32),
        twice=np.empty((*by_horizon, first.shape[1]), np.int32),
        spread=np.empty(by_horizon),
        known=np.empty(by_horizon, np.int32),
    )
    core.number_names(first, ranks.rows, ranks.number, ranks.named)
    for horizon, returns in enumerate(forward):
        core.rank_forward(
            returns, horizon, ranks.rows, ranks.number, ranks.named, ranks.order, ranks.twice, ranks.spread, ranks.known
        )
    return ranks


class Scorer:
    """Scores factor values against forward returns that it ranks once.

    forward: (sessions, names) float32, the simple return earned strictly after each session's close; NaN for missing.
        Several, by horizon, are scored from one ranking of the values, each as if it were alone.
    rows: the sessions to score, a slice or a (sessions,) bool array; the others score NaN.
    min_names: fewest names with both a value and a return; below it a session's score is NaN.
    Raises DataError for arrays of another shape or type.
    """

    def __init__(self, forward: Floats | Mapping[int, Floats], *, rows: Rows, min_names: int = 10) -> None:
        by_horizon = {0: forward} if isinstance(forward, np.ndarray) else dict(forward)
        if not by_horizon:
            reason = "no forward return was given: a scorer needs one (sessions, names) array, or several by horizon"
            raise DataError(reason)
        shape: tuple[int, ...] | None = None
        for returns in by_horizon.values():
            checked("forward", returns, np.float32, shape)
            shape = returns.shape
        first = next(iter(by_horizon.values()))
        if isinstance(rows, np.ndarray) and (rows.dtype != np.bool_ or rows.shape != first.shape[:1]):
            reason = f"rows must be a slice or a bool array of {len(first)} sessions, not {rows.dtype} {rows.shape}"
            raise DataError(reason)
        self._forward, self.min_names, self._shape = by_horizon, min_names, first.shape
        self._ranks = forward_ranks(list(by_horizon.values()), rows)

    def rank_ic(self, values: NDArray[Any], pairs: NDArray[np.int32] | None = None) -> Scores:
        """Spearman's correlation per session (sessions,), over the names that have both; ties get average ranks.

        NaN outside of `rows`, below `min_names`, and where the values or the returns of the session are all equal.
        pairs: (scored sessions,), receives how many names have both.
        """
        self._only()
        scores, known = self._rank_ics(values)
        if pairs is not None:
            pairs[:] = known[0]
        return self._spread(scores[0])

    def rank_ics(self, values: NDArray[Any]) -> dict[int, Scores]:
        """`rank_ic` at every horizon, from one ranking of the values."""
        scores, _ = self._rank_ics(values)
        return {horizon: self._spread(each) for horizon, each in zip(self._forward, scores, strict=True)}

    def ic(self, values: NDArray[Any]) -> Scores:
        """Pearson's correlation per session (sessions,), under the same rules."""
        return self.ics(values)[self._only()]

    def ics(self, values: NDArray[Any]) -> dict[int, Scores]:
        """`ic` at every horizon."""
        panel, rows, spread = self._panel(values), self._ranks.rows, {}
        scores = np.empty(len(rows))
        for horizon, forward in self._forward.items():
            core.ic(panel, forward, rows, self.min_names, scores)
            spread[horizon] = self._spread(scores)
        return spread

    def _rank_ics(self, values: NDArray[Any]) -> tuple[Scores, NDArray[np.int32]]:
        """Scores and numbers of pairs, (horizons, scored) each."""
        ranks, panel = self._ranks, self._panel(values)
        scores, pairs = np.empty_like(ranks.spread), np.empty_like(ranks.known)
        core.rank_ic(
            panel,
            ranks.rows,
            ranks.number,
            ranks.named,
            ranks.order,
            ranks.twice,
            ranks.spread,
            ranks.known,
            self.min_names,
            scores,
            pairs,
        )
        return scores, pairs

    def _only(self) -> int:
        if len(self._forward) > 1:
            reason = f"this scorer has the horizons {sorted(self._forward)}; ask for rank_ics or ics, which give each"
            raise DataError(reason)
        return next(iter(self._forward))

    def _panel(self, values: NDArray[Any]) -> Floats:
        panel = np.ascontiguousarray(values, np.float32)
        checked("values", panel, np.float32, self._shape)
        return panel

    def _spread(self, scores: Scores) -> Scores:
        everywhere = np.full(self._shape[0], np.nan)
        everywhere[self._ranks.rows] = scores
        return everywhere
