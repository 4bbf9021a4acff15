"""The pictures of a sheet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.page.svg import Picture, bar_picture, line_picture
from lode.evaluation.report.model import Sheet

Series = NDArray[np.float64]

ROLLING_SESSIONS = 63
_FEWEST = ROLLING_SESSIONS // 2
_EDGES = np.array([-np.inf, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, np.inf])


def pictures_of(sheet: Sheet) -> list[str]:
    """Return every picture as SVG in a figure."""
    return [_books(sheet), _drawdown(sheet), _rank_ic(sheet), _decay(sheet), _quantiles(sheet), _spread(sheet),
            _turnover(sheet), _exposures(sheet), _names(sheet)]  # fmt: skip


def summed(returns: Series) -> Series:
    """Sum of the returns so far; NaN before the first."""
    known = np.isfinite(returns)
    return np.where(np.cumsum(known) > 0, np.cumsum(np.where(known, returns, 0)), np.nan)


def rolling_mean(series: Series, sessions: int = ROLLING_SESSIONS) -> Series:
    """Mean of the finite values of the last `sessions`; NaN where fewer than half of them are there."""
    known = np.isfinite(series)
    total, count = (np.cumsum(np.append(0.0, a)) for a in (np.where(known, series, 0), known))
    starts = np.maximum(np.arange(len(series)) + 1 - sessions, 0)
    held = count[1:] - count[starts]
    mean = np.full(len(series), np.nan)
    np.divide(total[1:] - total[starts], held, out=mean, where=held >= max(1, sessions // 2))
    return mean


def below_height(returns: Series) -> Series:
    """How far the summed returns are below their height so far, zero or negative; NaN before the first."""
    level = summed(returns)
    return level - np.maximum(np.fmax.accumulate(level), 0) if level.size else level


def _books(sheet: Sheet) -> str:
    daily = sheet.daily
    series = {
        "BRAIN": summed(daily.books["brain"]),
        "after cost": summed(daily.net),
        "long-short": summed(daily.books["long_short"]),
        "long-only less market": summed(daily.books["long_only"] - daily.market),
    }
    about = (
        f"Summed daily returns of books of constant size, filled {_fill(sheet)}; cost {sheet.options.cost_bps:g} basis "
        "points of what is traded."
    )
    return line_picture(Picture("books", "What the books earned", about, percent=True), daily.sessions, series)


def _fill(sheet: Sheet) -> str:
    delay, fill = sheet.options.delay, sheet.options.fill
    return "at the same close" if delay == 0 else f"at the {fill} {delay} session{'s'[: delay > 1]} later"


def _drawdown(sheet: Sheet) -> str:
    figures = sheet.books["brain"]
    deepest = "" if np.isnan(figures.drawdown) else f"; the deepest, {100 * figures.drawdown:.1f} %"
    about = f"How far the BRAIN book's summed returns are below their height{deepest}."
    fall = below_height(sheet.daily.books["brain"])
    picture = Picture("drawdown", "Drawdown", about, percent=True)
    return line_picture(picture, sheet.daily.sessions, {"drawdown": fall}, area=True)


def _rank_ic(sheet: Sheet) -> str:
    about = f"Mean daily rank IC of the last {ROLLING_SESSIONS} sessions, horizon {sheet.options.horizon}."
    picture = Picture("rank-ic", "Rank IC", about)
    return line_picture(picture, sheet.daily.sessions, {"rank IC": rolling_mean(sheet.daily.rank_ic)})


def _decay(sheet: Sheet) -> str:
    tests = [rank_ic.test for _, rank_ic in sheet.horizons.values()]
    about = "Mean daily rank IC by horizon in sessions, with 95 % intervals that allow for labels which overlap."
    return bar_picture(
        Picture("decay", "Decay", about),
        [str(horizon) for horizon in sheet.horizons],
        np.array([test.mean for test in tests]),
        [test.interval() for test in tests],
    )


def _quantiles(sheet: Sheet) -> str:
    means = np.array(sheet.quantiles.mean_returns)
    known = means[np.isfinite(means)]
    excess = means - known.mean() if known.size else means
    weighted = "by capitalisation" if sheet.options.weighting == "cap" else "equally"
    about = f"Mean return per {_label(sheet)} less the mean of all quantiles, lowest first, names weighted {weighted}."
    names = [str(place + 1) for place in range(len(means))]
    return bar_picture(Picture("quantiles", "Quantiles", about, percent=True), names, excess)


def _label(sheet: Sheet) -> str:
    horizon = sheet.options.horizon
    return "session" if horizon == 1 else f"{horizon} sessions"


def _spread(sheet: Sheet) -> str:
    tests = list(sheet.spreads.values())
    about = "Top less bottom quantile, mean return per horizon in sessions, before cost, with 95 % intervals."
    return bar_picture(
        Picture("spread", "Spread by horizon", about, percent=True),
        [str(horizon) for horizon in sheet.spreads],
        np.array([test.mean for test in tests]),
        [test.interval() for test in tests],
    )


def _turnover(sheet: Sheet) -> str:
    about = f"Share of the outer quantiles' names that are new, mean of the last {ROLLING_SESSIONS} sessions."
    picture = Picture("turnover", "Turnover", about, percent=True)
    return line_picture(picture, sheet.daily.sessions, {"turnover": rolling_mean(sheet.daily.turnover)})


def _exposures(sheet: Sheet) -> str:
    about = "Mean daily rank correlation with each style; sector: share of the ranks' variance between sectors."
    names = [name.replace("short_term_", "").replace("_", " ") for name in sheet.exposures]
    return bar_picture(Picture("exposures", "Exposures", about), names, np.array(list(sheet.exposures.values()), float))


def _names(sheet: Sheet) -> str:
    t = sheet.per_name.fit.t[:, 1]
    t = t[np.isfinite(t)]
    counts = np.histogram(t, _EDGES)[0].astype(np.float64) if t.size else np.full(len(_EDGES) - 1, np.nan)
    labels = ["< -5", *(f"{low:g} to {low + 1:g}" for low in _EDGES[1:-2]), "> 5"]
    about = "Names by the t of their beta on the high-minus-low portfolio of the other names."
    return bar_picture(Picture("names", "Names on high minus low", about), labels, counts)
