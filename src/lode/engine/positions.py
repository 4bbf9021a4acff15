"""How large positions are, and how fast they may change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lode.engine.simd import core
from lode.engine.windows import Doubles, Windows, chunks, finite, over_windows

if TYPE_CHECKING:
    from lode.engine.arrays import Floats

_NAMES_AT_ONCE = 64


def scale_by_side(x: Floats, longscale: float, shortscale: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Each side of the book to its own size."""
    zero = np.zeros_like(x)
    sides = [np.empty_like(out) for _ in range(2)]
    for bound, side in ((core.max, sides[0]), (core.min, sides[1])):
        bound(x, 0.0, zero)
        core.scale(zero, side)
    with np.errstate(all="ignore"):
        found = np.where(x > 0, sides[0] * np.float64(longscale), sides[1] * np.float64(shortscale))
    out[:] = finite(np.where(x == 0, 0.0, found))


def scale_down(x: Floats, constant: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """From 0 at the day's smallest to 1 at its largest."""
    for rows in chunks(x):
        values = x[rows].astype(np.float64)
        low, high = (f.reduce(values, axis=1, keepdims=True, initial=np.nan) for f in (np.fmin, np.fmax))
        with np.errstate(all="ignore"):
            out[rows] = finite((values - low) / np.where(high > low, high - low, np.nan) - constant)


def rank_by_side(x: Floats, scale: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Ranks of the long and of the short side, scaled to a book."""
    ranks = np.empty_like(out)
    signed = np.where(np.isnan(x), np.float32(np.nan), np.float32(0))
    for sign in (np.float32(1), np.float32(-1)):
        side = np.where(x * sign > 0, x * sign, np.float32(np.nan))
        core.rank(side, ranks)
        np.copyto(signed, sign * ranks, where=~np.isnan(side))
    core.scale(signed, ranks)
    core.multiply(ranks, scale, out)


def generalized_rank(x: Floats, m: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Powers of the distances to all others, above less below."""
    for row, result in zip(x.astype(np.float64), out, strict=True):
        result[:] = np.nan
        known = np.flatnonzero(~np.isnan(row))
        for begin in range(0, len(known), _NAMES_AT_ONCE):
            some = known[begin : begin + _NAMES_AT_ONCE]
            apart = row[some, None] - row[known]
            with np.errstate(all="ignore"):
                result[some] = finite((np.sign(apart) * np.abs(apart) ** m).sum(axis=1))


def hump_decay(x: Floats, p: float, relative: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Changes that are too small are not made."""
    before, size, bound, moved = (np.empty_like(out) for _ in range(4))
    core.ts_delay(x, before, 1)
    core.subtract(x, before, moved)
    core.abs(moved, size)
    if relative:
        core.add(x, before, moved)
        core.abs(moved, out)
        core.multiply(out, p, bound)
        core.less(bound, size, moved)
    else:
        core.less(p, size, moved)
    core.if_else(moved, x, before, out)


def inst_tvr(x: Floats, d: float, *, out: Floats, first_row: int) -> None:
    """What was traded over what was held."""
    change, size, traded, held = (np.empty_like(out) for _ in range(4))
    core.ts_delta(x, change, 1)
    core.abs(change, size)
    core.ts_sum(size, traded, int(d), first_row)
    core.abs(x, size)
    core.ts_sum(size, held, int(d), first_row)
    core.divide(traded, held, out)


def ts_delta_limit(x: Floats, y: Floats, limit_volume: float, d: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Followed from the window's first known value."""

    def followed(x: Windows, y: Windows) -> Doubles:
        state = np.full_like(x.lag(0), np.nan)
        for wanted, unit in zip(x, y, strict=True):
            limit = limit_volume * np.abs(unit)
            step = np.clip(wanted - state, -limit, limit)
            moved = np.where(np.isnan(state), wanted, state + step)
            state = np.where(np.isnan(wanted) | np.isnan(unit), state, moved)
        return np.where(np.isnan(x.lag(0)) | np.isnan(y.lag(0)), np.nan, state)

    over_windows(followed, (x, y), d, out)
