"""PBO: how often the strategy that was best in one half of the sessions is a poor one in the other.

Combinatorially symmetric cross-validation (Bailey, Borwein, López de Prado and Zhu 2017):

1. The sessions are cut into S blocks of equal length, in time order.
2. Each of the C(S, S/2) ways to take half of the blocks is a split: they are the sample, the rest is held out.
3. The strategy with the best ratio in the sample has rank r among the N strategies on what is held out; ω = r/(N+1).
4. λ = ln(ω / (1 - ω)). PBO is the share of splits with λ ≤ 0: the chosen strategy is at or below the median.

PBO is near one half where strategies are noise, and near zero where the best one is better in every period. It is about
the selection, not about a strategy: all trials go in, or an honest sample of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
from numpy.typing import NDArray
from scipy import special

from lode.errors import UsageError

Matrix = NDArray[np.float64]

BLOCKS = 16
MOST_BLOCKS = 20
_CHUNK_CELLS = 1 << 15  # what a processor's cache holds
_SESSIONS_A_BLOCK = 2


@dataclass(frozen=True, eq=False)
class Overfitting:
    """What became of the best strategy of each split; NaN and no splits where it cannot be said.

    pbo: share of splits in which it was at or below the median of what is held out. logits: λ, (splits,). in_sample,
    held_out: its Sharpe ratios per observation, (splits,), NaN where that one does not vary. loss: share of splits in
    which it lost on what is held out. slope: of held_out on in_sample; negative where a better past goes with a worse
    future.
    """

    pbo: float
    logits: Matrix
    in_sample: Matrix
    held_out: Matrix
    loss: float
    slope: float


def probability_of_overfitting(returns: NDArray[np.floating], *, blocks: int = BLOCKS) -> Overfitting:
    """PBO of choosing among strategies by their Sharpe ratio (Bailey, Borwein, López de Prado and Zhu 2017).

    returns: (sessions, strategies), of all that was tried, over the same sessions. blocks: S, even, at most 20.
    A session with a missing return is dropped for all; the first sessions are, where S does not divide their number.
    Strategies that do not vary are left out, and where one does not vary in a half it is not chosen there and ranks
    last. NaN with fewer than two strategies or 2 S sessions. Raises UsageError for other numbers of blocks and
    for another shape.
    """
    if blocks < 2 or blocks % 2 or blocks > MOST_BLOCKS:
        raise UsageError(f"{blocks} blocks: allowed is an even number from 2 to {MOST_BLOCKS}")
    known = np.asarray(returns, dtype=np.float64)
    if known.ndim != 2:
        raise UsageError(f"returns of shape {known.shape}: (sessions, strategies) are needed")
    known = known[np.isfinite(known).all(axis=1)]
    known = known[len(known) % blocks :]
    known = known[:, np.ptp(known, axis=0) > 1e-12 * np.abs(known).max(axis=0)] if len(known) else known[:, :0]
    if known.shape[1] < 2 or len(known) < _SESSIONS_A_BLOCK * blocks:
        nothing = np.empty(0)
        return Overfitting(math.nan, nothing, nothing, nothing, math.nan, math.nan)
    pairs = [(_chosen(one, other), _chosen(other, one)) for one, other in _ratios(known, blocks)]
    there, back = ([np.concatenate(parts) for parts in zip(*ways, strict=True)] for ways in zip(*pairs, strict=True))
    logits, inside, outside = (np.concatenate([a, b[::-1]]) for a, b in zip(there, back, strict=True))
    return Overfitting(
        pbo=float((logits <= 0).mean()),
        logits=logits,
        in_sample=inside,
        held_out=outside,
        loss=float((outside < 0).mean()),
        slope=_slope(inside, outside),
    )


def _ratios(known: Matrix, blocks: int) -> Iterator[tuple[Matrix, Matrix]]:
    """Sharpe ratios (splits, strategies) in the sample and on what is held out, some splits at a time.

    Of the first half of the splits: in the order of combinations the others are the same from the last one on, with
    the sample held out.
    """
    middle, scale = known.mean(axis=0), known.std(axis=0)
    z = ((known - middle) / scale).reshape(blocks, -1, known.shape[1])
    sums, squares, count = z.sum(axis=1), (z**2).sum(axis=1), len(known) // 2
    halves = islice(combinations(range(blocks), blocks // 2), math.comb(blocks, blocks // 2) // 2)
    while taken := list(islice(halves, max(1, _CHUNK_CELLS // known.shape[1]))):
        member = np.zeros((len(taken), blocks))
        np.put_along_axis(member, np.array(taken), 1.0, axis=1)
        yield tuple(_sharpe(m @ sums, m @ squares, count, middle / scale) for m in (member, 1 - member))  # type: ignore[misc]


def _sharpe(total: Matrix, squares: Matrix, count: int, middle: Matrix) -> Matrix:
    """Ratio of returns from the sums of what is standardised; -∞ where they do not vary."""
    mean = total / count
    variance = (squares - count * mean**2) / (count - 1)
    ratio = np.full(mean.shape, -np.inf)
    np.divide(mean + middle, np.sqrt(np.maximum(variance, 0)), out=ratio, where=variance > 1e-12)
    return ratio


def _chosen(sample: Matrix, held: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """λ of the strategy that is best in the sample, and its ratios there and on what is held out; (splits,)."""
    best = sample.argmax(axis=1)[:, None]
    inside, outside = (np.take_along_axis(ratios, best, axis=1) for ratios in (sample, held))
    rank = (held < outside).sum(axis=1) + ((held == outside).sum(axis=1) + 1) / 2
    known = (np.where(np.isfinite(ratios[:, 0]), ratios[:, 0], np.nan) for ratios in (inside, outside))
    return special.logit(rank / (held.shape[1] + 1)), *known


def _slope(inside: Matrix, outside: Matrix) -> float:
    both = np.isfinite(inside) & np.isfinite(outside)
    around = inside[both] - inside[both].mean() if both.any() else np.zeros(0)
    spread = float(around @ around)
    return float(around @ outside[both]) / spread if spread > 0 else math.nan
