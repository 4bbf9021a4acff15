"""What a sheet's figures are worth beside the tries that were made: PSR, track record, DSR, PBO, SPA.

PSR and the track record are of the daily returns of the sheet's BRAIN book. DSR is of the daily rank IC, since the
ledger keeps the rank IC of every trial and not its book: the ratio of one session is t/√n with the Newey-West t, that
of the trials t_i/√n_i, and V their variance. PBO is that of choosing, by the Sharpe ratio of the rank book over the
latest sessions, among the factor and those that it was compared with. SPA asks whether the factor's rank book beats
that of the best of them, which is taken in the direction that served it best: hindsight that is against the factor. Of
one strategy Hansen's test is one of a mean difference, made here by Newey and West's law instead of the bootstrap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evaluation import Sheet, newey_west_t
from lode.evidence.overfitting import probability_of_overfitting
from lode.evidence.sharpe import deflated_sharpe_ratio, minimum_track_record, probabilistic_sharpe_ratio

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
    book, beside = _moments(sheet.daily.books["brain"]), _beside(sheet)
    return {
        "psr": _psr(book),
        "track_record_sessions": _track_record(book),
        "trials": float(trials.count),
        "dsr": _dsr(sheet, trials),
        "pbo": probability_of_overfitting(beside).pbo,
        "spa_p": _beats_best(beside),
    }


@dataclass(frozen=True)
class _Moments:
    sharpe: float
    n: int
    skew: float
    kurtosis: float


def _moments(series: Series) -> _Moments | None:
    """Ratio of mean and deviation, and the shape, of the finite values; None of too few, or where they do not vary."""
    known = series[np.isfinite(series)]
    if known.size < _FEWEST or np.ptp(known) <= 1e-12 * np.abs(known).max():
        return None
    z = (known - known.mean()) / known.std()
    return _Moments(float(known.mean() / known.std(ddof=1)), known.size, float((z**3).mean()), float((z**4).mean()))


def _psr(book: _Moments | None) -> float:
    if book is None:
        return math.nan
    return probabilistic_sharpe_ratio(book.sharpe, book.n, skew=book.skew, kurtosis=book.kurtosis)


def _track_record(book: _Moments | None) -> float:
    if book is None:
        return math.nan
    return minimum_track_record(book.sharpe, skew=book.skew, kurtosis=book.kurtosis)


def _dsr(sheet: Sheet, trials: TrialScores) -> float:
    test, shape = sheet.horizons[sheet.options.horizon][1].test, _moments(sheet.daily.rank_ic)
    if shape is None or not math.isfinite(test.t) or trials.count < 1 or not math.isfinite(trials.variance):
        return math.nan
    direction = math.copysign(1, test.t)
    return deflated_sharpe_ratio(
        abs(test.t) / math.sqrt(test.n),
        test.n,
        trials=trials.count,
        variance=trials.variance,
        skew=direction * shape.skew,
        kurtosis=shape.kurtosis,
    )


def _beside(sheet: Sheet) -> Series:
    """Daily returns of the rank books of the factor and of those it was compared with, (latest sessions, factors)."""
    known = [each.daily for each in (*sheet.library, *sheet.pool)]
    others = [daily for daily in known if np.isfinite(daily).sum() >= max(_FEWEST, _COVERED * len(daily))]
    if not others:
        return np.empty((0, 0))
    own = sheet.portfolio.returns  # as theirs, in the row of the values that made the book
    return np.column_stack([own[len(own) - len(others[0]) :], *others])


def _beats_best(beside: Series) -> float:
    """One-sided p that the first column's mean is not above that of the best of the others; NaN without any."""
    known = beside[np.isfinite(beside).all(axis=1)] if beside.size else beside
    if len(known) < _FEWEST or known.shape[1] < 2:
        return math.nan
    others = known[:, 1:]
    mean, deviation = others.mean(axis=0), others.std(axis=0)
    ratios = np.divide(mean, deviation, out=np.zeros_like(mean), where=deviation > 0)
    best = int(np.abs(ratios).argmax())
    return newey_west_t(known[:, 0] - math.copysign(1, ratios[best]) * others[:, best]).p_one_sided
