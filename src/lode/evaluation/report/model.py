"""The evidence sheet: everything that is known of a factor on the rows that are handed in."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.hansen_hodrick import HansenHodrick
from lode.evaluation.high_minus_low import NameRegressions
from lode.evaluation.ic import IcSummary
from lode.evaluation.known import Resemblance
from lode.evaluation.market_factors import FactorRegression
from lode.evaluation.newey_west import NeweyWest
from lode.evaluation.portfolio import Portfolio
from lode.evaluation.quantiles import QuantileSummary
from lode.evaluation.report.identity import Identity
from lode.evaluation.report.options import SheetOptions
from lode.evaluation.report.years import Year
from lode.evaluation.simulation import Costs, Figures, Gate

LeakOutcome = Literal["passed", "failed", "not checkable"]
Series = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Daily:
    """Series of a sheet's pictures, (sessions,) each, NaN where undefined.

    rank_ic, spread, turnover, autocorrelation: of the session's values; spread: over one session, as quantiles are,
    (sessions, count), the lowest first, and net_spread, which is after cost. market: mean return of all names in the
    session. books: returns of each book in the session, before cost; net: of the BRAIN book after it.
    """

    sessions: NDArray[np.datetime64]
    rank_ic: Series
    quantiles: NDArray[np.float64]
    spread: Series
    net_spread: Series
    turnover: Series
    autocorrelation: Series
    market: Series
    books: Mapping[str, Series]
    net: Series


@dataclass(frozen=True)
class Sheet:
    """A factor's evidence. Returns are per label, before cost unless a name says otherwise; NaN where undefined.

    horizons: of daily IC and rank IC by horizon, in sessions; spreads: top less bottom quantile by horizon, tested
    as Newey and West do; overlapping: the same as Hansen and Hodrick do; mean_returns: of each quantile by horizon, the
    lowest first. net_spread: that of the options' horizon after
    cost. leak_check: the caller's, since it takes a rebuild; so are the `verdicts`,
    which take the ledger: figures such as "psr" and "dsr" by name. source, snapshot: of the panel that was judged, ""
    where it has none; a panel does not know its snapshot, so that is the caller's as well.
    """

    identity: Identity
    options: SheetOptions
    sessions: int
    names: int
    coverage: float
    horizons: Mapping[int, tuple[IcSummary, IcSummary]]
    spreads: Mapping[int, NeweyWest]
    overlapping: Mapping[int, HansenHodrick] = field(repr=False)
    mean_returns: Mapping[int, tuple[float, ...]] = field(repr=False)
    quantiles: QuantileSummary
    net_spread: NeweyWest
    turnover: float
    rank_autocorrelation: float
    half_life_sessions: float
    portfolio: Portfolio = field(repr=False)
    exposures: Mapping[str, float]
    neutral_rank_ic: float
    fama_macbeth: NeweyWest
    books: Mapping[str, Figures] = field(repr=False)
    gates: tuple[Gate, ...] = field(repr=False)
    costs: Costs = field(repr=False)
    per_name: NameRegressions = field(repr=False)
    market_factors: FactorRegression | None = field(repr=False)
    library: tuple[Resemblance, ...] = field(repr=False)
    pool: tuple[Resemblance, ...] = field(repr=False)
    years: tuple[Year, ...] = field(repr=False)
    daily: Daily = field(repr=False)
    leak_check: LeakOutcome = "not checkable"
    verdicts: Mapping[str, float] = field(default_factory=dict)
    label: str = ""
    source: str = ""
    snapshot: str = ""

    def with_snapshot(self, snapshot: str) -> Sheet:
        """Return the sheet with the id of the snapshot that its panel is of."""
        return replace(self, snapshot=snapshot)

    def with_leak_check(self, outcome: LeakOutcome) -> Sheet:
        """Return the sheet with the outcome of the leak checks."""
        return replace(self, leak_check=outcome)

    def with_verdicts(self, verdicts: Mapping[str, float]) -> Sheet:
        """Return the sheet with figures that take more than the factor: the number of trials, other factors' scores."""
        return replace(self, verdicts={**self.verdicts, **verdicts})

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `lode evaluate --json`; what is undefined is None."""
        from lode.evaluation.report.as_json import told  # noqa: PLC0415  it reads Sheets, and so needs this module

        return told(self)

    def lines(self) -> list[tuple[str, str]]:
        """Return the sheet as a reader sees it: what, and how much."""
        from lode.evaluation.report.lines import lines_of  # noqa: PLC0415  likewise

        return lines_of(self)

    def to_html(self) -> str:
        """Return the sheet as a page of its own, with pictures, which loads nothing."""
        from lode.evaluation.page import page_of  # noqa: PLC0415  likewise

        return page_of(self)

    def __str__(self) -> str:
        lines = self.lines()
        width = max(len(what) for what, _ in lines)
        return "\n".join([self.identity.expression, *(f"  {what:<{width}}  {much}" for what, much in lines)])

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th scope='row' style='text-align:left'>{html.escape(what)}</th><td>{html.escape(much)}</td></tr>"
            for what, much in self.lines()
        )
        return f"<table><caption>{html.escape(self.identity.expression)}</caption>{cells}</table>"
