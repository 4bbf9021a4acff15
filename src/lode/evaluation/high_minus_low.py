"""High minus low: what the top quantile earns over the bottom one, as a portfolio that names are regressed on.

A name that is in the portfolio moves it, so that its beta on a portfolio that holds it is partly a beta on itself.
Here every name has a series of its own: in each session the portfolio of all other names. With R and W the sum of
weighted returns and of weights of a quantile, a name i of that quantile with weight w_i and return r_i is faced with

    (R - w_i r_i) / (W - w_i)

in its place; a name of neither quantile is faced with the whole portfolio.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.quantiles import Quantiles
from lode.evaluation.ranks import row_blocks

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]


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
