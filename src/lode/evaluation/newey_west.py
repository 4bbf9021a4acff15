r"""Newey-West: is the mean of a daily series zero, when its days are not independent.

Newey and West (1987): the variance of a mean over n sessions is Ω/n with the long-run variance

    Ω = γ₀ + 2 Σ_{k=1..L} (1 - k/(L+1)) γ_k,    γ_k = 1/n Σ_t (x_t - m)(x_{t-k} - m)

and t = m / √(Ω/n). Mean, standard error and t are those of statsmodels' defaults:
`OLS(x, ones).fit(cov_type="HAC", cov_kwds={"maxlags": L})`, that is without its small-sample factor n/(n-1).

The p-value is one-sided and does not take t for a normal variable. With the Bartlett weights w_k, Ω is estimated from
about ν = n / Σ_{|k|≤L} w_k² independent pieces, and in expectation it is only the share

    s = Σ w_k ρ_k / Σ ρ_k - (L+1)/n

of what it estimates: the mean is taken out of the same data, and labels that overlap over h sessions have ρ_k = 1 -
|k|/h, of which the weights see a part. So p = P(T_ν > √s · t) with Student's T (a first-order form of the fixed-b
theory of Kiefer and Vogelsang 2005). On noise, the share of p ≤ .0003 is within a quarter of .0003 for h = 1 and n ≥
60, where the normal p is 1.5 to 4 times too frequent; and for labels that overlap the most it stays within a factor of
3 where the normal p is up to 200 times too frequent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from lode.errors import UsageError

FEWEST_OBSERVATIONS = 20


@dataclass(frozen=True)
class NeweyWest:
    """Test of a mean against zero.

    mean, se: unit of the series; t: mean / se. p_one_sided: probability of such a t, or a larger one, where the true
    mean is not above zero. lags: L; n: sessions with a value. NaN where it is not defined.
    """

    mean: float
    se: float
    t: float
    p_one_sided: float
    lags: int
    n: int
    horizon: int = 1

    def p_in(self, direction: int) -> float:
        """Return the one-sided p of a mean bet on to be positive (1) or negative (-1), exact in the far tail."""
        return _upper_tail(math.copysign(1, direction) * self.t, self.n, self.lags, self.horizon)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval that covers the true mean with probability `level`, by the same law as p; NaN where t is."""
        if not math.isfinite(self.t):
            return math.nan, math.nan
        share, freedom = share_and_freedom(self.n, self.lags, self.horizon)
        half = float(special.stdtrit(freedom, (1 + level) / 2)) * self.se / math.sqrt(share)
        return self.mean - half, self.mean + half


def nw_lags(sessions: int, horizon: int = 1) -> int:
    """Lags of a test: max(h, ⌊4 (T/100)^(2/9)⌋), of labels over h = `horizon` sessions (Newey and West 1994)."""
    return max(horizon, math.floor(4 * math.pow(sessions / 100, 2 / 9)))


def fewest_observations(lags: int) -> int:
    """Sessions below which no t is given: twice the lags' window, and at least 20."""
    return max(FEWEST_OBSERVATIONS, 2 * (lags + 1))


def newey_west_t(series: NDArray[np.floating], lags: int | None = None, horizon: int = 1) -> NeweyWest:
    """Test the mean of a daily series, (sessions,), against zero (Newey and West 1987).

    Sessions without a finite value are dropped, and those that are left count as consecutive. `lags` defaults to
    `nw_lags` of the sessions that are left. t and p are NaN with fewer sessions than `fewest_observations` and for a
    series that does not vary: never infinite. Raises UsageError for lags below 0.
    """
    if lags is not None and lags < 0:
        raise UsageError(f"lags {lags}: allowed is 0 or more")
    flat = np.asarray(series, dtype=np.float64).ravel()
    known = flat[np.isfinite(flat)]
    n = known.size
    used = nw_lags(n, horizon) if lags is None else lags
    mean = float(known.mean()) if n else math.nan
    if n < fewest_observations(used):
        return NeweyWest(mean, math.nan, math.nan, math.nan, used, n, horizon)
    deviations = known - mean
    variance = _long_run_variance(deviations, used)
    if variance <= (1e-12 * float(np.abs(known).max())) ** 2:  # what rounding leaves of a constant
        return NeweyWest(mean, math.nan, math.nan, math.nan, used, n, horizon)
    se = math.sqrt(variance / n)
    return NeweyWest(mean, se, mean / se, _upper_tail(mean / se, n, used, horizon), used, n, horizon)


def _long_run_variance(deviations: NDArray[np.float64], lags: int) -> float:
    """Ω of the module's docstring."""
    n = deviations.size
    total = float(deviations @ deviations)
    for k in range(1, lags + 1):
        total += 2 * (1 - k / (lags + 1)) * float(deviations[k:] @ deviations[:-k])
    return total / n


def _upper_tail(t: float, n: int, lags: int, horizon: int) -> float:
    if math.isnan(t):
        return math.nan
    share, freedom = share_and_freedom(n, lags, horizon)
    return float(special.stdtr(freedom, -math.sqrt(share) * t))


def share_and_freedom(n: int, lags: int, horizon: int) -> tuple[float, float]:
    """Share s of the variance that is seen, at least .05, and degrees of freedom ν, at most n - 1."""
    k = np.arange(1, max(lags, horizon) + 1)
    weights, overlap = np.clip(1 - k / (lags + 1), 0, None), np.clip(1 - k / horizon, 0, None)
    share = (1 + 2 * weights @ overlap) / (1 + 2 * overlap.sum()) - (lags + 1) / n
    return max(float(share), 0.05), min(n - 1.0, n / float(1 + 2 * weights @ weights))
