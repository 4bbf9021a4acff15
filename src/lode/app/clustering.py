"""Which factors are alike, as an order and a tree. Pure: correlations in, numbers out.

Alike means a large correlation of either sign, since a factor and its negative are the same factor: the distance of
two is 1 - |ρ|, the clusters are joined by the mean distance of their members (UPGMA; Sokal and Michener 1958), and the
leaves are turned so that neighbours are near (Bar-Joseph, Gifford and Jaakkola 2001).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.cluster.hierarchy import dendrogram, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform

from lode.evaluation.known import return_correlation

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Clusters:
    """Order of the factors, and the tree's lines: x1, x2 in places from 1 on, d1, d2 distances from 0 to 1."""

    order: list[int]
    lines: pl.DataFrame


def clusters_of(correlation: Floats) -> Clusters:
    """Cluster factors by their correlations, (factors, factors); one that is not defined counts as none at all."""
    count = len(correlation)
    if count < 2:
        return Clusters(list(range(count)), _lines([]))
    far = squareform(1 - np.abs(_symmetric(correlation)), checks=False)
    found = dendrogram(optimal_leaf_ordering(linkage(far, "average"), far), no_plot=True)
    strokes = [
        stroke
        for across, deep in zip(found["icoord"], found["dcoord"], strict=True)
        for stroke in pairwise(zip((np.array(across) + 5) / 10, deep, strict=True))
    ]
    return Clusters([int(leaf) for leaf in found["leaves"] or ()], _lines(strokes))


def correlation_of_series(series: pl.DataFrame, factors: list[str], *, fewest: int = 60) -> Floats:
    """Pearson correlations of daily series, (factors, factors), over the sessions that both have.

    series: a row per session and factor: session, factor, rank_ic. NaN with fewer than `fewest` common sessions, or
    where one does not vary.
    """
    wide = series.pivot("factor", index="session", values="rank_ic", aggregate_function="first")
    matrix = np.full((len(factors), len(factors)), np.nan)
    columns = [wide[name].to_numpy().astype(np.float64) if name in wide.columns else None for name in factors]
    for i, first in enumerate(columns):
        for j, second in enumerate(columns[: i + 1]):
            if first is not None and second is not None:
                matrix[i, j] = matrix[j, i] = return_correlation(first, second, fewest=fewest)
    return matrix


def _symmetric(correlation: Floats) -> Floats:
    known = np.clip(np.nan_to_num(correlation), -1, 1)
    np.fill_diagonal(known, 1)
    return (known + known.T) / 2


def _lines(strokes: Iterable[tuple[tuple[float, float], tuple[float, float]]]) -> pl.DataFrame:
    rows = [(float(x1), float(x2), float(d1), float(d2)) for (x1, d1), (x2, d2) in strokes]
    return pl.DataFrame(rows, schema=dict.fromkeys(("x1", "x2", "d1", "d2"), pl.Float64), orient="row")
