"""Exposure: how much of a factor is a known style or a sector, and what is left of it without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.ranks import average_ranks, row_blocks, row_correlation, series_mean
from lode.evaluation.regressions import daily_ols

Floats = NDArray[np.float32]
Codes = NDArray[np.int32]
Series = NDArray[np.float64]

_LEFT = 1e-6


@dataclass(frozen=True)
class Exposure:
    """How a factor hangs together with what is known.

    by_style: mean daily rank correlation with each style; under "sector", the mean share of the ranks' variance that
    lies between sectors. left: (sessions, names) float32, the residual of the factor's ranks.
    """

    by_style: Mapping[str, float]
    left: Floats


def exposure_of(values: Floats, styles: Mapping[str, Floats], sector: Codes | None = None) -> Exposure:
    """Compare a factor with styles and sectors, and take them out of it.

    values and styles: (sessions, names); sector: codes, -1 where missing (those names count as one more sector).
    What is left are the residuals of a regression, in each session, of the factor's ranks on those of the styles and
    on the sectors; a name without a style counts as average in it. NaN where a session's ranks are explained to all
    but rounding.
    """
    ranks = _centred_ranks(values)
    controls = {name: _centred_ranks(style) for name, style in styles.items()}
    found = {name: series_mean(row_correlation(ranks, control)) for name, control in controls.items()}
    left, between = np.empty_like(ranks), np.empty(len(ranks))
    for block in row_blocks(ranks.shape):
        codes = None if sector is None else sector[block]
        left[block], between[block] = _taken_out(ranks[block], [c[block] for c in controls.values()], codes)
    if sector is not None:
        found["sector"] = series_mean(between[: len(ranks)])
    return Exposure(found, left)


def _taken_out(ranks: Floats, controls: Sequence[Floats], sector: Codes | None) -> tuple[Floats, Series]:
    """Residual ranks of some sessions, and the share of their variance that lies between sectors."""
    known = np.isfinite(ranks)
    filled = [np.where(known, np.nan_to_num(control), np.nan) for control in controls]
    within, between = ranks, np.full(len(ranks), np.nan)
    if sector is not None:
        within, *filled = less_group_means([ranks, *filled], known, sector)
        between = 1 - _share_left(within, ranks)
    left = daily_ols(within, filled)[1] if filled else within
    with np.errstate(invalid="ignore"):
        explained = ~(_share_left(left, ranks) > _LEFT)
    return np.where(explained[:, None], np.nan, left).astype(np.float32), between


def _centred_ranks(values: Floats) -> Floats:
    """Ranks less the middle one; NaN where missing."""
    ranks = average_ranks(values)
    ranks -= (np.isfinite(ranks).sum(axis=1, keepdims=True).astype(np.float32) + 1) / 2
    return ranks


def _share_left(left: NDArray[np.floating], whole: Floats) -> Series:
    """Share of the sum of squares that is left in each session; NaN where there is none to begin with."""
    squares = [np.nansum(np.square(part, dtype=np.float64), axis=1) for part in (left, whole)]
    share = np.full(len(whole), np.nan)
    np.divide(squares[0], squares[1], out=share, where=squares[1] > 0)
    return share


def less_group_means(
    arrays: Sequence[NDArray[np.floating]], known: NDArray[np.bool_], codes: Codes
) -> list[NDArray[np.floating]]:
    """Each array less the mean of its cells' group in their session; all are known in the same cells."""
    groups = int(codes.max(initial=-1)) + 2
    cells = (np.arange(len(codes))[:, None] * groups + codes + 1)[known]
    count = np.maximum(np.bincount(cells, minlength=len(codes) * groups), 1)
    less = []
    for values in arrays:
        mean = np.bincount(cells, weights=values[known], minlength=count.size) / count
        within = np.full(values.shape, np.nan)
        within[known] = values[known] - mean[cells]
        less.append(within)
    return less
