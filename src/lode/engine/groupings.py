"""Groups that are computed: labels as a panel of whole numbers, NaN where a name has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lode.engine.arrays import Floats, Labels

_NAN = np.float32(np.nan)


def labels_of(values: Floats) -> Labels:
    """The labels of a computed group, -1 where there is none."""
    return np.where(np.isnan(values), np.float32(-1), values).astype(np.int32)


def bucket(
    x: Floats, edges: NDArray[np.float32], skips: tuple[float, float, float], missing: float, out: Floats
) -> None:
    """The number of the bucket. skips: both, the first, the last; missing: whether NaN is a bucket of its own."""
    both, first, last = skips
    places = np.searchsorted(edges, x, side="left").astype(np.float32)
    places[x == edges[-1]] = len(edges)
    if both or first:
        places[places == 0] = _NAN
    if both or last:
        places[places == len(edges)] = _NAN
    places[np.isnan(x)] = len(edges) + 1 if missing else _NAN
    out[:] = places


def densify(labels: Labels, out: Floats) -> None:
    """Each day's labels, numbered without gaps in their order."""
    _numbered(labels.astype(np.int64), labels >= 0, out)


def cartesian_product(one: Labels, other: Labels, out: Floats) -> None:
    """One label for each pair."""
    pairs = one.astype(np.int64) << 32 | np.maximum(other, 0)
    _numbered(pairs, (one >= 0) & (other >= 0), out)


def coalesce(one: Labels, other: Labels, out: Floats) -> None:
    """The first label that is there; those of both stay apart."""
    either = np.where(one >= 0, one.astype(np.int64), other.astype(np.int64) + (1 << 32))
    _numbered(either, (one >= 0) | (other >= 0), out)


def _numbered(keys: NDArray[np.int64], known: NDArray[np.bool_], out: Floats) -> None:
    """Day by day, so that a day's labels do not depend on what other days a block holds."""
    out[:] = _NAN
    for row, here, result in zip(keys, known, out, strict=True):
        result[here] = np.unique(row[here], return_inverse=True)[1]
