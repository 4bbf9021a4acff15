"""The spread of a factor's quantiles, top less bottom, after the cost of holding it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.quantiles import Quantiles
from lode.evaluation.ranks import row_blocks

Floats = NDArray[np.float32]
Series = NDArray[np.float64]


def spread_traded(quantiles: Quantiles, count: int, *, horizon: int = 1, sizes: Floats | None = None) -> Series:
    """What the spread of each session trades, (sessions,), a share of one side's size; at most 4.

    The spread of session t, one unit long of the top quantile and one short of the bottom one, takes the place of that
    of session t - horizon, whose label ends where its own begins: Σ|w_t - w_{t-h}|. The first ones are bought whole.
    """
    weights = _spread_weights(quantiles, count, sizes)
    traded: Series = np.abs(weights).sum(axis=1, dtype=np.float64)
    if horizon < len(weights):
        traded[horizon:] = np.abs(weights[horizon:] - weights[:-horizon]).sum(axis=1, dtype=np.float64)
    return traded


def _spread_weights(quantiles: Quantiles, count: int, sizes: Floats | None) -> Floats:
    weights = np.zeros(quantiles.shape, np.float32)
    for block in row_blocks(quantiles.shape):
        for quantile, sign in ((count - 1, 1), (0, -1)):
            member = (quantiles[block] == quantile).astype(np.float32)
            if sizes is not None:
                member *= np.nan_to_num(np.clip(sizes[block], 0, None))
            total = member.sum(axis=1, keepdims=True)
            np.divide(member, total, out=member, where=total > 0)
            weights[block] += sign * member
    return weights
