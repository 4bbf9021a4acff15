"""Haircut: the Sharpe ratio that is left of one that was picked among many.

Harvey and Liu (2015), with the corrections of Harvey, Liu and Zhu (2016): a Sharpe ratio S over n observations has
t = S √n and a two-sided p of Student's T with n - 1 degrees of freedom; p is adjusted for the number of trials, and the
haircut ratio is the one whose own p would be the adjusted one:

    S' = T⁻¹_{n-1}(1 - p'/2) / √n,    haircut = 1 - S'/S

The authors simulate the trials that nobody reported from a model of published factors. Here every trial is in the
ledger, so that their p-values are those of the family itself; trials of which only the number is known have p = 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from lode.errors import UsageError
from lode.evidence.corrections import Probabilities, benjamini_yekutieli

Series = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Haircut:
    """Sharpe ratios after a correction, (strategies,), NaN where one is not known.

    p, adjusted_p: two-sided. sharpe: S', per observation, with the sign of S; share: what was cut off, in [0, 1].
    """

    p: Probabilities
    adjusted_p: Probabilities
    sharpe: Series
    share: Series


def haircut_sharpe(
    sharpes: ArrayLike,
    observations: int,
    *,
    correction: Callable[[Probabilities], Probabilities] = benjamini_yekutieli,
    trials: int | None = None,
) -> Haircut:
    """Cut the Sharpe ratios of a family of strategies down to what the correction leaves (Harvey and Liu 2015).

    sharpes: (strategies,), per observation (a yearly one is divided by √252 first, or by Lo's factor); NaN for a
    strategy without one, which stays in the family. observations: n, at least 2. trials: size of the whole family,
    where it is larger than what is given. Raises UsageError for infinite ratios, fewer than 2 observations and fewer
    trials than ratios.
    """
    ratios = np.atleast_1d(np.asarray(sharpes, dtype=np.float64)).ravel()
    family = ratios.size if trials is None else trials
    if observations < 2 or family < ratios.size or np.isinf(ratios).any():
        raise UsageError(
            f"{ratios.size} Sharpe ratios over {observations} observations among {family} trials: allowed are finite "
            "ratios, 2 observations or more, and at least as many trials as ratios"
        )
    t = np.abs(ratios) * np.sqrt(observations)
    p = 2 * special.stdtr(observations - 1, -t)
    adjusted = correction(np.concatenate([p, np.ones(family - ratios.size)]))[: ratios.size]
    quantile = -special.stdtrit(observations - 1, np.maximum(adjusted, np.finfo(float).tiny) / 2)
    left = np.where(p > 0, np.clip(quantile, 0, t), t)  # a p that underflows keeps its t
    share = np.full(ratios.size, np.nan)
    np.divide(t - left, t, out=share, where=t > 0)
    return Haircut(
        p, np.where(np.isnan(ratios), np.nan, adjusted), np.sign(ratios) * np.abs(left / np.sqrt(observations)), share
    )
