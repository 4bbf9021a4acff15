"""Regression of a book on published market factors: Fama and French's five, and momentum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.time_series import time_series_ols

Series = NDArray[np.float64]

FACTORS = ("mkt_rf", "smb", "hml", "rmw", "cma", "mom")


@dataclass(frozen=True)
class FactorRegression:
    """What known factors explain of a book's daily returns; NaN where undefined.

    alpha: return per session that they do not explain, with its Newey-West t, two-sided p and 95 % interval. betas and
    beta_t: by factor. r_squared: share of the variance that they explain. n: sessions.
    """

    alpha: float
    t: float
    p: float
    interval: tuple[float, float]
    betas: Mapping[str, float]
    beta_t: Mapping[str, float]
    r_squared: float
    n: int


def factor_regression(returns: Series, factors: Mapping[str, Series]) -> FactorRegression | None:
    """Regress a book's daily returns on factor returns of the same sessions; None without any factor.

    returns and each factor: (sessions,), decimal returns from the close before a session to its close. Those of FACTORS
    are taken; the riskless rate is not, since a book of two sides pays for itself. Sessions without all are left out.
    """
    taken = [name for name in FACTORS if name in factors and np.isfinite(factors[name]).any()]
    if not taken:
        return None
    fit = time_series_ols(returns, [factors[name] for name in taken])
    low, high = fit.interval()
    return FactorRegression(
        alpha=float(fit.alpha[0]),
        t=float(fit.t[0, 0]),
        p=float(fit.p[0, 0]),
        interval=(float(low[0, 0]), float(high[0, 0])),
        betas=dict(zip(taken, map(float, fit.beta[0]), strict=True)),
        beta_t=dict(zip(taken, map(float, fit.t[0, 1:]), strict=True)),
        r_squared=float(fit.r_squared[0]),
        n=int(fit.n[0]),
    )
