"""Daily correlation of a factor's values with the returns that follow them, over one horizon or several."""

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
    from collections.abc import Mapping

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
        Several, by horizon, are scored from one ranking of the values, each as if it were alone.
    rows: the sessions to score, a slice or a (sessions,) bool array; the others score NaN.
    min_names: fewest names with both a value and a return; below it a session's score is NaN.
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
        self._bench = SortBench(first.shape[1])
        self._forward, self.min_names = by_horizon, min_names
        self._ranks = {horizon: forward_ranks(returns, rows, self._bench) for horizon, returns in by_horizon.items()}
        self._shape, self._rows = first.shape, next(iter(self._ranks.values())).rows
        self._any = np.zeros((min(self._bench.sessions, len(self._rows)), first.shape[1]), np.float32)

    def rank_ic(self, values: NDArray[Any], pairs: NDArray[np.int32] | None = None) -> Scores:
        """Spearman's correlation per session (sessions,), over the names that have both; ties get average ranks.

        NaN outside of `rows`, below `min_names`, and where the values or the returns of the session are all equal.
        pairs: (scored sessions,), receives how many names have both.
        """
        panel, ranks = self._panel(values), self._only()
        scores = np.empty(len(ranks.rows))
        for part in self._bench.chunks(len(ranks.rows)):
            keys, known = self._sorted(panel, part, ranks.twice[part])
            self._rank_ic(panel, keys, known, ranks, part, scores)
            if pairs is not None:
                pairs[part] = known
        return self._spread(scores)

    def rank_ics(self, values: NDArray[Any]) -> dict[int, Scores]:
        """`rank_ic` at every horizon, from one ranking of the values."""
        panel = self._panel(values)
        scores = {horizon: np.empty(len(self._rows)) for horizon in self._ranks}
        for part in self._bench.chunks(len(self._rows)):
            keys, known = self._sorted(panel, part, self._any[: part.stop - part.start])
            for horizon, ranks in self._ranks.items():
                self._rank_ic(panel, keys, known, ranks, part, scores[horizon])
        return {horizon: self._spread(each) for horizon, each in scores.items()}

    def ic(self, values: NDArray[Any]) -> Scores:
        """Pearson's correlation per session (sessions,), under the same rules."""
        self._only()
        return self.ics(values)[next(iter(self._forward))]

    def ics(self, values: NDArray[Any]) -> dict[int, Scores]:
        """`ic` at every horizon."""
        panel, scores = self._panel(values), np.empty(len(self._rows))
        spread = {}
        for horizon, forward in self._forward.items():
            core.ic(panel, forward, self._rows, self.min_names, scores)
            spread[horizon] = self._spread(scores)
        return spread

    def _sorted(self, panel: Floats, part: slice, twice: Floats) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
        """Sorted keys of the sessions of `part`, of the names whose `twice` is not negative, and how many they are."""
        rows = self._rows[part]
        keys, known = self._bench.keys[: len(rows)], self._bench.known[: len(rows)]
        core.pack_pairs(panel, rows, twice, keys, known)
        keys.sort(axis=1)
        return keys, known

    def _rank_ic(
        self,
        panel: Floats,
        keys: NDArray[np.uint32],
        known: NDArray[np.int32],
        ranks: ForwardRanks,
        part: slice,
        scores: Scores,
    ) -> None:
        """Fill `scores` of `part`; names that are among the keys but have no return are left out."""
        core.rank_ic(
            panel,
            ranks.rows[part],
            keys,
            known,
            ranks.order[part],
            ranks.twice[part],
            ranks.spread[part],
            ranks.known[part],
            self.min_names,
            scores[part],
        )

    def _only(self) -> ForwardRanks:
        if len(self._ranks) > 1:
            reason = f"this scorer has the horizons {sorted(self._ranks)}; ask for rank_ics or ics, which give each"
            raise DataError(reason)
        return next(iter(self._ranks.values()))

    def _panel(self, values: NDArray[Any]) -> Floats:
        panel = np.ascontiguousarray(values, np.float32)
        checked("values", panel, np.float32, self._shape)
        return panel

    def _spread(self, scores: Scores) -> Scores:
        everywhere = np.full(self._shape[0], np.nan)
        everywhere[self._rows] = scores
        return everywhere
