"""What several series do together over a window, and how one is distributed in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lode.engine.windows import Doubles, Windows, finite, over_windows, total

if TYPE_CHECKING:
    from lode.engine.arrays import Floats

_NOTHING = 1e-20  # a share of the variance that only rounding leaves
_PAIRS_AT_ONCE = 1 << 20


def ts_co_skewness(y: Floats, x: Floats, d: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Standardised mean of dy * dx ** 2."""
    over_windows(_standardised((1, 2)), (y, x), d, out)


def ts_co_kurtosis(y: Floats, x: Floats, d: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Standardised mean of dy * dx ** 3."""
    over_windows(_standardised((1, 3)), (y, x), d, out)


def ts_triple_corr(x: Floats, y: Floats, z: Floats, d: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Standardised mean of dx * dy * dz."""
    over_windows(_standardised((1, 1, 1)), (x, y, z), d, out)


def _standardised(powers: Sequence[int]) -> Callable[..., Doubles]:
    """The mean of the product of deviations to these powers, over deviations of the same powers."""

    def moment(*series: Windows) -> Doubles:
        means = [windows.mean() for windows in series]
        products = (
            np.prod([(w - mean) ** power for w, mean, power in zip(row, means, powers, strict=True)], axis=0)
            for row in zip(*series, strict=True)
        )
        found = total(products) / series[0].d
        for windows, mean, power in zip(series, means, powers, strict=True):
            found /= np.sqrt(_variance(windows, mean)) ** power
        return found

    return moment


def _variance(windows: Windows, mean: Doubles) -> Doubles:
    return total((w - mean) ** 2 for w in windows) / windows.d


def ts_partial_corr(x: Floats, y: Floats, z: Floats, d: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Correlation of what is left of x and y beside a line in z."""
    over_windows(_partial, (x, y, z), d, out)


def _partial(x: Windows, y: Windows, z: Windows) -> Doubles:
    means = x.mean(), y.mean(), z.mean()

    def together(f: Callable[[Doubles, Doubles, Doubles], Doubles]) -> Doubles:
        return total(f(*(w - mean for w, mean in zip(row, means, strict=True))) for row in zip(x, y, z, strict=True))

    zz = together(lambda _x, _y, c: c * c)
    by_x, by_y = (together(lambda a, b, c, i=i: (a, b)[i] * c) / zz for i in (0, 1))  # type: ignore[misc]
    xx, yy = together(lambda a, _b, c: (a - by_x * c) ** 2), together(lambda _a, b, c: (b - by_y * c) ** 2)
    xx = np.where(xx > _NOTHING * together(lambda a, _b, _c: a * a), xx, np.nan)
    yy = np.where(yy > _NOTHING * together(lambda _a, b, _c: b * b), yy, np.nan)
    return together(lambda a, b, c: (a - by_x * c) * (b - by_y * c)) / np.sqrt(xx) / np.sqrt(yy)


def ts_poly_regression(y: Floats, x: Floats, d: float, k: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """y less a polynomial of x."""
    over_windows(lambda y, x: _left_by_powers(y, x, int(k)), (y, x), d, out, held=d * (k + 4))


def _left_by_powers(y: Windows, x: Windows, k: int) -> Doubles:
    """What is left of y by each polynomial in turn, twice: the second time takes what rounding left."""
    middle = x.mean()
    at, left = _to_one([w - middle for w in x]), list(y)
    basis = _orthogonal(at, k)
    for _ in range(2):
        for values, size in basis:
            share = total(e * p for e, p in zip(left, values, strict=True)) / size
            left = [e - share * p for e, p in zip(left, values, strict=True)]
    return np.where(_different(at, k) > k, left[-1], np.nan)


def _orthogonal(at: list[Doubles], k: int) -> list[tuple[list[Doubles], Doubles]]:
    """Polynomials that are orthogonal over the window: their values, 1 at most, and sums of squares."""
    ones = [np.ones_like(at[0])] * len(at)
    basis = [(ones, total(iter(ones)))]
    for _ in range(k):
        this = basis[-1][0]
        values = [u * p for u, p in zip(at, this, strict=True)]
        for earlier, size in (*basis, *basis):  # against all of them and twice, for what rounding leaves
            share = total(v * p for v, p in zip(values, earlier, strict=True)) / size
            values = [v - share * p for v, p in zip(values, earlier, strict=True)]
        values = _to_one(values)
        basis.append((values, total(p * p for p in iter(values))))
    return basis


def _to_one(values: list[Doubles]) -> list[Doubles]:
    """Scaled so that the largest is 1."""
    largest = np.max([np.abs(value) for value in values], axis=0)
    return [value / largest for value in values]


def _different(x: list[Doubles], most: int) -> Doubles:
    """How many different values a window has, counted up to most + 1."""
    seen: list[Doubles] = []
    count = np.zeros_like(x[0])
    for w in x:
        new = np.ones(w.shape, bool)
        for value in seen:
            new &= w != value
        if len(seen) <= most:
            seen.append(np.full(w.shape, np.nan))
        for number, value in enumerate(seen):
            np.copyto(value, w, where=new & (count == number))
        count += new & (count <= most)
    return count


def ts_theilsen(x: Floats, y: Floats, d: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Median slope of all pairs, of windows without a gap."""
    earlier, later = np.triu_indices(int(d), 1)
    out[:] = np.nan
    rows, names = np.nonzero(_complete(np.isnan(x) | np.isnan(y), int(d)))
    step = max(1, _PAIRS_AT_ONCE // max(1, len(earlier)))
    for begin in range(0, len(rows), step):
        row, name = rows[begin : begin + step], names[begin : begin + step]
        at = row - int(d) + 1
        left, right = at + earlier[:, None], at + later[:, None]
        with np.errstate(all="ignore"):
            run = x[right, name].astype(np.float64) - x[left, name]
            rise = y[right, name].astype(np.float64) - y[left, name]
            out[row, name] = finite(_median_of_known(np.where(run == 0, np.nan, rise / run)))


def _complete(missing: NDArray[np.bool_], d: int) -> NDArray[np.bool_]:
    """Where none of the last d sessions is missing."""
    gaps = np.cumsum(missing, axis=0)
    found = np.zeros(missing.shape, bool)
    found[d - 1 : d] = gaps[d - 1 : d] == 0
    found[d:] = gaps[d:] == gaps[: max(0, len(gaps) - d)]
    return found


def _median_of_known(values: Doubles) -> Doubles:
    """The median of each column without its missing values, NaN where it has no other."""
    ordered = np.sort(values, axis=0)  # what is missing comes last
    known = np.count_nonzero(~np.isnan(ordered), axis=0)
    places = np.maximum([(known - 1) // 2, known // 2], 0)
    low, high = np.take_along_axis(ordered, np.minimum(places, len(ordered) - 1), axis=0)
    return np.where(known > 0, (low + high) / 2, np.nan)


def ts_entropy(x: Floats, d: float, buckets: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Entropy of the histogram of a window."""
    over_windows(lambda x: _entropy(x, int(buckets)), (x,), d, out, held=d)


def _entropy(x: Windows, buckets: int) -> Doubles:
    values = np.stack(list(x))
    low, high = values.min(axis=0), values.max(axis=0)
    width = np.where(high > low, high - low, 1.0)
    places = np.minimum(np.floor((values - low) / width * buckets), buckets - 1)
    cells = low.size
    keys = np.where(np.isnan(places), 0.0, places).astype(np.int64).reshape(x.d, cells) * cells + np.arange(cells)
    shares = np.bincount(keys.ravel(), minlength=buckets * cells).reshape(buckets, *low.shape) / x.d
    found = total(-p * np.log(np.where(p > 0, p, 1.0)) for p in iter(shares))
    return np.where(np.isnan(low), np.nan, found) + 0.0
