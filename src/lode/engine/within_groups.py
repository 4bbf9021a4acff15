"""What the names of a group say together: fits, weighted means, and what stands for a missing value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lode.engine.windows import Doubles, Windows, chunks, finite

if TYPE_CHECKING:
    from collections.abc import Callable

    from lode.engine.arrays import Floats, Labels


class Sums:
    """Sums over the groups of some sessions, names added in their order."""

    def __init__(self, labels: Labels, count: int) -> None:
        self.places = np.where((labels >= 0) & (labels < count), labels, count).astype(np.int64)
        self.shape = (len(labels), count + 1)
        self._flat = (self.places + np.arange(len(labels))[:, None] * (count + 1)).ravel()

    def of(self, values: Doubles) -> Doubles:
        """The sum of each group of each session; what is missing adds nothing."""
        weights = np.where(np.isnan(values), 0.0, values).ravel()
        found = np.bincount(self._flat, weights, minlength=self.shape[0] * self.shape[1])
        return found.astype(np.float64).reshape(self.shape)  # without any session it counts in whole numbers

    def spread(self, found: Doubles) -> Doubles:
        """What was found for a group, for each of its names; NaN for names without a group."""
        found = found.copy()
        found[:, -1] = np.nan
        return np.take_along_axis(found, self.places, axis=1)


def _by_chunk(out: Floats, labels: Labels, count: int, function: Callable[[slice, Sums], Doubles]) -> None:
    for rows in chunks(out):
        with np.errstate(all="ignore"):
            out[rows] = finite(function(rows, Sums(labels[rows], count)))


def vector_proj(x: Floats, y: Floats, labels: Labels, count: int, out: Floats) -> None:
    """x on y, in each group."""

    def projected(rows: slice, sums: Sums) -> Doubles:
        a, b = x[rows].astype(np.float64), y[rows].astype(np.float64)
        b = np.where(np.isnan(a), np.nan, b)
        return np.where(np.isnan(a), np.nan, b * sums.spread(sums.of(a * b) / sums.of(b * b)))

    _by_chunk(out, labels, count, projected)


def vector_neut(x: Floats, y: Floats, labels: Labels, count: int, out: Floats) -> None:
    """What the projection leaves."""

    def left(rows: slice, sums: Sums) -> Doubles:
        a, b = x[rows].astype(np.float64), y[rows].astype(np.float64)
        b = np.where(np.isnan(a), np.nan, b)
        return a - b * sums.spread(sums.of(a * b) / sums.of(b * b))

    _by_chunk(out, labels, count, left)


def weighted_mean(x: Floats, weight: Floats, labels: Labels, count: int, out: Floats) -> None:
    """The mean of each group, for those that are in it."""
    _by_chunk(
        out,
        labels,
        count,
        lambda rows, sums: np.where(np.isnan(x[rows]) | np.isnan(weight[rows]), np.nan, _mean(x, weight, rows, sums)),
    )


def extra(x: Floats, weight: Floats, labels: Labels, count: int, out: Floats) -> None:
    """The group's mean for those that have no value."""
    _by_chunk(
        out,
        labels,
        count,
        lambda rows, sums: np.where(np.isnan(x[rows]), _mean(x, weight, rows, sums), x[rows]),
    )


def _mean(x: Floats, weight: Floats, rows: slice, sums: Sums) -> Doubles:
    values, weights = x[rows].astype(np.float64), weight[rows].astype(np.float64)
    weights = np.where(np.isnan(values), np.nan, weights)
    return sums.spread(sums.of(values * weights) / sums.of(weights))


def backfill(x: Floats, labels: Labels, count: int, d: float, std: float, out: Floats) -> None:
    """The clipped mean of what today's group knew within the window, for those that have no value."""

    def filled(rows: slice, sums: Sums) -> Doubles:
        window = Windows(x, rows, int(d))

        def over(function: Callable[[Doubles], Doubles]) -> Doubles:
            return window.sum_of(lambda w: sums.of(function(w)))

        number = over(lambda w: (~np.isnan(w)).astype(np.float64))
        mean = over(lambda w: w) / number
        squares = over(lambda w: (w - sums.spread(mean)) ** 2)
        margin = sums.spread(std * np.sqrt(squares / np.maximum(number - 1, 1)))
        low, high = sums.spread(mean) - margin, sums.spread(mean) + margin
        clipped = over(lambda w: np.clip(w, low, high)) / number
        return np.where(np.isnan(x[rows]), sums.spread(clipped), x[rows])

    _by_chunk(out, labels, count, filled)
