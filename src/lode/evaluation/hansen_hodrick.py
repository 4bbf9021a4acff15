"""Hansen-Hodrick: is the mean of a series of overlapping returns zero.

Returns over h sessions that start every session share up to h - 1 of them, and are a moving average of that order where
the returns of single sessions are independent. Hansen and Hodrick (1980) weigh all of its autocovariances in full,

    Ω = γ₀ + 2 Σ_{k=1..h-1} γ_k,    γ_k = 1/n Σ_t (x_t - m)(x_{t-k} - m),    t = m / √(Ω/n)

so that Ω is not biased downwards by weights, as Newey and West's is; the price is that it can be negative, and t is
then missing (never replaced by another estimate). Mean, standard error and t are those of statsmodels' OLS on a
constant with `cov_type="HAC", cov_kwds={"maxlags": h - 1, "kernel": "uniform"}`.

The one-sided p takes √s · t for Student's T with ν = n / (2h - 1) degrees of freedom and s = 1 - (2h - 1)/n, the share
of Ω that is left in expectation when the mean is taken out of the same data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from lode.errors import UsageError
from lode.evaluation.newey_west import fewest_observations


@dataclass(frozen=True)
class HansenHodrick:
    """Test of a mean of overlapping returns against zero.

    mean, se: unit of the series; t: mean / se. p_one_sided: probability of such a t, or a larger one, where the true
    mean is not above zero. horizon: h; n: sessions with a value. NaN where it is not defined.
    """

    mean: float
    se: float
    t: float
    p_one_sided: float
    horizon: int
    n: int


def hansen_hodrick_t(series: NDArray[np.floating], horizon: int) -> HansenHodrick:
    """Test the mean of a daily series of returns over `horizon` sessions, (sessions,), against zero.

    Hansen and Hodrick 1980. Sessions without a finite value are dropped, and those that are left count as consecutive.
    t and p are NaN with fewer than 4h - 2 sessions (at least 20), for a series that does not vary, and where Ω is not
    positive. Raises UsageError for a horizon below 1.
    """
    if horizon < 1:
        raise UsageError(f"horizon {horizon}: a return is earned over at least 1 session")
    flat = np.asarray(series, dtype=np.float64).ravel()
    known = flat[np.isfinite(flat)]
    n = known.size
    mean = float(known.mean()) if n else math.nan
    variance = _long_run_variance(known - mean, horizon) if n >= fewest_observations(2 * horizon - 2) else math.nan
    if not variance > (1e-12 * float(np.abs(known).max(initial=0))) ** 2:
        return HansenHodrick(mean, math.nan, math.nan, math.nan, horizon, n)
    se = math.sqrt(variance / n)
    share, freedom = uniform_share_and_freedom(n, horizon)
    p = float(special.stdtr(freedom, -math.sqrt(share) * mean / se))
    return HansenHodrick(mean, se, mean / se, p, horizon, n)


def uniform_share_and_freedom(n: int, horizon: int) -> tuple[float, float]:
    """Share s of Ω that is seen, at least .05, and degrees of freedom ν, at most n - 1."""
    window = 2 * horizon - 1
    return max(1 - window / n, 0.05), min(n - 1.0, n / window)


def _long_run_variance(deviations: NDArray[np.float64], horizon: int) -> float:
    """Ω of the module's docstring."""
    total = float(deviations @ deviations)
    for k in range(1, horizon):
        total += 2 * float(deviations[k:] @ deviations[:-k])
    return total / deviations.size
