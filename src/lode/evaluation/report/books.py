"""The books of a sheet: one in BRAIN's manner, its twin among the more liquid names, and those of the quantiles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.quantiles import Quantiles
from lode.evaluation.report.bench import Bench
from lode.evaluation.simulation import Costs, Figures, Simulation, costs_of, figures_of, long_only, long_short

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
        costs=costs_of(brain, bench.rates, cost_bps=bench.options.cost_bps, capital=bench.options.capital),
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
