"""The evidence sheet: everything that is known of a factor on the rows that are handed in."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from lode.engine import Evaluator, Scorer
from lode.evaluation.exposure import exposure_of
from lode.evaluation.ic import IcSummary, daily_rank_ic, ic_summary
from lode.evaluation.labels import forward_returns
from lode.evaluation.newey_west import NeweyWest
from lode.evaluation.portfolio import Portfolio, rank_book
from lode.evaluation.quantiles import QuantileSummary, quantile_returns, quantile_summary
from lode.evaluation.ranks import series_mean
from lode.evaluation.regressions import fama_macbeth
from lode.evaluation.styles import styles_of
from lode.evaluation.turnover import half_life, rank_autocorrelation, turnover
from lode.language import FIELD_UNITS, Expr, Unit, UnitError, canonical, expression_id, lookback, unit
from lode.panel import Panel

Floats = NDArray[np.float32]
LeakOutcome = Literal["passed", "failed", "not checkable"]

HORIZONS = (1, 2, 5, 10, 20, 60)
QUANTILES = 5


class Timing(Protocol):
    """The options of a run that a sheet needs: sessions, basis points, names."""

    @property
    def horizon(self) -> int: ...
    @property
    def delay(self) -> int: ...
    @property
    def cost_bps(self) -> float: ...
    @property
    def min_names(self) -> int: ...


@dataclass(frozen=True)
class Identity:
    """What a factor is: its text as given, its canonical form and id, and what follows from them."""

    expression: str
    canonical: str
    id: str
    lookback: int
    unit: str
    fields: tuple[str, ...]

    @classmethod
    def of(cls, expression: Expr, panel: Panel) -> Identity:
        """Describe an expression; columns of the user's own have no unit, and units that do not fit are "undefined"."""
        own = dict.fromkeys(panel.fields, Unit.NUMBER) | dict.fromkeys(panel.groups, Unit.GROUP)
        return cls(
            expression=str(expression),
            canonical=str(canonical(expression)),
            id=expression_id(expression),
            lookback=lookback(expression),
            unit=_unit(expression, own | FIELD_UNITS),
            fields=tuple(sorted(expression.fields)),
        )


def _unit(expression: Expr, units: Mapping[str, Unit]) -> str:
    try:
        return str(unit(expression, units))
    except UnitError:
        return "undefined"


@dataclass(frozen=True)
class Sheet:
    """A factor's evidence. Returns are per label, before cost unless a name says otherwise; NaN where undefined.

    horizons: of daily IC and rank IC by horizon, in sessions. leak_check: the caller's, since it takes a rebuild.
    """

    identity: Identity
    sessions: int
    names: int
    coverage: float
    horizons: Mapping[int, tuple[IcSummary, IcSummary]]
    quantiles: QuantileSummary
    turnover: float
    rank_autocorrelation: float
    half_life_sessions: float
    portfolio: Portfolio = field(repr=False)
    exposures: Mapping[str, float]
    neutral_rank_ic: float
    fama_macbeth: NeweyWest
    leak_check: LeakOutcome = "not checkable"
    label: str = ""

    def with_leak_check(self, outcome: LeakOutcome) -> Sheet:
        """Return the sheet with the outcome of the leak checks."""
        return replace(self, leak_check=outcome)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `lode evaluate --json`; what is undefined is None."""
        identity = self.identity
        told = {
            "expression": identity.expression,
            "canonical": identity.canonical,
            "id": identity.id,
            "lookback": identity.lookback,
            "unit": identity.unit,
            "fields": list(identity.fields),
            "coverage": self.coverage,
            "horizons": {str(h): _horizon(ic, rank_ic) for h, (ic, rank_ic) in self.horizons.items()},
            "quantiles": _quantiles(self.quantiles),
            "turnover": self.turnover,
            "rank_autocorrelation": self.rank_autocorrelation,
            "half_life_sessions": self.half_life_sessions,
            "portfolio": self.portfolio.to_dict(),
            "exposures": dict(self.exposures),
            "neutral_rank_ic": self.neutral_rank_ic,
            "fama_macbeth": {"slope": self.fama_macbeth.mean, "t": self.fama_macbeth.t},
            "leak_check": self.leak_check,
        }
        defined: dict[str, Any] = _defined(told)
        return defined

    def lines(self) -> list[tuple[str, str]]:
        """Return the sheet as a reader sees it: what, and how much."""
        rows = [
            ("sessions × names", f"{self.sessions:,} × {self.names:,}" + (f" ({self.label})" if self.label else "")),
            ("lookback, unit", f"{self.identity.lookback} sessions, {self.identity.unit}"),
            ("coverage", _percent(self.coverage)),
        ]
        rows += [(f"rank IC, horizon {h}", _ic_line(rank_ic)) for h, (_, rank_ic) in self.horizons.items()]
        book = self.portfolio
        return [
            *rows,
            ("quantile returns", "  ".join(_percent(mean, 3) for mean in self.quantiles.mean_returns)),
            ("spread", f"{_percent(self.quantiles.spread.mean, 3)}   t {_number(self.quantiles.spread.t, 2)}"),
            ("turnover", _percent(self.turnover)),
            ("rank autocorrelation", _number(self.rank_autocorrelation, 3)),
            ("half-life", f"{_number(self.half_life_sessions, 1)} sessions"),
            ("Sharpe, after cost", f"{_number(book.sharpe, 2)}, {_number(book.net_sharpe, 2)}"),
            ("return, drawdown", f"{_percent(book.annual_return)} a year, {_percent(book.drawdown)}"),
            ("fitness", _number(book.fitness, 2)),
            *((f"exposure to {name.replace('_', ' ')}", _number(v, 3)) for name, v in self.exposures.items()),
            ("rank IC, neutralised", _number(self.neutral_rank_ic)),
            ("Fama-MacBeth", f"{_number(self.fama_macbeth.mean, 6)}   t {_number(self.fama_macbeth.t, 2)}"),
            ("leak check", self.leak_check),
        ]

    def __str__(self) -> str:
        width = max(len(what) for what, _ in self.lines())
        return "\n".join([self.identity.expression, *(f"  {what:<{width}}  {much}" for what, much in self.lines())])

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th scope='row' style='text-align:left'>{html.escape(what)}</th><td>{html.escape(much)}</td></tr>"
            for what, much in self.lines()
        )
        return f"<table><caption>{html.escape(self.identity.expression)}</caption>{cells}</table>"

    def to_html(self) -> str:
        """Return the sheet as a page of its own, which loads nothing."""
        title = html.escape(self.identity.expression)
        return (
            f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title}</title>"
            "<style>body{font:16px/1.5 sans-serif;margin:2rem}td{padding-left:2rem}caption{font-weight:bold}</style>"
            f"</head><body>{self._repr_html_()}</body></html>"
        )


def evidence_sheet(expression: Expr, panel: Panel, options: Timing) -> Sheet:
    """Evaluate an expression on every row of a panel, which must end before the vault, and judge its values."""
    values = Evaluator(panel.fields, panel.groups, mask=panel.tradable).value(expression)
    return sheet_of(values, panel, Identity.of(expression, panel), options)


def sheet_of(values: Floats, panel: Panel, identity: Identity, options: Timing) -> Sheet:
    """Judge values, (sessions, names) float32, on every row of a panel; labels never reach past its last row."""
    horizon, least = options.horizon, options.min_names
    labels = {h: forward_returns(panel, horizon=h, delay=options.delay) for h in sorted({*HORIZONS, horizon})}
    forward, next_return = labels[horizon], labels[1]
    exposure = exposure_of(values, styles_of(panel.fields), panel.groups.get("sector"))
    tradable = int(panel.tradable.sum())
    return Sheet(
        identity=identity,
        sessions=len(panel.sessions),
        names=len(panel.names),
        coverage=int((np.isfinite(values) & panel.tradable).sum()) / tradable if tradable else math.nan,
        horizons=_scored(values, labels, least),
        quantiles=quantile_summary(quantile_returns(values, forward, QUANTILES, min_names=least), horizon=horizon),
        turnover=series_mean(turnover(values, QUANTILES, min_names=least)),
        rank_autocorrelation=series_mean(rank_autocorrelation(values)),
        half_life_sessions=half_life(values),
        portfolio=rank_book(values, next_return, cost_bps=options.cost_bps, min_names=least),
        exposures=exposure.by_style,
        neutral_rank_ic=series_mean(daily_rank_ic(exposure.left, forward, min_names=least)),
        fama_macbeth=fama_macbeth(values, forward, horizon=horizon, min_names=least),
        label=panel.meta.label,
    )


def _scored(values: Floats, labels: Mapping[int, Floats], least: int) -> dict[int, tuple[IcSummary, IcSummary]]:
    """IC and rank IC of values by horizon, from one ranking of them."""
    scorer = Scorer(labels, rows=slice(None), min_names=least)
    ics, rank_ics = scorer.ics(values), scorer.rank_ics(values)
    return {h: (ic_summary(ics[h], horizon=h), ic_summary(rank_ics[h], horizon=h)) for h in labels}


def _horizon(ic: IcSummary, rank_ic: IcSummary) -> dict[str, float]:
    return {"ic": ic.mean, "rank_ic": rank_ic.mean, "icir": rank_ic.icir, "t_nw": rank_ic.t_nw}


def _ic_line(rank_ic: IcSummary) -> str:
    return f"{_number(rank_ic.mean)}   t {_number(rank_ic.t_nw, 2)}   ICIR {_number(rank_ic.icir, 3)}"


def _quantiles(summary: QuantileSummary) -> dict[str, Any]:
    low, high = summary.spread.interval()
    return {
        "count": len(summary.mean_returns),
        "mean_return": list(summary.mean_returns),
        "spread": summary.spread.mean,
        "spread_t_nw": summary.spread.t,
        "spread_interval": [low, high],
    }


def _defined(told: Any) -> Any:  # noqa: ANN401  any JSON value
    """Return the same JSON value with None for numbers that are not finite."""
    if isinstance(told, dict):
        return {key: _defined(value) for key, value in told.items()}
    if isinstance(told, list):
        return [_defined(value) for value in told]
    return None if isinstance(told, float) and not math.isfinite(told) else told


def _number(value: float, digits: int = 4) -> str:
    """Return a number, "∞", or "–" where undefined."""
    if math.isnan(value):
        return "–"
    return f"{value:.{digits}f}" if math.isfinite(value) else "∞"


def _percent(value: float, digits: int = 1) -> str:
    return f"{_number(100 * value, digits)} %"
