"""The figures that a tear sheet of alphalens has, from Lode's functions, and how far apart both programs' are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lode.engine import Scorer
from lode.engine.arrays import Floats
from lode.evaluation.labels import forward_returns
from lode.evaluation.quantiles import quantiles_of_ranks, returns_by_horizon
from lode.evaluation.ranks import average_ranks
from lode.evaluation.turnover import autocorrelations, newcomers

Figures = Mapping[str, NDArray[np.float64]]
PERIODS = (1, 5, 10)
QUANTILES = 5
VALUES = "volume"  # the field that stands for a factor: known at the close, slow, and nearly without ties


def sheet_figures(values: Floats, prices: NDArray[np.float64], periods: Sequence[int] = PERIODS) -> Figures:
    """Daily series of a factor, (sessions, periods or lags) and for quantiles (sessions, periods, quantiles).

    As in alphalens a value is traded at its own close, and a name counts only where it has a return at every period.
    """
    labels = {period: forward_returns(prices, horizon=period, delay=0) for period in periods}
    sample = shared_sample(values, labels)
    ranks = average_ranks(sample)
    quantiles = quantiles_of_ranks(ranks, QUANTILES, min_names=QUANTILES)
    ics = Scorer(labels, rows=slice(None), min_names=2).rank_ics(sample)
    earned = returns_by_horizon(sample, labels, QUANTILES, min_names=QUANTILES, quantiles=quantiles)
    return {
        "rank IC": np.stack([ics[period] for period in periods], axis=1),
        "quantile return": np.stack([earned[period] for period in periods], axis=1),
        "turnover": np.stack([newcomers(quantiles, QUANTILES, lag) for lag in periods], axis=1),
        "rank autocorrelation": np.stack(list(autocorrelations(ranks, periods)), axis=1),
    }


def shared_sample(values: Floats, labels: Mapping[int, Floats]) -> Floats:
    """Values of the names that have a return at every period."""
    known = np.logical_and.reduce([np.isfinite(each) for each in labels.values()])
    return np.where(known, values, np.float32(np.nan))


def means(figures: Figures) -> dict[str, NDArray[np.float64]]:
    """Mean of each daily series over the sessions that have it."""
    return {name: np.nanmean(series, axis=0) for name, series in figures.items()}


def apart(ours: Figures, theirs: Figures) -> dict[str, float]:
    """Largest difference of each daily series and of each mean; infinite where one of both has no figure."""
    daily = {name: _largest(ours[name], theirs[name]) for name in ours}
    mine, other = means(ours), means(theirs)
    return daily | {f"mean {name}": _largest(mine[name], other[name]) for name in mine}


def _largest(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if one.shape != other.shape or (np.isfinite(one) != np.isfinite(other)).any():
        return float("inf")
    return float(np.nanmax(np.abs(one - other), initial=0))
