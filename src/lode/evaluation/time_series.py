"""Time-series regressions, one per name, with standard errors that allow for dependence.

Least squares with a constant, y_t = α + β'x_t + e_t, for thousands of names at once: a name's forward returns on its
own factor values, or the returns of books on the returns of known factors. The covariance of a name's coefficients is
(White 1980; Newey and West 1987; Hansen and Hodrick 1980)

    V = (Σ z_t z_t')⁻¹ S (Σ z_t z_t')⁻¹,    S = Σ_{|k|≤L} w_k Σ_t z_t e_t e_{t-k} z_{t-k}',    z_t = (1, x_t)

with Bartlett's weights w_k = 1 - |k|/(L+1), or with w_k = 1 for |k| < h where the kernel is uniform. Coefficients,
standard errors, t and R² are those of statsmodels' `OLS(y, add_constant(x)).fit(cov_type="HAC", cov_kwds={"maxlags":
L})`. The p-value is two-sided and, as in newey_west.py, takes √s · t for Student's T with ν degrees of freedom: with
few sessions or long overlaps a normal p is too small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from lode.errors import UsageError
from lode.evaluation.hansen_hodrick import uniform_share_and_freedom
from lode.evaluation.newey_west import fewest_observations, nw_lags, share_and_freedom

Matrix = NDArray[np.float64]
Counts = NDArray[np.int64]
Kernel = Literal["bartlett", "uniform"]

_BLOCK_CELLS = 1 << 18
_DEPENDENT = 1e-10
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class TimeSeriesFit:
    """One regression per name; NaN where it is not defined.

    coefficients, se, t, p: (names, 1 + regressors), the constant (alpha) first; p is two-sided. r_squared: (names,),
    the share of the variance that is explained. n, lags: (names,), sessions used and L. share, freedom: s and ν.
    """

    coefficients: Matrix
    se: Matrix
    t: Matrix
    p: Matrix
    r_squared: Matrix
    n: Counts
    lags: Counts
    share: Matrix
    freedom: Matrix

    @property
    def alpha(self) -> Matrix:
        """Constants, (names,), in the unit of what is explained, per session's label."""
        return self.coefficients[:, 0]

    @property
    def beta(self) -> Matrix:
        """Slopes, (names, regressors)."""
        return self.coefficients[:, 1:]

    def interval(self, level: float = 0.95) -> tuple[Matrix, Matrix]:
        """Bounds that hold the true coefficient with probability `level`, by the same law as p; NaN where t is."""
        half = special.stdtrit(self.freedom, (1 + level) / 2)[:, None] * self.se / np.sqrt(self.share)[:, None]
        return self.coefficients - half, self.coefficients + half


def time_series_ols(
    explained: NDArray[np.floating],
    regressors: Sequence[NDArray[np.floating]],
    *,
    horizon: int = 1,
    lags: int | None = None,
    kernel: Kernel = "bartlett",
) -> TimeSeriesFit:
    """Regress each column of `explained` on a constant and the regressors, over the sessions that have everything.

    Standard errors allow for dependence (Newey and West 1987, or Hansen and Hodrick 1980 with the uniform kernel).

    explained: (sessions, names) or (sessions,), for one name. regressors: each (sessions, names), a name's own, or
    (sessions,), the same for all. horizon: sessions over which a row of `explained` is earned. lags: `nw_lags` of a
    name's sessions unless given; with the uniform kernel always horizon - 1.
    A name's sessions that are left count as consecutive. A name has no coefficients with fewer sessions than
    `fewest_observations` and two per coefficient, or where its regressors do not vary or depend on each other; se, t
    and p are missing too where the fit is exact, or the uniform kernel's variance is not positive: never infinite.
    Raises UsageError for a horizon below 1, lags below 0, and shapes that do not fit.
    """
    if horizon < 1 or (lags is not None and lags < 0):
        raise UsageError(f"horizon {horizon}, lags {lags}: allowed are a horizon from 1 and lags from 0")
    y, *x = (_as_columns(array) for array in (explained, *regressors))
    if any(len(r) != len(y) or r.shape[1] not in {1, y.shape[1]} for r in x):
        raise UsageError(f"regressors {[r.shape for r in x]} beside {y.shape}: sessions and names have to be the same")
    step = max(1, _BLOCK_CELLS // max(1, len(y) * (len(x) + 1)))
    blocks = [slice(start, start + step) for start in range(0, max(y.shape[1], 1), step)]
    fits = [
        _fit(y[:, b], [r[:, b] if r.shape[1] == y.shape[1] else r for r in x], horizon, lags, kernel) for b in blocks
    ]
    return TimeSeriesFit(*(np.concatenate(parts) for parts in zip(*fits, strict=True)))


def _as_columns(array: NDArray[np.floating]) -> NDArray[np.floating]:
    given = np.asarray(array)
    return given[:, None] if given.ndim == 1 else given


def _fit(
    y: NDArray[np.floating], x: Sequence[NDArray[np.floating]], horizon: int, lags: int | None, kernel: Kernel
) -> tuple[NDArray[np.generic], ...]:
    """Fields of `TimeSeriesFit`, in their order, for a block of names."""
    explained, own, n = _compacted(y, x)
    used = _lags(n, horizon, lags, kernel)
    present = np.arange(explained.shape[1]) < n[:, None]
    centre, unit, length = _unit_regressors(own, present)
    inverse, solvable = _inverse(unit, n, used)
    mean = explained.sum(axis=1) / np.maximum(n, 1)
    around = np.where(present, explained - mean[:, None], 0)
    slopes = inverse @ (unit.transpose(0, 2, 1) @ around[:, :, None])
    residual = around - (unit @ slopes)[:, :, 0]
    floor = _ROUNDING * np.abs(explained).max(axis=1, initial=0)
    exact = (residual**2).sum(axis=1) <= np.maximum(n, 1) * floor**2
    back = _from_unit(n, centre, length)
    level = (mean * np.sqrt(np.maximum(n, 1)))[:, None, None]
    coefficients = (back @ np.concatenate([level, slopes], axis=1))[:, :, 0]
    variance = np.einsum("nij,njk,nik->ni", back, _sandwich(unit, residual, present, inverse, used, kernel), back)
    coefficients[~solvable] = np.nan
    se = np.sqrt(np.where((variance > 0) & (solvable & ~exact)[:, None], variance, np.nan))
    share, freedom = _law(n, used, horizon, kernel, len(x))
    t = coefficients / se
    p = 2 * special.stdtr(freedom[:, None], -np.sqrt(share)[:, None] * np.abs(t))
    return coefficients, se, t, p, _r_squared(residual, around, floor, solvable), n, used, share, freedom


def _lags(n: Counts, horizon: int, lags: int | None, kernel: Kernel) -> Counts:
    """L of each name, (names,)."""
    if kernel == "uniform":
        return np.full(len(n), horizon - 1, dtype=np.int64)
    each = (nw_lags(int(count), horizon) if lags is None else lags for count in n)
    return np.fromiter(each, dtype=np.int64, count=len(n))


def _inverse(unit: Matrix, n: Counts, lags: Counts) -> tuple[Matrix, NDArray[np.bool_]]:
    """Inverse of the regressors' products, (names, regressors, regressors), and which names can be solved."""
    gram = unit.transpose(0, 2, 1) @ unit
    fewest = np.array([max(fewest_observations(int(L)), 2 * (unit.shape[2] + 1)) for L in lags])
    solvable = (n >= fewest) & (np.linalg.eigvalsh(gram).min(axis=-1, initial=1) > _DEPENDENT)
    gram[~solvable] = np.eye(unit.shape[2])
    return np.linalg.inv(gram).astype(np.float64, copy=False), solvable


def _compacted(y: NDArray[np.floating], x: Sequence[NDArray[np.floating]]) -> tuple[Matrix, Matrix, Counts]:
    """Explained (names, sessions) and regressors (names, sessions, regressors), known sessions first, then zeros."""
    known = np.isfinite(y)
    for regressor in x:
        known = known & np.isfinite(regressor)
    order = np.argsort(~known, axis=0, kind="stable")
    columns = [np.where(known, np.broadcast_to(array, y.shape), 0).astype(np.float64) for array in (y, *x)]
    first, *others = (np.take_along_axis(column, order, axis=0).T for column in columns)
    stacked = np.stack(others, axis=2) if others else np.empty((*first.shape, 0))
    return np.ascontiguousarray(first), stacked, known.sum(axis=0).astype(np.int64)


def _unit_regressors(own: Matrix, present: NDArray[np.bool_]) -> tuple[Matrix, Matrix, Matrix]:
    """Means (names, regressors), regressors less their means at length one, and their lengths; zero where constant."""
    count = np.maximum(present.sum(axis=1), 1)[:, None]
    centre = own.sum(axis=1) / count
    around = np.where(present[:, :, None], own - centre[:, None, :], 0)
    length = np.sqrt((around**2).sum(axis=1))
    varies = length > _ROUNDING * np.abs(own).max(axis=1, initial=0) * np.sqrt(count)
    length = np.where(varies, length, 1.0)
    return centre, np.where(varies[:, None, :], around / length[:, None, :], 0), length


def _sandwich(
    unit: Matrix,
    residual: Matrix,
    present: NDArray[np.bool_],
    inverse: Matrix,
    lags: Counts,
    kernel: Kernel,
) -> Matrix:
    """Covariance (names, 1 + regressors, 1 + regressors) of the coefficients on (1/√n, unit regressors)."""
    one = present / np.sqrt(np.maximum(present.sum(axis=1), 1))[:, None]
    scores = np.concatenate([one[:, :, None], unit], axis=2) * residual[:, :, None]
    meat = scores.transpose(0, 2, 1) @ scores
    for k in range(1, min(int(lags.max(initial=0)), residual.shape[1] - 1) + 1):
        weight = np.clip(1 - k / (lags + 1), 0, None) if kernel == "bartlett" else (k <= lags).astype(np.float64)
        later = weight[:, None, None] * (scores[:, k:].transpose(0, 2, 1) @ scores[:, :-k])
        meat += later + later.transpose(0, 2, 1)
    bread = np.zeros_like(meat)
    bread[:, 0, 0], bread[:, 1:, 1:] = 1, inverse
    return bread @ meat @ bread


def _from_unit(n: Counts, centre: Matrix, length: Matrix) -> Matrix:
    """Matrices (names, 1 + regressors, 1 + regressors) from coefficients on (1/√n, unit regressors) to alpha, beta."""
    size = length.shape[1] + 1
    back = np.zeros((len(n), size, size))
    back[:, 0, 0] = 1 / np.sqrt(np.maximum(n, 1))
    back[:, 0, 1:] = -centre / length
    back[:, np.arange(1, size), np.arange(1, size)] = 1 / length
    return back


def _law(n: Counts, lags: Counts, horizon: int, kernel: Kernel, regressors: int) -> tuple[Matrix, Matrix]:
    """Share s and degrees of freedom ν of each name's t; each slope costs one session."""
    law = {}
    for count, used in {(int(c), int(u)) for c, u in zip(n, lags, strict=True)}:
        if count <= regressors + 1:
            law[count, used] = (np.nan, np.nan)
            continue
        bartlett = kernel == "bartlett"
        share, freedom = (
            share_and_freedom(count, used, horizon) if bartlett else uniform_share_and_freedom(count, horizon)
        )
        law[count, used] = max(share - regressors / count, 0.05), min(freedom, count - 1.0 - regressors)
    pairs = np.array([law[int(c), int(u)] for c, u in zip(n, lags, strict=True)]).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _r_squared(residual: Matrix, around: Matrix, floor: Matrix, solvable: NDArray[np.bool_]) -> Matrix:
    """Share of the variance explained, (names,); NaN where what is explained does not vary."""
    total = (around**2).sum(axis=1)
    r_squared = np.full(len(total), np.nan)
    np.divide((residual**2).sum(axis=1), total, out=r_squared, where=solvable & (total > len(around.T) * floor**2))
    return 1 - r_squared
