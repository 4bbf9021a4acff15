"""What a run's own trials say of its search: how many independent ones they are, and whether its choice holds up.

Both are measured on a random sample of the trials, by their daily scores on train. The effective number is the
participation ratio of all trials, from the sample's mean squared correlation (trials.py). The probability of backtest
overfitting (overfitting.py) is that of choosing among the sample by |mean / deviation| of the daily score: a factor is
bet on in the direction that it shows, so that each series enters beside its negative, and without skill the choice is
as often above the median of what is held out as below it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evidence.overfitting import probability_of_overfitting
from lode.evidence.trials import effective_trials

Matrix = NDArray[np.float64]

SAMPLE = 200
_COVERED = 0.9  # a trial that is scored on a smaller share of the sessions would drop the others for all


@dataclass(frozen=True)
class Multiplicity:
    """What the trials of one search amount to; NaN where it cannot be said.

    effective: independent trials among all, from 1 to their number. pbo: probability of backtest overfitting of the
    search's choice. sampled: trials whose daily scores say it.
    """

    effective: float
    pbo: float
    sampled: int


def multiplicity(scores: NDArray[np.floating], trials: int) -> Multiplicity:
    """Judge a search of `trials` by daily scores on train of a random sample of them, (sessions, sampled).

    Sessions without any score are left out, and trials that lack a score on more than a tenth of the others.
    """
    given = np.asarray(scores, dtype=np.float64)
    known = np.isfinite(given)
    kept = given[known.any(axis=1)]
    kept = kept[:, np.isfinite(kept).mean(axis=0) >= _COVERED] if kept.size else np.empty((0, 0))
    if not kept.shape[1]:
        return Multiplicity(math.nan, math.nan, 0)
    overfit = probability_of_overfitting(np.concatenate([kept, -kept], axis=1))
    return Multiplicity(effective_trials(kept).among(trials), overfit.pbo, kept.shape[1])
