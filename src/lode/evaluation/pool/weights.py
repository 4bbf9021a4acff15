r"""Linear pools: weights from the members' mean moments.

With C the members' mean daily cross-sectional correlation matrix and c their mean daily rank ICs (moments.py), λ the
penalty and d the mean of C's diagonal where it is not zero:

    ridge         w = (C + λ d I)⁻¹ c                                           Hoerl and Kennard (1970)
    nonnegative   min w'(C + λ d I) w - 2 c'w, every w in its direction's sign   Lawson and Hanson (1974), λ beside it
    rank_average  w = direction                                                  equal weights

Ridge is a cross-sectional regression of the label's ranks on the members', pooled over sessions that count alike: at
λ → 0 the largest mean covariance per unit of mean variance, at λ → ∞ weights in proportion to the members' own rank
ICs. Kozak, Nagel and Santosh (2020) derive the same estimate from a prior under which directions of small variance earn
little. Equal weights are what an estimate has to beat (DeMiguel, Garlappi and Uppal 2009). The weights' scale does not
change a ranking: their absolute values are brought to the sum of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, eigh, solve_triangular

from lode.errors import UsageError
from lode.evaluation.pool.members import MemberRanks
from lode.evaluation.pool.penalty import Solve, choose_penalty
from lode.evaluation.pool.training import Training

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class LinearPool:
    """A pool whose signal is Σ w z; see `Fitted`."""

    weights: Mapping[str, float]
    penalty: float | None = None

    def signal(self, ranks: MemberRanks) -> Floats:
        """Σ w z, (sessions, names)."""
        return next(ranks.signals([self.weights]))


def ridge(training: Training, members: Rows) -> LinearPool:
    """Cross-sectional ridge of the label's ranks on the members', by the penalty that does best in the folds."""
    return _penalised(training, members, _ridge)


def nonnegative(training: Training, members: Rows) -> LinearPool:
    """The same with every weight in the direction of its member, or zero."""
    signs = training.signs[members]

    def solve(gram: Matrix, target: Matrix, penalties: Sequence[float]) -> Matrix:
        return np.array([_nonnegative(gram, target, penalty, signs) for penalty in penalties])

    return _penalised(training, members, solve)


def rank_average(training: Training, members: Rows) -> LinearPool:
    """Equal weights in the members' directions; none for a member that never varies."""
    return LinearPool(_named(training, members, training.signs[members]))


def _penalised(training: Training, members: Rows, solve: Solve) -> LinearPool:
    if not len(members):
        return LinearPool({})
    if not training.folds:
        raise UsageError(
            "a pool with a penalty needs folds: give those of lode.evidence.cross_validation.purged_k_fold"
        )
    penalty = choose_penalty(training, members, solve)
    gram, target = training.mean
    (weights,) = solve(gram[np.ix_(members, members)], target[members], [penalty])
    return LinearPool(_named(training, members, weights), penalty)


def _named(training: Training, members: Rows, weights: Matrix) -> dict[str, float]:
    whole = float(np.abs(weights).sum())
    return {
        training.ranks.ids[member]: float(weight) / whole if whole else 0.0
        for member, weight in zip(members, weights, strict=True)
    }


def _ridge(gram: Matrix, target: Matrix, penalties: Sequence[float]) -> Matrix:
    """(C + λ d I)⁻¹ c for every λ, from one decomposition of C."""
    unit = _mean_variance(gram)
    if not unit:
        return np.zeros((len(penalties), len(target)))
    variances, directions = eigh(gram)
    held_back = variances + unit * np.asarray(penalties)[:, None]
    return np.asarray((directions.T @ target / held_back) @ directions.T)


def _nonnegative(gram: Matrix, target: Matrix, penalty: float, signs: Matrix) -> Matrix:
    """Of |L'v - L⁻¹c|², LL' being the penalised gram in the members' directions, the v ≥ 0 that makes it least."""
    unit = _mean_variance(gram)
    if not unit:
        return np.zeros_like(target)
    from scipy.optimize import nnls  # noqa: PLC0415  a slow import

    lower = cholesky(gram * np.outer(signs, signs) + penalty * unit * np.eye(len(gram)), lower=True)
    found, _ = nnls(lower.T, solve_triangular(lower, signs * target, lower=True))
    return np.asarray(signs * found)


def _mean_variance(gram: Matrix) -> float:
    """d, zero where no member varies. One that does not has no part in it: it changes no other's weight."""
    variances = np.diag(gram)[np.diag(gram) > 0]
    return float(variances.mean()) if len(variances) else 0.0
