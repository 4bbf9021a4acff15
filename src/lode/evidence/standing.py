"""What a sheet's figures are worth beside the tries that were made: PSR, track record, DSR, PBO, SPA.

PSR and the track record are of the daily returns of the sheet's BRAIN book. DSR is of the daily rank IC, since the
ledger keeps the rank IC of every trial and not its book: the ratio of one session is t/√n with the Newey-West t, that
of the trials t_i/√n_i, and V their variance. PBO is that of choosing, by the Sharpe ratio of the rank book over the
latest sessions, among the factor and those that it was compared with. SPA asks by Hansen's test (superiority.py)
whether the factor's rank book beats that of the best of them, which is taken in the direction that served it best:
hindsight that is against the factor. Its bootstrap has a seed of its own, so that the same sheet has the same p.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evaluation import NeweyWest, Sheet
from lode.evidence.overfitting import probability_of_overfitting
from lode.evidence.sharpe import SharpeEstimate
from lode.evidence.superiority import superior_ability

Series = NDArray[np.float64]

_FEWEST = 20
_COVERED = 0.9  # share of the sessions that a factor has to have: one that lacks a session drops it for all


@dataclass(frozen=True)
class TrialScores:
    """The tries that share a vault: how many, and the variance of their t over that of their sessions, V."""

    count: int
    variance: float


def standing(sheet: Sheet, trials: TrialScores) -> dict[str, float]:
    """Return the figures by name; NaN where undefined.

    psr: probability that the book's true Sharpe ratio is above zero. track_record_sessions: sessions after which that
    is 95 %. trials: their number. dsr: probability that the true ratio of the rank IC is above the best that as many
    tries without skill would show, in the direction that the sheet has. pbo, spa_p: see the module.
    """
    book, beside = _estimate(sheet.daily.books["brain"]), _beside(sheet)
    rank_ic = sheet.horizons[sheet.options.horizon][1].test
    return {
        "psr": book.probabilistic(),
        "track_record_sessions": book.track_record(),
        "trials": float(trials.count),
        "dsr": deflated_rank_ic(sheet.daily.rank_ic, rank_ic, trials),
        "pbo": probability_of_overfitting(beside).pbo,
        "spa_p": _beats_best(beside),
    }


def deflated_rank_ic(daily: Series, test: NeweyWest, trials: TrialScores) -> float:
    """DSR of a daily rank IC in its own direction, its ratio t/√n in place of the plain one; NaN where undefined.

    daily: (sessions,), those that `test` tests.
    """
    if not math.isfinite(test.t) or trials.count < 1 or not math.isfinite(trials.variance):
        return math.nan
    shape = _estimate(daily)
    skew = math.copysign(shape.skew, shape.skew * test.t)
    own = SharpeEstimate(abs(test.t) / math.sqrt(test.n), test.n, skew, shape.kurtosis)
    return own.deflated(trials=trials.count, variance=trials.variance)


def _estimate(series: Series) -> SharpeEstimate:
    """Return the ratio of a daily series with the shape of its law; NaN of too few sessions."""
    few = np.isfinite(series).sum() < _FEWEST
    return SharpeEstimate.of(np.full(1, math.nan) if few else series)


def _beside(sheet: Sheet) -> Series:
    """Daily returns of the rank books of the factor and of those it was compared with, (latest sessions, factors)."""
    known = [each.daily for each in (*sheet.library, *sheet.pool)]
    others = [daily for daily in known if np.isfinite(daily).sum() >= max(_FEWEST, _COVERED * len(daily))]
    if not others:
        return np.empty((0, 0))
    own = sheet.portfolio.returns  # as theirs, in the row of the values that made the book
    return np.column_stack([own[len(own) - len(others[0]) :], *others])


def _beats_best(beside: Series) -> float:
    """Consistent p that the first column's mean is not above that of the best of the others; NaN without any."""
    known = beside[np.isfinite(beside).all(axis=1)] if beside.size else beside
    if len(known) < _FEWEST or known.shape[1] < 2:
        return math.nan
    others = known[:, 1:]
    mean, deviation = others.mean(axis=0), others.std(axis=0)
    ratios = np.divide(mean, deviation, out=np.zeros_like(mean), where=deviation > 0)
    best = int(np.abs(ratios).argmax())
    benchmark = math.copysign(1, ratios[best]) * others[:, best]
    return superior_ability(known[:, :1], benchmark, rng=np.random.default_rng(0)).consistent
