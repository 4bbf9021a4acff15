"""SPA and StepM: is any of many strategies better than a benchmark, and which of them are.

With d_k the differences of a strategy's returns from the benchmark's, and ω_k² the long-run variance of √n times their
mean under the stationary bootstrap, Hansen's test (2005) of superior predictive ability has the statistic and the law

    T = max_k √n d̄_k / ω_k,    T* = max_k √n (d̄*_k - g(d̄_k)) / ω_k

over samples of the stationary bootstrap (Politis and Romano 1994). Strategies that are plainly worse than the benchmark
need not be recentred: g(d̄) = d̄ · 1{d̄ ≥ -ω √(2 ln ln n / n)} gives the consistent p; g(d̄) = max(d̄, 0) the lower one,
g(d̄) = d̄ the upper one, White's reality check (2000) of studentised returns. StepM (Romano and Wolf 2005) finds the
strategies above the law's critical value, takes them out, and goes on until it finds none: the chance of any false
discovery is at most the level. Its critical value is the consistent one, as Hsu, Hsu and Kuan (2010) have it.

Samples and recentring are the package arch's; it compares means, so that the differences are divided by ω_k first. The
blocks' mean length is the median over the strategies of Politis and White's (2004): longer ones make ω_k noisy. Of 150
sets of ten strategies without skill, 7 % had a consistent p ≤ .05 with 250 independent sessions, and, with a first
autocorrelation of .3, 12 % with 250 and 7 % with 1000 sessions; with √n for the length it was 14 % and 9 % even where
sessions were independent. The lower p is the least reliable.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.evaluation.bootstrap import block_lengths
from lode.evaluation.newey_west import FEWEST_OBSERVATIONS

if TYPE_CHECKING:
    from arch.bootstrap import SPA

Matrix = NDArray[np.float64]

DRAWS = 1000


@dataclass(frozen=True)
class Superiority:
    """Test that no strategy is better than the benchmark; NaN where it cannot be made.

    lower, consistent, upper: p-values, (1 + draws at or beyond T) / (1 + draws): never zero. statistic: T. best: column
    of the strategy that has it, None where there is none. block: mean length of the blocks; n: sessions.
    """

    lower: float
    consistent: float
    upper: float
    statistic: float
    best: int | None
    block: int
    n: int


def superior_ability(
    returns: NDArray[np.floating],
    benchmark: NDArray[np.floating] | float = 0.0,
    *,
    rng: np.random.Generator,
    draws: int = DRAWS,
    block: int | None = None,
) -> Superiority:
    """Test whether the best of some strategies beats a benchmark (Hansen 2005).

    returns: (sessions, strategies), of all that were tried; benchmark: (sessions,), or a constant. block: mean length
    of the bootstrap's blocks, chosen from the differences unless given. Sessions with a missing return are dropped;
    strategies whose difference from the benchmark does not vary are left out. NaN with fewer than 20 sessions or
    without a strategy. Raises UsageError for shapes that do not fit, and for draws or a block below 1.
    """
    z, columns, length = _studentised(returns, benchmark, draws, block)
    if not columns.size:
        return Superiority(math.nan, math.nan, math.nan, math.nan, None, length, len(z))
    spa = _spa(z, rng, draws, length)
    lower, consistent, upper = ((float(p) * draws + 1) / (draws + 1) for p in spa.pvalues)
    means = z.mean(axis=0)
    statistic = math.sqrt(len(z)) * float(means.max())
    return Superiority(lower, consistent, upper, statistic, int(columns[means.argmax()]), length, len(z))


def step_m(
    returns: NDArray[np.floating],
    benchmark: NDArray[np.floating] | float = 0.0,
    *,
    rng: np.random.Generator,
    level: float = 0.05,
    draws: int = DRAWS,
    block: int | None = None,
) -> tuple[int, ...]:
    """Columns of the strategies that beat the benchmark, ascending (Romano and Wolf 2005).

    Arguments as in `superior_ability`. Over all of them the chance of any that does not beat it is at most `level`.
    None where the test cannot be made.
    Raises UsageError as `superior_ability` does, and for a level outside of 0 to 1.
    """
    if not 0 < level < 1:
        raise UsageError(f"level {level:g}: allowed is more than 0 and less than 1")
    z, columns, length = _studentised(returns, benchmark, draws, block)
    if not columns.size:
        return ()
    spa = _spa(z, rng, draws, length)
    left = np.ones(columns.size, dtype=np.bool_)
    while left.any():
        spa.subset(left)
        spa.compute()
        better = np.asarray(spa.better_models(level), dtype=np.intp)
        if not better.size:
            break
        left[better] = False
    return tuple(int(column) for column in columns[~left])


def _spa(z: Matrix, rng: np.random.Generator, draws: int, block: int) -> SPA:
    """Computed test of the studentised differences; arch takes losses, less being better."""
    from arch.bootstrap import SPA  # noqa: PLC0415  costs seconds, and most commands test nothing

    spa = SPA(np.zeros(len(z)), -z, block_size=block, reps=draws, seed=rng)
    spa.compute()
    return spa


def _studentised(
    returns: NDArray[np.floating], benchmark: NDArray[np.floating] | float, draws: int, block: int | None
) -> tuple[Matrix, NDArray[np.intp], int]:
    """Differences divided by their ω, (sessions, strategies), their columns and the length of the blocks."""
    given = np.asarray(returns, dtype=np.float64)
    than = np.asarray(benchmark, dtype=np.float64)
    if given.ndim != 2 or than.shape not in {(), (len(given),)}:
        raise UsageError(
            f"returns {given.shape}, benchmark {than.shape}: (sessions, strategies) and (sessions,) needed"
        )
    if draws < 1 or (block is not None and block < 1):
        raise UsageError(f"draws {draws}, block {block}: allowed is 1 or more")
    difference = given - (than[:, None] if than.ndim else than)
    whole = np.isfinite(difference).all(axis=1)
    difference, size = difference[whole], np.abs(given[whole]).max(axis=0, initial=0)
    if len(difference) < FEWEST_OBSERVATIONS:
        return difference[:, :0], np.empty(0, dtype=np.intp), block or 1
    columns = np.flatnonzero(np.ptp(difference, axis=0) > 1e-12 * np.maximum(size, np.abs(difference).max(axis=0)))
    kept = difference[:, columns]
    length = block or (math.ceil(np.median(block_lengths(kept))) if columns.size else 1)
    return kept / np.sqrt(_long_run_variance(kept, length)), columns, length


def _long_run_variance(series: Matrix, block: int) -> Matrix:
    """ω² of each column, (strategies,): the variance of √n times the mean of a sample (Politis and Romano 1994)."""
    n = len(series)
    frequencies = np.fft.rfft(series - series.mean(axis=0), 2 * n, axis=0)
    covariance = np.fft.irfft(np.abs(frequencies) ** 2, 2 * n, axis=0)[:n] / n
    lag, stay = np.arange(1, n), 1 - 1 / block
    weight = (1 - lag / n) * stay**lag + lag / n * stay ** (n - lag)
    total: Matrix = covariance[0] + 2 * weight @ covariance[1:]
    return total
