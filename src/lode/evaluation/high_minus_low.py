"""High minus low: what the top quantile earns over the bottom one, as a portfolio that names are regressed on.

A name that is in the portfolio moves it, so that its beta on a portfolio that holds it is partly a beta on itself.
Here every name has a series of its own: in each session the portfolio of all other names. With R and W the sum of
weighted returns and of weights of a quantile, a name i of that quantile with weight w_i and return r_i is faced with

    (R - w_i r_i) / (W - w_i)

in its place; a name of neither quantile is faced with the whole portfolio.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.quantiles import Quantiles
from lode.evaluation.ranks import row_blocks, series_mean
from lode.evaluation.time_series import TimeSeriesFit, time_series_ols

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NameRegressions:
    """Each name's return regressed on the high-minus-low portfolio of the others; see `TimeSeriesFit`."""

    names: tuple[str, ...]
    fit: TimeSeriesFit

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row per name: alpha per session, beta with t, two-sided p and 95 % interval, R², sessions."""
        low, high = self.fit.interval()
        for at, name in enumerate(self.names):
            yield {
                "name": name,
                "alpha": float(self.fit.alpha[at]),
                "beta": float(self.fit.beta[at, 0]),
                "t": float(self.fit.t[at, 1]),
                "p": float(self.fit.p[at, 1]),
                "interval": [float(low[at, 1]), float(high[at, 1])],
                "r_squared": float(self.fit.r_squared[at]),
                "sessions": int(self.fit.n[at]),
            }

    @property
    def mean_beta(self) -> float:
        """Mean beta over names; NaN where none has one."""
        return series_mean(self.fit.beta[:, 0])

    def share_significant(self, level: float = 0.05) -> float:
        """Share of the names with a p whose p is at or below `level`; NaN where none has one."""
        p = self.fit.p[:, 1]
        return series_mean(np.where(np.isfinite(p), p <= level, np.nan))


def regress_names(
    names: tuple[str, ...], quantiles: Quantiles, forward: Floats, count: int, *, sizes: Floats | None = None
) -> NameRegressions:
    """Regress each name's return on what it is faced with in the same session; see `spread_without_own`."""
    spread = spread_without_own(quantiles, forward, count, sizes=sizes)
    return NameRegressions(names, time_series_ols(forward, [spread]))


def spread_without_own(quantiles: Quantiles, forward: Floats, count: int, *, sizes: Floats | None = None) -> Matrix:
    """Return of the top less the bottom quantile that each name is faced with, itself left out; (sessions, names).

    quantiles: 0 to count - 1, -1 where missing. forward: (sessions, names), the returns that are earned; names without
    one are no members. sizes: weights within a quantile in proportion to these, equal ones where None. NaN where
    either quantile is empty without the name.
    """
    spread = np.empty(forward.shape)
    for block in row_blocks(forward.shape):
        weight = np.isfinite(forward[block]).astype(np.float64)
        if sizes is not None:
            weight *= np.nan_to_num(np.clip(sizes[block], 0, None))
        earned = np.nan_to_num(forward[block]).astype(np.float64)
        top, bottom = (_others_mean(weight * (quantiles[block] == q), earned) for q in (count - 1, 0))
        spread[block] = top - bottom
    return spread


def _others_mean(weight: Matrix, earned: Matrix) -> Matrix:
    """Weighted mean return of the members other than each name, (sessions, names); NaN where there is none."""
    weighted = weight * earned
    held = weight.sum(axis=1, keepdims=True) - weight
    others = np.count_nonzero(weight, axis=1)[:, None] - (weight > 0)
    mean = np.full(weight.shape, np.nan)
    np.divide(weighted.sum(axis=1, keepdims=True) - weighted, held, out=mean, where=(others > 0) & (held > 0))
    return mean
