"""An evidence sheet as a record: plain JSON, all that its pictures need, daily series included."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lode.evaluation import Sheet, ic_summary, newey_west_t
from lode.workflow.context import defined

Record = dict[str, Any]
Series = NDArray[np.float64]
Spans = Mapping[str, tuple[date, date]]

_DIGITS = 6
_FEWEST = 4  # sessions below which a series has no kurtosis


def sheet_record(sheet: Sheet, *, direction: int = 1, splits: Spans | None = None) -> Record:
    """Return a sheet as a record; what is undefined is None, and daily values have six digits.

    direction: -1 where the values of the sheet are those of the formula turned round, which the record then says.
    splits: first and last session of each split, in the order of time.

    Returns
    -------
    sheet
        The object of `lode evaluate --json`.
    label
        What the data are, empty for real ones.
    direction, splits
        As given; splits as a list of `split`, `first`, `last`.
    rank_ic
        Of the daily rank IC, over all sessions ("all") and each split: mean, std, icir, t_nw, skew, kurtosis (of the
        normal law 0), positive (share of the sessions), sessions.
    series
        `session` as ISO dates, and beside it, each of the same length: rank_ic, spread, net_spread, turnover,
        autocorrelation, market, brain, brain_net, long_short, long_only. Returns are those of one session.
    quantiles
        Daily return of each quantile, the lowest first: a list as long as `session` for each.
    quantile_excess
        For each of them mean, low and high: mean daily return less the mean of all quantiles, with 95 % interval.
    """
    daily, spans = sheet.daily, splits or {}
    series = {
        "rank_ic": daily.rank_ic,
        "spread": daily.spread,
        "net_spread": daily.net_spread,
        "turnover": daily.turnover,
        "autocorrelation": daily.autocorrelation,
        "market": daily.market,
        **daily.books,
        "brain_net": daily.net,
    }
    return {
        "sheet": sheet.to_dict(),
        "label": sheet.label,
        "direction": direction,
        "splits": [{"split": name, "first": str(first), "last": str(last)} for name, (first, last) in spans.items()],
        "rank_ic": _by_split(sheet, spans),
        "series": {"session": [str(day) for day in daily.sessions]} | {n: _rounded(each) for n, each in series.items()},
        "quantiles": [_rounded(each) for each in daily.quantiles.T],
        "quantile_excess": [_interval(each) for each in (daily.quantiles - daily.quantiles.mean(axis=1)[:, None]).T],
    }


def _by_split(sheet: Sheet, spans: Spans) -> list[Record]:
    days, rank_ic = sheet.daily.sessions, sheet.daily.rank_ic
    parts = {"all": rank_ic}
    for name, (first, last) in spans.items():
        parts[name] = rank_ic[(days >= np.datetime64(first)) & (days <= np.datetime64(last))]
    return [{"split": name} | _shape(part, sheet.options.horizon) for name, part in parts.items()]


def _shape(rank_ic: Series, horizon: int) -> Record:
    """Moments of a daily series without its missing sessions."""
    from scipy import stats  # noqa: PLC0415  a slow import, and most commands keep no sheet

    summary, known = ic_summary(rank_ic, horizon=horizon), rank_ic[np.isfinite(rank_ic)]
    varies = known.size >= _FEWEST and summary.std > 0
    told = {
        "mean": summary.mean,
        "std": summary.std,
        "icir": summary.icir,
        "t_nw": summary.t_nw,
        "skew": float(stats.skew(known)) if varies else math.nan,
        "kurtosis": float(stats.kurtosis(known)) if varies else math.nan,
        "positive": float((known > 0).mean()) if known.size else math.nan,
    }
    return _defined(told) | {"sessions": summary.n}


def _interval(series: Series) -> Record:
    test = newey_west_t(series)
    low, high = test.interval()
    return _defined({"mean": test.mean, "low": low, "high": high})


def _defined(told: Mapping[str, float]) -> Record:
    return {name: defined(value) for name, value in told.items()}


def _rounded(series: Series) -> list[float | None]:
    return [float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None for value in series.tolist()]
