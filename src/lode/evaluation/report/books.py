"""The books of a sheet: one in BRAIN's manner, its twin among the more liquid names, and those of the quantiles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.neutralisation import neutralizations, neutralized
from lode.evaluation.quantiles import Quantiles
from lode.evaluation.report.options import SheetOptions
from lode.evaluation.simulation import (
    Costs,
    Figures,
    Market,
    Simulation,
    brain_weights,
    costs_of,
    decayed,
    figures_of,
    long_only,
    long_short,
    simulate,
)
from lode.panel import Panel

Floats = NDArray[np.float32]
Series = NDArray[np.float64]


@dataclass(frozen=True)
class Books:
    """Figures by book, "brain", "long_short" and "long_only"; their daily returns, and the BRAIN book's trades.

    sub_sharpe: Sharpe ratio of the BRAIN book among the more liquid half of the names; sub_share: their share of all.
    """

    figures: Mapping[str, Figures]
    returns: Mapping[str, Series]
    net: Series
    brain: Simulation
    costs: Costs
    sub_sharpe: float
    sub_share: float


@dataclass(frozen=True)
class Bench:
    """What books are made with: the panel, its market, the styles and sectors that may be taken out, the options."""

    panel: Panel
    market: Market
    styles: Mapping[str, Floats]
    options: SheetOptions

    def book(self, weights: Floats) -> Simulation:
        """Hold a book of weights, (sessions, names)."""
        return simulate(weights, self.market, delay=self.options.delay)

    def brain(self, values: Floats) -> Simulation:
        """Hold a book in BRAIN's manner; what is not neutralised otherwise is neutral to the market."""
        out = neutralizations(self.options.neutralize) or ("market",)
        smooth = decayed(values, self.options.decay)
        neutral = neutralized(smooth, out, self.styles, self.panel.groups.get("sector"))
        return self.book(brain_weights(neutral, truncation=self.options.truncation, quoted=self.market.quoted()))


def books_of(values: Floats, quantiles: Quantiles, bench: Bench, sizes: Floats | None) -> Books:
    """Simulate every book of values, (sessions, names); sizes: weights within quantiles, equal where None."""
    count, quoted, rate = bench.options.quantiles, bench.market.quoted(), bench.options.cost_bps * 1e-4
    brain = bench.brain(values)
    figures, returns = {"brain": figures_of(brain, cost=rate)}, {"brain": brain.returns}
    for name, weights in (("long_short", long_short), ("long_only", long_only)):
        book = bench.book(weights(quantiles, count, sizes, quoted=quoted))
        figures[name], returns[name] = figures_of(book, half=name != "long_only", cost=rate), book.returns
    sub_sharpe, sub_share = _sub_universe(values, bench)
    return Books(
        figures=figures,
        returns=returns,
        net=brain.after_cost(rate),
        brain=brain,
        costs=costs_of(brain, bench.panel.fields, cost_bps=bench.options.cost_bps, capital=bench.options.capital),
        sub_sharpe=sub_sharpe,
        sub_share=sub_share,
    )


def _sub_universe(values: Floats, bench: Bench) -> tuple[float, float]:
    """Sharpe ratio among the names of each session whose size is at or above its median, and their share."""
    size = bench.styles.get("size")
    if size is None:
        return math.nan, math.nan
    known = np.isfinite(values) & np.isfinite(size)
    rows = known.any(axis=1)
    middle = np.full(len(values), np.inf)
    middle[rows] = np.nanmedian(np.where(known[rows], size[rows], np.nan), axis=1)
    liquid = known & (size >= middle[:, None])
    names = int(np.isfinite(values).sum())
    sharpe = figures_of(bench.brain(np.where(liquid, values, np.float32(np.nan)))).sharpe
    return sharpe, int(liquid.sum()) / names if names else math.nan
