"""Daily correlation of a factor's values with the returns that follow them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lode.engine.arrays import Floats, checked
from lode.engine.ranking import SortBench
from lode.engine.simd import core
from lode.errors import DataError

if TYPE_CHECKING:
    Rows: TypeAlias = slice | NDArray[np.bool_]

Scores: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ForwardRanks:
    """Forward returns of the scored sessions, ranked once.

    rows: (scored,) session indices.
    order: (scored, names) uint32, the names from the smallest return to the largest, of which the first `known` count;
        the top bit marks one whose return equals that of the one before.
    twice: (scored, names) float32, twice the average rank counted from 0; -1 where the return is missing.
    spread: (scored,) sum of squares of `twice` around its mean.
    known: (scored,) int32, how many returns there are.
    """

    rows: NDArray[np.int64]
    order: NDArray[np.uint32]
    twice: Floats
    spread: Scores
    known: NDArray[np.int32]


def forward_ranks(forward: Floats, rows: Rows, bench: SortBench | None = None) -> ForwardRanks:
    """Rank the forward returns (sessions, names) of the sessions in `rows`; ties get average ranks."""
    chosen = np.flatnonzero(rows) if isinstance(rows, np.ndarray) else np.arange(len(forward))[rows]
    shape = (len(chosen), forward.shape[1])
    bench = bench or SortBench(forward.shape[1])
    order, twice, known = np.zeros(shape, np.uint32), np.empty(shape, np.float32), np.zeros(len(chosen), np.int32)
    spread = np.zeros(len(chosen))
    for part in bench.chunks(len(chosen)):
        sessions = chosen[part].astype(np.int64)
        keys = bench.keys[: len(sessions)]
        core.pack(forward[sessions], keys, known[part])
        keys.sort(axis=1)
        core.rank_forward(forward, sessions, keys, known[part], order[part], twice[part], spread[part])
    return ForwardRanks(chosen.astype(np.int64), order, twice, spread, known)


class Scorer:
    """Scores factor values against forward returns that it ranks once.

    forward: (sessions, names) float32, the simple return earned strictly after each session's close; NaN for missing.
    rows: the sessions to score, a slice or a (sessions,) bool array; the others score NaN.
    min_names: fewest names with both a value and a return; below it a session's score is NaN.
    """

    def __init__(self, forward: Floats, *, rows: Rows, min_names: int = 10) -> None:
        checked("forward", forward, np.float32, None)
        if isinstance(rows, np.ndarray) and (rows.dtype != np.bool_ or rows.shape != forward.shape[:1]):
            reason = f"rows must be a slice or a bool array of {len(forward)} sessions, not {rows.dtype} {rows.shape}"
            raise DataError(reason)
        self._bench = SortBench(forward.shape[1])
        self._forward, self.min_names = forward, min_names
        self._ranks = forward_ranks(forward, rows, self._bench)

    def rank_ic(self, values: NDArray[Any]) -> Scores:
        """Spearman's correlation per session (sessions,), over the names that have both; ties get average ranks.

        NaN outside of `rows`, below `min_names`, and where the values or the returns of the session are all equal.
        """
        panel, ranks = self._panel(values), self._ranks
        scores = np.empty(len(ranks.rows))
        for part in self._bench.chunks(len(ranks.rows)):
            rows, twice = ranks.rows[part], ranks.twice[part]
            keys, known = self._bench.keys[: len(rows)], self._bench.known[: len(rows)]
            core.pack_pairs(panel, rows, twice, keys, known)
            keys.sort(axis=1)
            core.rank_ic(
                panel,
                rows,
                keys,
                known,
                ranks.order[part],
                twice,
                ranks.spread[part],
                ranks.known[part],
                self.min_names,
                scores[part],
            )
        return self._spread(scores)

    def ic(self, values: NDArray[Any]) -> Scores:
        """Pearson's correlation per session (sessions,), under the same rules."""
        scores = np.empty(len(self._ranks.rows))
        core.ic(self._panel(values), self._forward, self._ranks.rows, self.min_names, scores)
        return self._spread(scores)

    def _panel(self, values: NDArray[Any]) -> Floats:
        panel = np.ascontiguousarray(values, np.float32)
        checked("values", panel, np.float32, self._forward.shape)
        return panel

    def _spread(self, scores: Scores) -> Scores:
        everywhere = np.full(len(self._forward), np.nan)
        everywhere[self._ranks.rows] = scores
        return everywhere
