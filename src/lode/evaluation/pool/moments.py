"""What a linear pool is fitted from: each session's moments of its members and of the return that follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.pool.members import MemberRanks
from lode.evaluation.ranks import average_ranks

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Moments:
    """Cross-sectional moments by session, over its names with a label and at least one member's value.

    gram: (sessions, members, members), covariance of the members' z. target: (sessions, members), covariance of z with
    the label's standardised rank: a member's rank IC of the session where it covers every name. used: (sessions,),
    whether the session has `min_names` such names and its labels differ; the others are zero. A session's mean is taken
    out of everything, and each session counts the same, however many names it has.
    """

    gram: Matrix
    target: Matrix
    used: NDArray[np.bool_]

    @classmethod
    def of(cls, ranks: MemberRanks, forward: Floats, *, min_names: int = 10) -> Moments:
        """Moments of members and forward returns, (sessions, names), NaN where missing.

        A block of sessions is in memory at a time, and members × members sums of every session.
        """
        sessions, members = ranks.shape[0], len(ranks)
        gram, target = np.zeros((sessions, members, members)), np.zeros((sessions, members))
        used = np.zeros(sessions, np.bool_)
        for block, z, known in ranks.blocks() if members else ():
            y, there = labels(forward[block], known, min_names=min_names)
            used[block] = there.any(axis=1)
            share = there / np.maximum(there.sum(axis=1, keepdims=True), 1)
            by_session = np.ascontiguousarray(z.transpose(1, 0, 2))
            around = (by_session - np.einsum("tmn,tn->tm", by_session, share)[:, :, None]) * there[:, None, :]
            weighted = around * share[:, None, :]
            # BLAS would wake its threads for each session, which takes longer than the product
            gram[block] = np.einsum("tmn,tkn->tmk", weighted, around)
            target[block] = np.einsum("tmn,tn->tm", weighted, y)
        return cls(gram, target, used)

    def over(self, rows: Places) -> tuple[Matrix, Matrix]:
        """Mean gram (members, members) and target (members,) of those of the rows that are used; zero without any."""
        kept = rows[self.used[rows]]
        if not len(kept):
            return np.zeros(self.gram.shape[1:]), np.zeros(self.target.shape[1])
        return self.gram[kept].mean(axis=0), self.target[kept].mean(axis=0)

    def correlations(self, rows: Places, weights: Matrix) -> Matrix:
        """Correlation of pools' signals with the label's ranks in each used session of the rows, (used, pools).

        weights: (pools, members). Zero where a signal does not vary.
        """
        kept = rows[self.used[rows]]
        variance = np.einsum("tmp,pm->tp", self.gram[kept] @ weights.T, weights)
        covariance = self.target[kept] @ weights.T
        correlation = np.zeros_like(covariance)
        np.divide(covariance, np.sqrt(np.maximum(variance, 0)), out=correlation, where=variance > 1e-18)
        return correlation


def labels(forward: Floats, known: NDArray[np.bool_], *, min_names: int) -> tuple[Matrix, NDArray[np.bool_]]:
    """Standardised ranks of forward returns, zero where they do not count, and where they do; both (sessions, names).

    known: (members, sessions, names). They count where there is a return and a member's value, in a session with
    `min_names` of these that are not all of the same return.
    """
    there = np.isfinite(forward) & known.any(axis=0)
    names = there.sum(axis=1, keepdims=True)
    ranks = average_ranks(np.where(there, forward, np.nan)).astype(np.float64)
    centred = np.where(there, ranks - (names + 1) / 2, 0)
    spread = np.sqrt(np.einsum("tn,tn->t", centred, centred)[:, None] / np.maximum(names, 1))
    counts = (names >= min_names) & (spread > 0)
    y = np.divide(centred, spread, out=np.zeros_like(centred), where=counts)
    return y, there & counts
