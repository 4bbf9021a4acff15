"""Mimics of the Fama-French factors, from the names of a panel alone.

The steps of Fama and French (2015), A Five-Factor Asset Pricing Model, Table 3, the 2×3 sorts, with daily data:

1. At the close of the last session of June (or of every month) names are put into small and big at the median market
   value, and, independently, into low, middle and high at the 30th and 70th percentiles of a characteristic.
2. From the next session on, until the next sort, the six portfolios are held, weighted by market value at the close
   before each session.
3. HML, RMW and CMA are the mean of the two high portfolios less that of the two low ones (CMA: low less high), SMB the
   mean of the three small ones less that of the three big ones, averaged over the sorts.

Where this differs from the published series:

- Breakpoints are those of the panel's names: there are no NYSE breakpoints, so that in an index of large companies
  "small" are the smaller of the large.
- Characteristics are as known at the close of the sort; the paper takes those of the fiscal year that ended in the
  calendar year before, and December's market value for book-to-market. That is nearer to the "HML devil" of Asness and
  Frazzini (2013), The Devil in HML's Details.
- Weights follow market value as known, new shares included; the paper's names keep the weights of June, moved by their
  returns. A name that enters after the sort waits for the next one.
- The market is the panel's names alone, and no riskless rate is taken off.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.panel import Panel

Series = NDArray[np.float64]
Matrix = NDArray[np.float64]
Codes = NDArray[np.int8]
Reconstitution = Literal["yearly", "monthly"]

SORTS: Mapping[str, tuple[str, int]] = {
    "HML": ("book_to_market", 1),
    "RMW": ("operating_profitability", 1),
    "CMA": ("asset_growth", -1),
}
_PERCENTILES = (30, 70)
_JUNE = 5  # months since January
_PUBLISHED = {"market": "mkt_rf"}


def factor_mimics(panel: Panel, *, reconstituted: Reconstitution = "yearly", min_names: int = 10) -> dict[str, Series]:
    """Daily returns of `market`, `SMB`, `HML`, `RMW` and `CMA`, those for which the panel has the fields.

    panel: `market_cap` and `returns`, and what there is of `book_to_market`, `operating_profitability` and
        `asset_growth`; without any of the three, SMB is small less big of two portfolios.
    reconstituted: "yearly" sorts at June's last session as the paper does, "monthly" at every month's.
    Returns (sessions,) series, simple returns. The return of session t is earned from the close of t - 1 to that of t,
    with weights that were known at the close of t - 1; a held name without a return earns nothing. NaN before the
    first sort, where fewer than `min_names` names are held, where a portfolio is empty and where no held name has a
    return. Names with market value at or below zero, or with book-to-market at or below zero in that sort, stay out;
    so do those that are not tradable (no members) at the close of the sort or of the session before.
    UsageError where `market_cap` or `returns` is absent.
    """
    values, returns = _field(panel, "market_cap"), _field(panel, "returns")
    values = np.where(panel.tradable & np.isfinite(values) & (values > 0), values, np.nan)
    held, formed = _lagged(values), _formations(panel.sessions, reconstituted)
    mimics = {"market": _portfolio(held, returns, min_names)}
    size = _bins(values, formed, (50,))
    small_less_big = []
    for name, (field, sign) in SORTS.items():
        if field not in panel.fields:
            continue
        characteristic = np.where(np.isfinite(values), _field(panel, field), np.nan)
        if field == "book_to_market":
            characteristic[~(characteristic > 0)] = np.nan
        level = _bins(characteristic, formed, _PERCENTILES)
        codes = np.where((size < 0) | (level < 0), np.int8(-1), 3 * size + level).astype(np.int8)
        six = _portfolios(codes, held, returns, 6, min_names)
        mimics[name] = sign * (six[[2, 5]].mean(axis=0) - six[[0, 3]].mean(axis=0))
        small_less_big.append(six[:3].mean(axis=0) - six[3:].mean(axis=0))
    if not small_less_big:
        two = _portfolios(size, held, returns, 2, min_names)
        small_less_big.append(two[0] - two[1])
    return {"market": mimics.pop("market"), "SMB": _mean_of_known(small_less_big), **mimics}


def published_correlations(
    mimics: Mapping[str, Series],
    sessions: NDArray[np.datetime64],
    published: Mapping[str, Series],
    published_sessions: NDArray[np.datetime64],
    *,
    min_sessions: int = 60,
) -> dict[str, float]:
    """Correlation of each mimic with the published factor of its name, over the sessions that both have.

    published: series over `published_sessions` under the names of the library (`Mkt-RF`, `SMB`) or of the warehouse
        (`mkt_rf`, `smb`), in any one unit; sessions may come in any order but once each.
    Returns those that are published; NaN with fewer than `min_sessions` common sessions, or where a side does not vary.
    """
    _, own, theirs = np.intersect1d(sessions, published_sessions, assume_unique=True, return_indices=True)
    given = {name.lower().replace("-", "_"): series for name, series in published.items()}
    named = {name: given.get(_PUBLISHED.get(name, name.lower())) for name in mimics}
    return {
        name: _correlation(mimics[name][own], np.asarray(series, dtype=np.float64)[theirs], min_sessions)
        for name, series in named.items()
        if series is not None
    }


def _field(panel: Panel, name: str) -> Matrix:
    if name not in panel.fields:
        raise UsageError(
            f"factor mimics need the field `{name}`; this panel has {', '.join(sorted(panel.fields))}; run "
            "`lode collect filings`, which market_cap comes from, and `lode snapshot`"
        )
    return panel.fields[name].astype(np.float64)


def _formations(sessions: NDArray[np.datetime64], reconstituted: Reconstitution) -> NDArray[np.bool_]:
    """Sessions at whose close names are sorted, (T,); the panel's last is none, since nothing is earned after it."""
    if reconstituted not in get_args(Reconstitution):
        raise UsageError(f"reconstituted {reconstituted!r}: allowed are {', '.join(get_args(Reconstitution))}")
    months = sessions.astype("datetime64[M]").astype(np.int64)
    last = np.zeros(len(sessions), dtype=bool)
    last[:-1] = months[1:] != months[:-1]
    return last if reconstituted == "monthly" else last & (months % 12 == _JUNE)


def _lagged(values: Matrix) -> Matrix:
    """Values of the session before, (T, N); the first row is missing."""
    before = np.full_like(values, np.nan)
    before[1:] = values[:-1]
    return before


def _bins(values: Matrix, formed: NDArray[np.bool_], percentiles: tuple[int, ...]) -> Codes:
    """Bin of each name in the latest sort strictly before each session, (T, N): 0 for the lowest, -1 for none.

    A breakpoint is the percentile, linear between names, of the values that are there at the sort; equal to it counts
    as below.
    """
    codes = np.full(values.shape, -1, dtype=np.int8)
    for row, until in pairwise([*np.flatnonzero(formed), len(values) - 1]):
        known = np.isfinite(values[row])
        if known.any():
            breaks = np.percentile(values[row, known], percentiles)
            codes[row + 1 : until + 1] = np.where(known, np.searchsorted(breaks, values[row], side="left"), -1)
    return codes


def _portfolios(codes: Codes, held: Matrix, returns: Matrix, count: int, min_names: int) -> Matrix:
    """Returns of portfolios 0 to count - 1, (count, T); NaN in all where too few names are held together."""
    few = (np.isfinite(held) & (codes >= 0)).sum(axis=1) < min_names
    series = np.stack([_portfolio(np.where(codes == code, held, np.nan), returns, 1) for code in range(count)])
    series[:, few] = np.nan
    return series


def _portfolio(held: Matrix, returns: Matrix, min_names: int) -> Series:
    """Mean return of each session weighted by `held`, (T,), which was known before it."""
    weights, known = np.nan_to_num(held), np.isfinite(returns)
    earned = np.einsum("tn,tn->t", weights, np.where(known, returns, 0))
    there = ((weights > 0).sum(axis=1) >= max(min_names, 1)) & ((weights > 0) & known).any(axis=1)
    series = np.full(len(held), np.nan)
    np.divide(earned, weights.sum(axis=1), out=series, where=there)
    return series


def _mean_of_known(series: list[Series]) -> Series:
    """Mean of the series that are there on a session; NaN where none is."""
    stacked = np.stack(series)
    known = np.isfinite(stacked)
    mean = np.full(stacked.shape[1], np.nan)
    np.divide(np.where(known, stacked, 0).sum(axis=0), known.sum(axis=0), out=mean, where=known.any(axis=0))
    return mean


def _correlation(first: Series, second: Series, min_sessions: int) -> float:
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < max(min_sessions, 2) or np.ptp(first[both]) == 0 or np.ptp(second[both]) == 0:
        return float("nan")
    return float(np.corrcoef(first[both], second[both])[0, 1])
