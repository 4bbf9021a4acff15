"""A book in the manner of WorldQuant BRAIN: decay, neutralisation, scale, truncation.

BRAIN's own settings and order, as its public introduction has them; what it does with ties, missing values and an
excess over the truncation is not published, and stands here as each function says.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError

Floats = NDArray[np.float32]
Codes = NDArray[np.int32]

_MOST_PASSES = 64


def decayed(values: Floats, sessions: int) -> Floats:
    """Mean of the last `sessions` values with the weights n, n - 1, … 1, today's the largest; (sessions, names).

    Missing ones among them are left out of the mean; NaN where today's is missing. 0 or 1 changes nothing. Raises
    UsageError for fewer than 0 sessions.
    """
    if sessions < 0:
        raise UsageError(f"decay {sessions}: allowed is 0 sessions or more")
    if sessions < 2:
        return values
    known = np.isfinite(values)
    kept = np.where(known, values, 0).astype(np.float64)
    total, weight = np.zeros(kept.shape), np.zeros(kept.shape)
    for back in range(min(sessions, len(values))):
        total[back:] += (sessions - back) * kept[: len(kept) - back]
        weight[back:] += (sessions - back) * known[: len(kept) - back]
    mean = np.full(kept.shape, np.nan)
    np.divide(total, weight, out=mean, where=known)
    return mean.astype(np.float32)


def brain_weights(values: Floats, *, truncation: float = 0.0, quoted: NDArray[np.bool_] | None = None) -> Floats:
    """Weights of gross size one in proportion to the values, (sessions, names).

    values: already decayed and neutralised where that is wanted; a book of values that are not is net long or short.
    quoted: where a name had a price; a missing value of a name without one is no order (NaN), of another it is a
    weight of zero.
    truncation: largest size of a weight, 0 for none. What is over it goes to the other names of its side in proportion;
    where all of them are at it the book stays smaller. Raises UsageError for a truncation outside of 0 to 1.
    """
    if not 0 <= truncation <= 1:
        raise UsageError(f"truncation {truncation}: allowed is a share of the book from 0 (none) to 1")
    weights = np.where(np.isfinite(values), values, 0).astype(np.float64)
    gross = np.abs(weights).sum(axis=1, keepdims=True)
    np.divide(weights, gross, out=weights, where=gross > 0)
    if truncation:
        _truncate(weights, truncation)
    return _orders(weights, values, quoted)


def _orders(weights: NDArray[np.float64], values: Floats, quoted: NDArray[np.bool_] | None) -> Floats:
    given = weights.astype(np.float32)
    if quoted is not None:
        given[~quoted & ~np.isfinite(values)] = np.nan
    return given


def _truncate(weights: NDArray[np.float64], most: float) -> None:
    """Bring every weight within ±most, in place; each side keeps its sum as long as its names have room."""
    rows = np.flatnonzero(np.abs(weights).max(axis=1, initial=0) > most)
    chosen = weights[rows]
    for sign in (1, -1):
        side = np.clip(sign * chosen, 0, None)
        chosen += sign * (_capped(side, most) - side)
    weights[rows] = chosen


def _capped(side: NDArray[np.float64], most: float) -> NDArray[np.float64]:
    """Sizes of one side, at most `most` each and with the same sum where that is possible."""
    total = side.sum(axis=1, keepdims=True)
    sizes = side
    for _ in range(_MOST_PASSES):
        full = sizes >= most
        sizes = np.where(full, most, sizes)
        room = np.where(full, 0, sizes).sum(axis=1, keepdims=True)
        missing = total - most * full.sum(axis=1, keepdims=True)
        grow = np.ones_like(total)
        np.divide(missing, room, out=grow, where=room > 0)
        if not ((grow > 1 + 1e-12) & (room > 0)).any():
            break
        sizes = np.where(full, most, sizes * grow)
    return np.minimum(sizes, most)
