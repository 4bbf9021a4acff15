"""Ranks of each session's names, a few sessions at a time: pack to keys, sort (numpy's vectorised sort), scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lode.engine.simd import core

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lode.engine.arrays import Floats, Labels

KEYS_AT_ONCE = 1 << 16  # keys and values stay in the second-level cache between the three passes


class SortBench:
    """Room for the keys of a few sessions of `names` names."""

    def __init__(self, names: int) -> None:
        self.sessions = max(1, KEYS_AT_ONCE // max(names, 1))
        self.keys = np.empty((self.sessions, names), np.uint32)
        self.known = np.empty(self.sessions, np.int32)

    def chunks(self, sessions: int) -> Iterator[slice]:
        """Slices that cover `sessions`, each of which fits the bench."""
        for start in range(0, sessions, self.sessions):
            yield slice(start, min(start + self.sessions, sessions))


def rank(x: Floats, out: Floats, bench: SortBench) -> None:
    """(average rank - 1) / (n - 1) among the n known names of each session; 0.5 where n is 1; NaN stays NaN."""
    for part in bench.chunks(len(x)):
        rows = x[part]
        keys, known = bench.keys[: len(rows)], bench.known[: len(rows)]
        core.pack(rows, keys, known)
        keys.sort(axis=1)
        core.rank(rows, keys, known, out[part])


def group_rank(x: Floats, labels: Labels, groups: int, out: Floats, bench: SortBench) -> None:
    """`rank` within each group of a session; NaN where the label is not in [0, groups)."""
    for part in bench.chunks(len(x)):
        rows = x[part]
        keys, known = bench.keys[: len(rows)], bench.known[: len(rows)]
        core.pack(rows, keys, known)
        keys.sort(axis=1)
        core.group_rank(rows, labels[part], keys, known, out[part], groups)
