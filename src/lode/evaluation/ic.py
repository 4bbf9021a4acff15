"""Information coefficients: how far a session's values and the returns after them agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.engine import Scorer
from lode.evaluation.newey_west import NeweyWest, newey_west_t

Floats = NDArray[np.float32]
Series = NDArray[np.float64]

MIN_NAMES = 10


@dataclass(frozen=True)
class IcSummary:
    """A daily series of coefficients in a few numbers; NaN where undefined.

    mean, std: unitless (std with n - 1); icir: mean / std, per session; t_nw: Newey-West t of the mean; n: sessions.
    """

    mean: float
    std: float
    icir: float
    t_nw: float
    n: int
    test: NeweyWest


def daily_rank_ic(values: Floats, forward: Floats, *, min_names: int = MIN_NAMES) -> Series:
    """Spearman correlation of each session's values and forward returns, (sessions,), in [-1, 1].

    values: (sessions, names), known at the close; forward: the return earned strictly after it. Ties get average ranks
    (Kendall 1945). NaN with fewer than `min_names` pairs and where either side does not vary; see `lode.engine.Scorer`.
    """
    return Scorer(forward, rows=slice(0, len(forward)), min_names=min_names).rank_ic(values)


def ic_summary(series: Series, *, horizon: int = 1) -> IcSummary:
    """Summarise a daily series, (sessions,) with NaN where undefined, of a label over `horizon` sessions."""
    test = newey_west_t(series, horizon=horizon)
    known = series[np.isfinite(series)]
    std = float(known.std(ddof=1)) if known.size > 1 else float("nan")
    varies = std > 1e-12 * float(np.abs(known).max(initial=0.0))
    return IcSummary(test.mean, std, test.mean / std if varies else float("nan"), test.t, test.n, test)
