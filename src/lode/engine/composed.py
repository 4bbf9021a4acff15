"""Operators that are put together from others of the core: what they save is text, not time.

Each takes the operator's arguments, the panel to write to and the absolute index of the first session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from lode.engine.simd import core

if TYPE_CHECKING:
    from lode.engine.arrays import Floats

Number: TypeAlias = float  # an elementwise kernel gets panels of one cell instead where all its arguments are constants
_NAN = np.float32(np.nan)


def clamp(x: Floats, lower: Number, upper: Number, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """min(max(x, lower), upper)."""
    raised = np.empty_like(out)
    core.max(x, lower, raised)
    core.min(raised, upper, out)


def round_down(x: Floats, f: Number, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Whole multiples of f."""
    times = np.empty_like(out)
    core.divide(x, f, out)
    core.floor(out, times)
    core.multiply(times, f, out)


def nan_out(x: Floats, lower: Number, upper: Number, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Between the bounds, missing elsewhere."""
    np.copyto(out, np.where((x >= _single(lower)) & (x <= _single(upper)), x, _NAN))


def left_tail(x: Floats, maximum: Number, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Up to the maximum."""
    np.copyto(out, np.where(x <= _single(maximum), x, _NAN))


def right_tail(x: Floats, minimum: Number, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """From the minimum on."""
    np.copyto(out, np.where(x >= _single(minimum), x, _NAN))


def tail(x: Floats, lower: Number, upper: Number, newval: Number, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """A new value between the bounds."""
    np.copyto(out, np.where((x > _single(lower)) & (x < _single(upper)), _single(newval), x))


def to_nan(x: Floats, value: Number, reverse: Number, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """A value as missing, or missing as a value."""
    single = _single(value)
    np.copyto(out, np.where(reverse, np.where(np.isnan(x), single, x), np.where(x == single, _NAN, x)))


def ts_ir(x: Floats, d: float, *, out: Floats, first_row: int) -> None:
    """Mean over deviation."""
    mean, deviation = np.empty_like(out), np.empty_like(out)
    core.ts_mean(x, mean, int(d), first_row)
    core.ts_std_dev(x, deviation, int(d), first_row)
    core.divide(mean, deviation, out)


def ts_returns(x: Floats, d: float, mode: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Change over what was before, or over the mean of both."""
    before, change = np.empty_like(out), np.empty_like(out)
    core.ts_delay(x, before, int(d))
    core.subtract(x, before, change)
    if mode == 1:
        return core.divide(change, before, out)
    both = np.empty_like(out)
    core.add(x, before, both)
    core.multiply(both, 0.5, before)
    return core.divide(change, before, out)


def log_diff(x: Floats, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """Change of the logarithm."""
    logs = np.empty_like(out)
    core.log(x, logs)
    core.ts_delta(logs, out, 1)


def ts_min_diff(x: Floats, d: float, *, out: Floats, first_row: int) -> None:
    """Distance to the smallest."""
    extreme = np.empty_like(out)
    core.ts_min(x, extreme, int(d), first_row)
    core.subtract(x, extreme, out)


def ts_max_diff(x: Floats, d: float, *, out: Floats, first_row: int) -> None:
    """Distance to the largest."""
    extreme = np.empty_like(out)
    core.ts_max(x, extreme, int(d), first_row)
    core.subtract(x, extreme, out)


def ts_min_max_diff(x: Floats, d: float, f: float, *, out: Floats, first_row: int) -> None:
    """x - f * (smallest + largest)."""
    both = _extremes(x, d, first_row)
    core.multiply(both, f, out)
    core.subtract(x, out.copy(), out)


def ts_min_max_cps(x: Floats, d: float, f: float, *, out: Floats, first_row: int) -> None:
    """Smallest + largest - f * x."""
    scaled = np.empty_like(out)
    core.multiply(x, f, scaled)
    core.subtract(_extremes(x, d, first_row), scaled, out)


def ts_weighted_decay(x: Floats, k: float, *, out: Floats, first_row: int) -> None:  # noqa: ARG001
    """k * today + (1 - k) * yesterday."""
    before, part, other = np.empty_like(out), np.empty_like(out), np.empty_like(out)
    core.ts_delay(x, before, 1)
    core.multiply(x, k, part)
    core.multiply(before, 1 - k, other)
    core.add(part, other, out)


def jump_decay(x: Floats, d: float, sensitivity: float, force: float, *, out: Floats, first_row: int) -> None:
    """Jumps damped by force."""
    change, size, limit, damped = (np.empty_like(out) for _ in range(4))
    core.ts_delta(x, change, 1)
    core.abs(change, size)
    core.ts_std_dev(x, damped, int(d), first_row)
    core.multiply(damped, sensitivity, limit)
    core.multiply(change, 1 - force, damped)
    core.subtract(x, damped, change)
    core.less(limit, size, damped)
    core.if_else(damped, change, x, out)


def means_apart(x: Floats, y: Floats, out: Floats) -> None:
    """Geometric mean - arithmetic mean."""
    left, right = x.astype(np.float64), y.astype(np.float64)
    out[:] = np.sqrt(left * right) - (left + right) / 2


def _extremes(x: Floats, d: float, first_row: int) -> Floats:
    low, high, both = np.empty_like(x), np.empty_like(x), np.empty_like(x)
    core.ts_min(x, low, int(d), first_row)
    core.ts_max(x, high, int(d), first_row)
    core.add(low, high, both)
    return both


def _single(number: Number) -> np.float32 | Floats:
    return np.asarray(number, np.float32)
