"""Kernels of operators that are computed like no other: of several core functions, or with arguments of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lode.engine import composed, groupings
from lode.engine.kernel import Argument, Site
from lode.engine.simd import core

if TYPE_CHECKING:
    from lode.engine.arrays import Floats


def group_percentage(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
    """A percentage of each group (`group_median`: half)."""
    group = site.groups[arguments[1]]  # type: ignore[index]  # a group's name
    fraction = float(arguments[2]) if len(arguments) > 2 else 0.5
    core.group_percentage(arguments[0], group.labels, out, group.count, fraction)  # type: ignore[arg-type]


def quantile(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
    """Ranks, then the inverse of a distribution function."""
    ranks, driver, sigma = np.empty_like(out), int(arguments[1]), float(arguments[2])
    core.rank(arguments[0], ranks)  # type: ignore[arg-type]
    core.quantile(ranks, out, driver, sigma)


def regression(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
    """`ts_regression`: two series, window, lag and what is wanted."""
    window, lag, wanted = (int(number) for number in arguments[2:])
    core.ts_regression(arguments[0], arguments[1], out, window, lag, wanted, site.first_row)  # type: ignore[arg-type]


def hump(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
    """x, the share of the change that is kept down, and the sessions."""
    core.hump(arguments[0], out, int(arguments[2]), float(arguments[1]), site.first_row)  # type: ignore[arg-type]


def percentiles(x: Floats, calls: Sequence[Sequence[Argument]], out: Sequence[Floats]) -> None:
    """calls: x, the window, and the percentage unless it is a median."""
    fractions = [float(numbers[2]) if len(numbers) > 2 else 0.5 for numbers in calls]
    core.ts_percentiles(x, fractions, out, int(calls[0][1]))


def percentile(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
    """One percentage of the window; the median where none is given."""
    percentiles(arguments[0], [arguments], [out])  # type: ignore[arg-type]


def ts_quantile(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
    """Ranks in time, then the inverse of a distribution function."""
    ranks, window = np.empty_like(out), int(arguments[1])
    core.ts_rank(arguments[0], ranks, window, site.first_row)  # type: ignore[arg-type]
    core.ts_quantile(ranks, out, window, int(arguments[2]))


def trade_when(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
    """A trigger, values and an exit, and how many sessions are looked back."""
    core.trade_when(*arguments[:3], out, int(arguments[3]))  # type: ignore[arg-type, call-arg]


def step(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
    """Sessions counted from the panel's first, 1, times a number."""
    sessions = np.arange(site.first_row + 1, site.first_row + 1 + len(out), dtype=np.float64)
    out[:] = (float(arguments[0]) * sessions)[:, None]


def rank_means(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
    """Geometric less arithmetic mean of two ranks across names."""
    ranks = np.empty_like(out), np.empty_like(out)
    for x, found in zip(arguments, ranks, strict=True):
        core.rank(x, found)  # type: ignore[arg-type]
    composed.means_apart(*ranks, out)


def ts_rank_means(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
    """The same of two ranks in time."""
    ranks = np.empty_like(out), np.empty_like(out)
    for x, found in zip(arguments[:2], ranks, strict=True):
        core.ts_rank(x, found, int(arguments[2]), site.first_row)  # type: ignore[arg-type]
    composed.means_apart(*ranks, out)


def bucket(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
    """Groups by the edges between which a value lies."""
    x, edges, *flags = arguments
    both, first, last, missing = (float(flag) for flag in flags)
    groupings.bucket(x, edges, (both, first, last), missing, out)  # type: ignore[arg-type]
