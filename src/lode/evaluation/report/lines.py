"""A sheet in words and numbers, as a reader sees it."""

from __future__ import annotations

import math

from lode.evaluation.known import Resemblance, largest
from lode.evaluation.newey_west import NeweyWest
from lode.evaluation.report.model import Sheet
from lode.evaluation.simulation import Gate

Line = tuple[str, str]

_BOOKS = {"brain": "BRAIN book", "long_short": "long-short book", "long_only": "long-only book"}
_SHOWN = 3
_VERDICTS = {
    "psr": ("PSR, Sharpe above 0", 3),
    "track_record_sessions": ("sessions until PSR is .95", 0),
    "trials": ("trials on this vault", 0),
    "dsr": ("DSR, trials counted", 3),
    "pbo": ("PBO among the known", 3),
    "spa_p": ("SPA p, best known", 4),
}


def lines_of(sheet: Sheet) -> list[Line]:
    """Return what, and how much, line by line."""
    return [
        *_about(sheet),
        *(
            (f"rank IC, horizon {h}", _mean_line(rank_ic.test, rank_ic.icir))
            for h, (_, rank_ic) in sheet.horizons.items()
        ),
        *_quantile_lines(sheet),
        *_book_lines(sheet),
        *((f"exposure to {name.replace('_', ' ')}", number(value, 3)) for name, value in sheet.exposures.items()),
        ("rank IC, neutralised", number(sheet.neutral_rank_ic)),
        ("Fama-MacBeth", f"{number(sheet.fama_macbeth.mean, 6)}   t {number(sheet.fama_macbeth.t, 2)}"),
        *_regression_lines(sheet),
        *_known_lines(sheet),
        *((f"gate: {gate.name}", gate_line(gate)) for gate in sheet.gates),
        *_verdict_lines(sheet),
        ("leak check", sheet.leak_check),
    ]


def number(value: float, digits: int = 4) -> str:
    """Return a number, "∞", or "–" where undefined."""
    if math.isnan(value):
        return "–"
    return f"{value:,.{digits}f}" if math.isfinite(value) else "∞"


def percent(value: float, digits: int = 1) -> str:
    """Return a share in per cent, "–" where undefined."""
    return f"{number(100 * value, digits)} %"


def money(value: float) -> str:
    """Return an amount in words of three digits, "–" where undefined."""
    for name, size in (("trillion", 1e12), ("billion", 1e9), ("million", 1e6), ("thousand", 1e3)):
        if size <= value < math.inf:
            return f"{value / size:.3g} {name}"
    return f"{value:.3g}" if math.isfinite(value) else number(value)


def gate_line(gate: Gate) -> str:
    """Return a gate's outcome, value and limit; what is undefined says why where that is known."""
    told = f"{gate.outcome}   {number(gate.value, 3)}, {gate.side} {number(gate.limit, 3)}"
    return f"{told} ({gate.note})" if gate.note else told


def _verdict_lines(sheet: Sheet) -> list[Line]:
    return [(_VERDICTS[name][0], number(value, _VERDICTS[name][1])) for name, value in sheet.verdicts.items()]


def _about(sheet: Sheet) -> list[Line]:
    size = f"{sheet.sessions:,} × {sheet.names:,}" + (f" ({sheet.label})" if sheet.label else "")
    options = sheet.options
    timing = f"delay {options.delay}, horizon {options.horizon}, neutralised: {options.neutralize}"
    return [
        ("source, snapshot", f"{sheet.source or '–'}, {sheet.snapshot or '–'}"),
        ("sessions × names", size),
        ("timing", timing),
        ("lookback, unit", f"{sheet.identity.lookback} sessions, {sheet.identity.unit}"),
        ("coverage", percent(sheet.coverage)),
    ]


def _quantile_lines(sheet: Sheet) -> list[Line]:
    means = sheet.quantiles.mean_returns
    shown = [percent(mean, 3) for mean in means]
    if len(shown) > 10:
        shown = [*shown[:5], "…", *shown[-5:]]
    return [
        ("quantile returns", "  ".join(shown)),
        ("spread", _spread_line(sheet.quantiles.spread)),
        ("spread, after cost", _spread_line(sheet.net_spread)),
        ("turnover", percent(sheet.turnover)),
        ("rank autocorrelation", number(sheet.rank_autocorrelation, 3)),
        ("half-life", f"{number(sheet.half_life_sessions, 1)} sessions"),
    ]


def _book_lines(sheet: Sheet) -> list[Line]:
    book = sheet.portfolio
    rows = [
        ("Sharpe, after cost", f"{number(book.sharpe, 2)}, {number(book.net_sharpe, 2)}"),
        ("return, drawdown", f"{percent(book.annual_return)} a year, {percent(book.drawdown)}"),
        ("fitness", number(book.fitness, 2)),
    ]
    for name, figures in sheet.books.items():
        told = (
            f"Sharpe {number(figures.sharpe, 2)}, after cost {number(figures.net_sharpe, 2)}, "
            f"{percent(figures.annual_return)} a year, turnover {percent(figures.turnover)}, "
            f"drawdown {percent(figures.drawdown)}"
        )
        rows.append((_BOOKS.get(name, name), told))
    return [*rows, *_cost_lines(sheet)]


def _cost_lines(sheet: Sheet) -> list[Line]:
    costs = sheet.costs
    paid = f"fees {percent(costs.fees)}, spread {percent(costs.spread)}, impact {percent(costs.impact)} a year"
    return [
        (f"costs at {money(costs.capital)}", f"{paid}; Sharpe after them {number(costs.net_sharpe, 2)}"),
        ("capacity", f"{money(costs.capacity)}; of the book before fees and spread {money(costs.gross_capacity)}"),
    ]


def _regression_lines(sheet: Sheet) -> list[Line]:
    per_name, factors = sheet.per_name, sheet.market_factors
    share = percent(per_name.share_significant())
    rows = [("names on high minus low", f"mean beta {number(per_name.mean_beta, 2)}, {share} with p ≤ .05")]
    if factors is None:
        return [*rows, ("market factors", "not at hand; run `lode collect factors`")]
    alpha = (
        f"alpha {percent(factors.alpha, 4)} a session   t {number(factors.t, 2)}   R² {number(factors.r_squared, 3)}"
    )
    return [*rows, ("market factors", alpha)]


def _known_lines(sheet: Sheet) -> list[Line]:
    return [
        ("most like, library", _alike(sheet.library)),
        ("most like, pool", _alike(sheet.pool)),
    ]


def _alike(compared: tuple[Resemblance, ...]) -> str:
    defined = [each for each in compared if largest([each]) >= 0][:_SHOWN]
    if not defined:
        return "nothing to compare with"
    return "  ".join(f"{each.name} {number(each.values, 2)} / {number(each.returns, 2)}" for each in defined)


def _mean_line(test: NeweyWest, icir: float) -> str:
    return f"{number(test.mean)}   t {number(test.t, 2)}   ICIR {number(icir, 3)}"


def _spread_line(test: NeweyWest) -> str:
    low, high = test.interval()
    return f"{percent(test.mean, 3)}   t {number(test.t, 2)}   {percent(low, 3)} to {percent(high, 3)}"
