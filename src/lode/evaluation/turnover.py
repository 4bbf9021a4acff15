"""How fast a factor's ranking changes: turnover, rank autocorrelation, half-life."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.portfolio import rank_weights
from lode.evaluation.quantiles import COUNT, MIN_NAMES, Quantiles, quantiles_of
from lode.evaluation.ranks import RankSums, average_ranks, series_mean

Floats = NDArray[np.float32]
Series = NDArray[np.float64]

HALF_LIFE_LAGS = (1, 2, 3, 5, 8, 13, 21, 34, 63, 126, 252)


def turnover(values: Floats, count: int = COUNT, *, min_names: int = MIN_NAMES) -> Series:
    """Share of names in the top and the bottom quantile that were not there a session before, (sessions,).

    The mean of both quantiles, in [0, 1]; NaN in the first session and where either session has no such quantile.
    """
    return turnover_of(quantiles_of(values, count, min_names=min_names), count)


def turnover_of(quantiles: Quantiles, count: int) -> Series:
    """`turnover` of quantiles that are at hand, (sessions, names)."""
    return (_newcomers(quantiles == 0) + _newcomers(quantiles == count - 1)) / 2


def newcomers(quantiles: Quantiles, count: int, lag: int = 1) -> NDArray[np.float64]:
    """Share of each quantile's names that were not in it `lag` sessions before, (sessions, count), in [0, 1].

    NaN in the first `lag` sessions and where either session has no such quantile.
    """
    return np.stack([_newcomers(quantiles == each, lag) for each in range(count)], axis=1)


def rank_book_turnover(values: Floats, sessions: NDArray[np.intp]) -> float:
    """Mean share of a book that is traded in `sessions`, in [0, 2], its names' own moves aside; NaN without a book.

    The book is that of `rank_weights`. sessions: each from 1 on, compared with the one before; those count in which the
    values of both differ.
    """
    before, after = np.split(rank_weights(values[np.concatenate([sessions - 1, sessions])], min_names=1), 2)
    held = before.any(axis=1) & after.any(axis=1)
    return float(np.abs(after - before)[held].sum(axis=1).mean()) if held.any() else math.nan


def rank_autocorrelation(values: Floats, lag: int = 1) -> Series:
    """Correlation of each session's ranks with those `lag` sessions before, over the names in both, (sessions,).

    Ranks are among all names of their own session. NaN in the first `lag` sessions and where undefined.
    """
    return autocorrelation(average_ranks(values), lag)


def half_life(values: Floats, lags: Sequence[int] = HALF_LIFE_LAGS) -> float:
    """Sessions after which the mean rank autocorrelation has fallen to one half.

    Between the lags it is interpolated in logarithms; past the last one it is taken to decay on as it did up to there.
    Infinite for a ranking that does not change, NaN where the autocorrelation is undefined at the first lag.
    """
    return half_life_of(average_ranks(values), lags)


def half_life_of(ranks: Floats, lags: Sequence[int] = HALF_LIFE_LAGS) -> float:
    """`half_life` of ranks that are at hand, (sessions, names)."""
    before, correlation = 0, 1.0
    for lag, series in zip(lags, autocorrelations(ranks, lags), strict=True):
        mean = series_mean(series)
        if math.isnan(mean):
            break
        if mean <= 0.5:
            return before + (lag - before) * _share_of_decay(correlation, mean)
        before, correlation = lag, mean
    if not before:
        return math.nan
    return before * math.log(0.5) / math.log(correlation) if correlation < 1 - 1e-9 else math.inf


def _share_of_decay(start: float, end: float) -> float:
    """Share of the way from `start` to `end`, in logarithms, at which one half is passed."""
    floor = max(end, 1e-3)  # a correlation at or below zero has no logarithm
    return math.log(0.5 / start) / math.log(floor / start)


def autocorrelation(ranks: Floats, lag: int = 1) -> Series:
    """`rank_autocorrelation` of ranks that are at hand, (sessions, names)."""
    return next(autocorrelations(ranks, (lag,)))


def autocorrelations(ranks: Floats, lags: Sequence[int]) -> Iterator[Series]:
    """`autocorrelation` at each lag, computed when it is asked for; what the lags have in common is computed once."""
    session = RankSums(ranks)
    for lag in lags:
        series = np.full(len(ranks), np.nan)
        if lag < len(ranks):
            series[lag:] = session.lagged_correlation(lag)
        yield series


def _newcomers(member: NDArray[np.bool_], lag: int = 1) -> Series:
    """Share of a session's members that were not members `lag` sessions before, (sessions,)."""
    share = np.full(len(member), np.nan)
    if lag >= len(member):
        return share
    names = np.packbits(member, axis=1)  # eight names a byte are counted at once
    size = _count(names)
    stayed = _count(names[lag:] & names[:-lag])
    np.divide(size[lag:] - stayed, size[lag:], out=share[lag:], where=(size[lag:] > 0) & (size[:-lag] > 0))
    return share


def _count(names: NDArray[np.uint8]) -> NDArray[np.int64]:
    count: NDArray[np.int64] = np.bitwise_count(names).sum(axis=1, dtype=np.int64)
    return count
