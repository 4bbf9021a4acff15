"""Who belongs to a universe when: spells over sessions, and the most traded names reconstituted every month."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.errors import UsageError

TRAILING_SESSIONS = 63
LEAST_SESSIONS = 42
"""How many of the trailing sessions a name must have traded in to be ranked."""


def member_mask(members: pl.DataFrame, names: tuple[str, ...], sessions: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    """(T, N): whether the name is a member in the session.

    members: instrument, first_session, last_session; both days are included, a missing last one goes on.
    """
    mask = np.zeros((len(sessions), len(names)), bool)
    column = {name: number for number, name in enumerate(names)}
    for instrument, first, last in members.select("instrument", "first_session", "last_session").iter_rows():
        if instrument in column:
            start = np.searchsorted(sessions, np.datetime64(first, "D"))
            stop = len(sessions) if last is None else np.searchsorted(sessions, np.datetime64(last, "D"), side="right")
            mask[start:stop, column[instrument]] = True
    return mask


def top_mask(dollar_volume: NDArray[np.floating], sessions: NDArray[np.datetime64], top: int) -> NDArray[np.bool_]:
    """(T, N): the `top` names by mean dollar volume of the 63 sessions before each month's first, for that month.

    dollar_volume: (T, N) as known at each close. A month whose first session has fewer sessions before it has no
    members; names with fewer than 42 values are not ranked; of equal names the first counts.
    """
    mask = np.zeros(dollar_volume.shape, bool)
    months = sessions.astype("datetime64[M]")
    starts = np.flatnonzero(np.append(True, months[1:] != months[:-1]))
    for start, stop in zip(starts, [*starts[1:], len(sessions)], strict=True):
        if start < TRAILING_SESSIONS:
            continue
        window = dollar_volume[start - TRAILING_SESSIONS : start].astype(np.float64)
        number = np.isfinite(window).sum(axis=0)
        mean = np.where(number >= LEAST_SESSIONS, np.nansum(window, axis=0) / np.maximum(number, 1), -np.inf)
        chosen = np.argsort(-mean, kind="stable")[:top]
        mask[start:stop, chosen[np.isfinite(mean[chosen])]] = True
    return mask


def spells_of(mask: NDArray[np.bool_], names: tuple[str, ...], sessions: NDArray[np.datetime64]) -> pl.DataFrame:
    """Spells of a mask (T, N): instrument, first_session, last_session, which is missing at the last session."""
    padded = np.zeros((mask.shape[0] + 2, mask.shape[1]), np.int8)
    padded[1:-1] = mask
    change = np.diff(padded, axis=0)
    name, first = np.nonzero(change.T == 1)
    last = np.nonzero(change.T == -1)[1] - 1
    days = sessions.astype("datetime64[D]")
    return pl.DataFrame(
        {
            "instrument": pl.Series([names[n] for n in name], dtype=pl.String),
            "first_session": pl.Series(days[first], dtype=pl.Date),
            "last_session": pl.Series(
                np.where(last == len(sessions) - 1, np.datetime64("NaT"), days[last]), dtype=pl.Date
            ),
        }
    )


def top_members(bars: pl.DataFrame, top: int, *, as_of: datetime, exchange: str) -> pl.DataFrame:
    """Spells of the `top` names by trailing dollar volume, of bars known by `as_of`; see `top_mask`.

    bars: as `build_panel` takes them, of every name that may be chosen. Raises UsageError for adjusted prices, whose
    levels are not those of the day.
    """
    from lode.panel.assemble import build_panel  # noqa: PLC0415  a panel is masked by members, and so needs this module

    if "adjusted" in bars.columns and bars["adjusted"].any():
        raise UsageError(f"top:{top} needs prices as they were traded, and this source has adjusted ones; name symbols")
    panel = build_panel(bars, as_of=as_of, exchange=exchange)
    if "dollar_volume" not in panel.fields:
        raise UsageError(f"top:{top} needs volumes, and this source has none; name symbols")
    return spells_of(top_mask(panel.fields["dollar_volume"], panel.sessions, top), panel.names, panel.sessions)
