"""Sharpe ratios and what they prove.

Ratios are per observation unless a name says otherwise (a daily ratio is the yearly one over √252); skew and kurtosis
are those of the returns, kurtosis 3 for normal ones. `SharpeEstimate.of(returns)` takes all of it from a series.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from lode.errors import UsageError
from lode.evaluation.newey_west import nw_lags
from lode.evaluation.portfolio import SESSIONS_A_YEAR

NORMAL_KURTOSIS = 3.0


@dataclass(frozen=True)
class SharpeEstimate:
    """A Sharpe ratio per observation with what its law depends on; NaN where the returns do not vary."""

    sharpe: float
    observations: int
    skew: float = 0.0
    kurtosis: float = NORMAL_KURTOSIS

    @classmethod
    def of(cls, returns: NDArray[np.floating]) -> SharpeEstimate:
        """Estimate from returns, (sessions,), in excess of what is free of risk; missing ones are dropped.

        The ratio has the deviation with n - 1; skew and kurtosis are the moments of the sample, with n.
        """
        known = _known(returns)
        deviation = _deviation(known)
        if math.isnan(deviation):
            return cls(math.nan, known.size, math.nan, math.nan)
        z = (known - known.mean()) / known.std()
        return cls(float(known.mean()) / deviation, known.size, float((z**3).mean()), float((z**4).mean()))

    def probabilistic(self, benchmark: float = 0.0) -> float:
        """PSR: probability that the true ratio exceeds `benchmark`."""
        return probabilistic_sharpe_ratio(
            self.sharpe, self.observations, skew=self.skew, kurtosis=self.kurtosis, benchmark=benchmark
        )

    def deflated(self, *, trials: float, variance: float) -> float:
        """DSR: PSR against the best of `trials`, the raw number, whose ratios vary by `variance`."""
        return self.probabilistic(expected_maximum_sharpe(trials, variance))

    def track_record(self, benchmark: float = 0.0, *, level: float = 0.95) -> float:
        """MinTRL: observations after which PSR reaches `level`."""
        return minimum_track_record(self.sharpe, benchmark, level=level, skew=self.skew, kurtosis=self.kurtosis)


def probabilistic_sharpe_ratio(
    sharpe: float, observations: int, *, skew: float = 0.0, kurtosis: float = NORMAL_KURTOSIS, benchmark: float = 0.0
) -> float:
    """Probability that the true Sharpe ratio exceeds `benchmark` (Bailey and López de Prado 2012).

    PSR = Φ((S - S*) √(n - 1) / √(1 - γ₃ S + (γ₄ - 1)/4 S²)). NaN with fewer than two observations.
    """
    spread = _sampling_variance(sharpe, skew, kurtosis)
    if observations < 2 or not spread > 0:
        return math.nan
    return float(special.ndtr((sharpe - benchmark) * math.sqrt(observations - 1) / math.sqrt(spread)))


def expected_maximum_sharpe(trials: float, variance: float = 1.0) -> float:
    """Sharpe ratio that the best of `trials` without any skill is expected to show (Bailey and López de Prado 2014).

    √V ((1 - γ) Φ⁻¹(1 - 1/N) + γ Φ⁻¹(1 - 1/(N e))), γ the Euler-Mascheroni constant; `variance` is V, that of the
    trials' Sharpe ratios. 0 for one trial. Raises UsageError for fewer than one trial or a negative variance.
    """
    if not trials >= 1 or not variance >= 0:
        raise UsageError(
            f"{trials:g} trials of variance {variance:g}: allowed are 1 trial or more and a variance from 0"
        )
    if trials == 1:
        return 0.0
    gamma = 0.5772156649015329
    highest = special.ndtri(1 - 1 / trials), special.ndtri(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * max(0.0, float((1 - gamma) * highest[0] + gamma * highest[1]))


def deflated_sharpe_ratio(
    sharpe: float,
    observations: int,
    *,
    trials: float,
    variance: float,
    skew: float = 0.0,
    kurtosis: float = NORMAL_KURTOSIS,
) -> float:
    """PSR against the best that `trials` tries without skill would show (Bailey and López de Prado 2014)."""
    benchmark = expected_maximum_sharpe(trials, variance)
    return probabilistic_sharpe_ratio(sharpe, observations, skew=skew, kurtosis=kurtosis, benchmark=benchmark)


def minimum_track_record(
    sharpe: float,
    benchmark: float = 0.0,
    *,
    level: float = 0.95,
    skew: float = 0.0,
    kurtosis: float = NORMAL_KURTOSIS,
) -> float:
    """Observations after which PSR reaches `level` (Bailey and López de Prado 2012).

    1 + (1 - γ₃ S + (γ₄ - 1)/4 S²) (Φ⁻¹(level) / (S - S*))². Infinite where S is not above the benchmark.
    Raises UsageError for a level outside of .5 to 1.
    """
    if not 0.5 < level < 1:
        raise UsageError(f"level {level:g}: allowed is more than .5 and less than 1")
    if not sharpe > benchmark:
        return math.nan if math.isnan(sharpe) else math.inf
    needed = float(special.ndtri(level)) / (sharpe - benchmark)
    return 1 + _sampling_variance(sharpe, skew, kurtosis) * needed**2


def annualisation_factor(periods: int, autocorrelations: Sequence[float] | float = 0.0) -> float:
    """Factor from the ratio of one period to that of `periods` periods (Lo 2002): q / √(q + 2 Σ_{k<q} (q - k) ρ_k).

    autocorrelations: ρ_1, ρ_2, …, taken as 0 where the sequence ends; or one number ρ, for ρ_k = ρ^k. √q where all
    are 0. NaN where they leave no positive variance. Raises UsageError for fewer than one period.
    """
    if periods < 1:
        raise UsageError(f"periods {periods}: allowed is 1 or more")
    if isinstance(autocorrelations, (int, float)):
        rho = [autocorrelations**k for k in range(1, periods)]
    else:
        rho = list(autocorrelations[: periods - 1])
    variance = periods + 2 * sum((periods - k) * r for k, r in enumerate(rho, start=1))
    return periods / math.sqrt(variance) if variance > 0 else math.nan


def annual_sharpe_ratio(
    returns: NDArray[np.floating], periods: int = SESSIONS_A_YEAR, *, lags: int | None = None
) -> float:
    """Sharpe ratio per year of returns per session, (sessions,), that allows for their autocorrelation (Lo 2002).

    The ratio of one session times `annualisation_factor` of the autocorrelations ρ_k up to `lags` (`nw_lags` of the
    sessions unless given), the rest taken as 0. Missing sessions are dropped, and those that are left count as
    consecutive. NaN where the returns do not vary, and where the autocorrelations leave no positive variance.
    """
    known = _known(returns)
    deviation = _deviation(known)
    if math.isnan(deviation):
        return math.nan
    around = known - known.mean()
    most = min(nw_lags(known.size) if lags is None else lags, known.size - 1)
    rho = [float(around[k:] @ around[:-k]) / float(around @ around) for k in range(1, most + 1)]
    return float(known.mean()) / deviation * annualisation_factor(periods, rho)


def _known(returns: NDArray[np.floating]) -> NDArray[np.float64]:
    flat = np.asarray(returns, dtype=np.float64).ravel()
    return flat[np.isfinite(flat)]


def _deviation(known: NDArray[np.float64]) -> float:
    """Standard deviation with n - 1; NaN where only rounding varies."""
    if known.size < 2:
        return math.nan
    deviation = float(known.std(ddof=1))
    return deviation if deviation > 1e-12 * float(np.abs(known).max()) else math.nan


def _sampling_variance(sharpe: float, skew: float, kurtosis: float) -> float:
    """(n - 1) times the variance of an estimated Sharpe ratio (Mertens 2002)."""
    return 1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2
