"""Purged cross-validation: folds of sessions whose labels share no day with the labels that were learned from.

López de Prado (2018), chapters 7 and 12. A label of row t is earned over a span of sessions; where a row of train has a
span in common with a row of test, it knows part of the answer and is purged. Rows whose spans begin within `embargo`
sessions after those of a block of test are left out too, since what they are predicted from is still much the same.

K-fold has each of k blocks of rows, in time order, as its test once. Combinatorial purged cross-validation has every
choice of k of N groups: C(N, k) splits, in which each group is tested in C(N-1, k-1); putting these together, one per
group, makes φ = k/N · C(N, k) paths over all sessions, each of them out of sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.evaluation.labels import check_timing

Rows = NDArray[np.intp]

_MOST_SPLITS = 10_000


@dataclass(frozen=True, eq=False)
class Spans:
    """First and last session, both included, over which the label of each row is earned; each (rows,).

    Raises UsageError for spans that end before they begin, and for rows that are not in time order.
    """

    first: Rows
    last: Rows

    @classmethod
    def of(cls, rows: int, *, horizon: int = 1, delay: int = 1) -> Spans:
        """Spans of forward returns: the label of row t is earned in sessions t + delay + 1 to t + delay + horizon."""
        check_timing(horizon, delay)
        t = np.arange(rows)
        return cls(t + delay + 1, t + delay + horizon)

    def __post_init__(self) -> None:
        if self.first.shape != self.last.shape or self.first.ndim != 1 or (self.last < self.first).any():
            raise UsageError("spans: a first and a last session for each row are needed, the last not before the first")
        if (np.diff(self.first) < 0).any():
            raise UsageError("spans: rows have to be in time order")


@dataclass(frozen=True, eq=False)
class Fold:
    """Rows to learn from and rows to test on, ascending; `groups` are the blocks of rows in the test."""

    train: Rows
    test: Rows
    groups: tuple[int, ...]


def purged_k_fold(spans: Spans, folds: int = 5, *, embargo: int = 0) -> list[Fold]:
    """Folds that test each block of rows once, in time order; blocks are as equal as can be, the first ones larger.

    embargo: sessions after a block of test whose rows are not learned from. A fold's train may be empty.
    """
    return combinatorial_purged(spans, folds, 1, embargo=embargo)


def combinatorial_purged(spans: Spans, groups: int = 6, test_groups: int = 2, *, embargo: int = 0) -> list[Fold]:
    """Folds that test every choice of `test_groups` of `groups` blocks of rows, in lexicographic order.

    Raises UsageError for groups that cannot be made of the rows, and for too many choices.
    """
    rows = len(spans.first)
    if not 1 <= test_groups < groups or groups > rows or embargo < 0 or comb(groups, test_groups) > _MOST_SPLITS:
        raise UsageError(
            f"{test_groups} of {groups} groups of {rows} rows, embargo {embargo}: allowed are 1 to groups - 1 for "
            f"test, as many groups as rows, an embargo from 0, and {_MOST_SPLITS:,} splits"
        )
    blocks = np.array_split(np.arange(rows), groups)
    forbidden = [_too_near(spans, block, embargo) for block in blocks]
    return [_fold(blocks, forbidden, chosen) for chosen in combinations(range(groups), test_groups)]


def backtest_paths(groups: int = 6, test_groups: int = 2) -> Rows:
    """Which fold of `combinatorial_purged` each path takes a group's test from, (paths, groups).

    The j-th path takes, for each group, the j-th fold that tests it. φ = C(groups - 1, test_groups - 1) paths.
    UsageError as there.
    """
    if not 1 <= test_groups < groups or comb(groups, test_groups) > _MOST_SPLITS:
        raise UsageError(f"{test_groups} of {groups} groups: allowed are 1 to groups - 1, {_MOST_SPLITS:,} splits")
    chosen = list(combinations(range(groups), test_groups))
    return np.array([[i for i, tested in enumerate(chosen) if group in tested] for group in range(groups)]).T


def _too_near(spans: Spans, block: Rows, embargo: int) -> NDArray[np.bool_]:
    """Rows that may not be learned from where `block` is tested: the block, its overlaps and its embargo; (rows,)."""
    begin, end = spans.first[block].min(), spans.last[block].max()
    near: NDArray[np.bool_] = (spans.first <= end + embargo) & (spans.last >= begin)
    near[block] = True
    return near


def _fold(blocks: Sequence[Rows], forbidden: Sequence[NDArray[np.bool_]], chosen: tuple[int, ...]) -> Fold:
    near = np.logical_or.reduce([forbidden[group] for group in chosen])
    return Fold(np.flatnonzero(~near), np.concatenate([blocks[group] for group in chosen]), chosen)
