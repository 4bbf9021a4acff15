"""How many independent trials a number of tries amounts to.

A search tries the same idea in many forms. The raw number N, of every expression that was ever scored, is what the
deflated Sharpe ratio takes here: it deflates too much rather than too little. Beside it stand two effective numbers of
the trials' daily scores, both blind to a score's sign, since a factor and its negative are one trial:

- clusters: average linkage (Sokal and Michener 1958) on 1 - |ρ|, cut where the mean |ρ| between clusters falls below
  a threshold, one half unless given; each cluster counts once. López de Prado and Lewis (2019) count clusters too, and
  choose their number by silhouettes, which finds structure in independent series: with a threshold those stay apart.
- the participation ratio of the eigenvalues λ of the correlation matrix, (Σ λ)² / Σ λ² = N / (1 + (N - 1) r²) with r²
  the mean squared correlation between two trials, less the 1/(T - 1) that chance gives it over T sessions. It needs no
  threshold and holds for any N.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.evaluation.newey_west import FEWEST_OBSERVATIONS

Matrix = NDArray[np.float64]

MIN_CORRELATION = 0.5
MOST_CLUSTERED = 5000


@dataclass(frozen=True, eq=False)
class EffectiveTrials:
    """Numbers of trials.

    raw: series handed in. clusters: clusters of those that vary, None where there are more than are clustered or too
    few sessions. participation: the participation ratio, from 1 to the number of series; NaN with too few sessions.
    likeness: r², the mean squared correlation between two of them less what chance gives; 0 of one, NaN of too few
    sessions. labels: cluster of each series, from 0 in the order of first members; -1 where it does not vary or is not
    clustered.
    """

    raw: int
    clusters: int | None
    participation: float
    likeness: float
    labels: NDArray[np.int64]

    def among(self, trials: int) -> float:
        """Participation ratio of `trials` series of which these are a random sample; NaN where this one's is."""
        return trials / (1 + (trials - 1) * self.likeness) if trials else 0.0


def effective_trials(scores: NDArray[np.floating], *, min_correlation: float = MIN_CORRELATION) -> EffectiveTrials:
    """Count the independent trials among score series, (sessions, trials): daily rank ICs, or returns.

    min_correlation: mean |ρ| from which two clusters are one, in (0, 1). Sessions with a missing score are dropped;
    series that do not vary over those that are left count in `raw` only. More than 5,000 series are not clustered:
    distances between all pairs are held; hand in a sample. Raises UsageError for a min_correlation or a shape that is
    not allowed.
    """
    if not 0 < min_correlation < 1:
        raise UsageError(f"min_correlation {min_correlation:g}: allowed is more than 0 and less than 1")
    given = np.asarray(scores, dtype=np.float64)
    if given.ndim != 2:
        raise UsageError(f"scores of shape {given.shape}: (sessions, trials) are needed")
    unit, columns = _unit_series(given[np.isfinite(given).all(axis=1)])
    labels = np.full(given.shape[1], -1, dtype=np.int64)
    if not columns.size:
        return EffectiveTrials(given.shape[1], None, math.nan, math.nan, labels)
    clusters = None
    if columns.size <= MOST_CLUSTERED:
        labels[columns] = _clusters(unit, min_correlation)
        clusters = int(labels.max()) + 1
    likeness, trials = _likeness(unit), columns.size
    return EffectiveTrials(given.shape[1], clusters, trials / (1 + (trials - 1) * likeness), likeness, labels)


def _unit_series(known: Matrix) -> tuple[Matrix, NDArray[np.intp]]:
    """Series less their means at length one, (sessions, those that vary), and their columns."""
    if len(known) < FEWEST_OBSERVATIONS:
        return known[:, :0], np.empty(0, dtype=np.intp)
    columns = np.flatnonzero(np.ptp(known, axis=0) > 1e-12 * np.abs(known).max(axis=0))
    around = known[:, columns] - known[:, columns].mean(axis=0)
    return around / np.sqrt((around**2).sum(axis=0)), columns


def _clusters(unit: Matrix, min_correlation: float) -> NDArray[np.int64]:
    """Cluster of each series, numbered in the order of first members."""
    if unit.shape[1] == 1:
        return np.zeros(1, dtype=np.int64)
    from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415  a slow import, and workers cluster nothing
    from scipy.spatial.distance import squareform  # noqa: PLC0415  the same

    distance = 1 - np.abs(unit.T @ unit)
    pairs = squareform(np.clip(distance, 0, 1), checks=False)
    found = fcluster(linkage(pairs, "average"), 1 - min_correlation, "distance")
    _, first, inverse = np.unique(found, return_index=True, return_inverse=True)
    number = np.empty(first.size, dtype=np.int64)
    number[np.argsort(first)] = np.arange(first.size)
    return number[inverse]


def _likeness(unit: Matrix) -> float:
    """Mean squared correlation between two series, corrected for chance; from 0 to 1."""
    sessions, trials = unit.shape
    if trials == 1:
        return 0.0
    gram = unit @ unit.T if sessions < trials else unit.T @ unit
    squared = (float((gram**2).sum()) - trials) / (trials * (trials - 1))
    chance = 1 / (sessions - 1)
    return float(min(max((squared - chance) / (1 - chance), 0.0), 1.0))
