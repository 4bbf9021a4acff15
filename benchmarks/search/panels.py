"""The panels that are searched: real prices where they are at hand, and markets with 1, 5 and 20 planted factors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.processes import ROOT
from benchmarks.search.plan import SearchPlan
from lode.panel import Panel
from lode.simulate import simulate

Plants = tuple[tuple[str, float], ...]
PRICES = "LODE_BENCH_PRICES"
"""Environment variable: real bars (parquet: date, symbol, open, high, low, close, volume), adjusted for splits."""
_BESIDE = ROOT.parent / "shared" / "data" / "prices" / "sp500_daily_2013_2018.parquet"
REAL = "S&P 500, 2013 to 2018"
FIVE: Plants = (
    ("ts_corr(close, volume, 10)", 0.06),
    ("-ts_delta(close, 5)", 0.05),
    ("ts_std_dev(returns, 20)", 0.04),
    ("ts_mean(volume, 5) / ts_mean(volume, 60)", 0.03),
    ("(close - open) / (high - low)", 0.02),
)
TWENTY: Plants = (
    *FIVE,
    ("ts_corr(returns, volume, 20)", 0.05),
    ("ts_corr(high, volume, 5)", 0.04),
    ("close / ts_max(high, 60)", 0.04),
    ("ts_rank(volume, 20)", 0.03),
    ("ts_skewness(returns, 20)", 0.04),
    ("(vwap - close) / close", 0.03),
    ("open / ts_delay(close, 1)", 0.03),
    ("ts_delta(volume, 1) / volume", 0.02),
    ("ts_arg_max(close, 20)", 0.03),
    ("ts_std_dev(volume, 20) / ts_mean(volume, 20)", 0.04),
    ("ts_delta(close, 120) / close", 0.04),
    ("(high - low) / close", 0.02),
    ("ts_corr(open, volume, 60)", 0.03),
    ("ts_corr(returns, ts_delay(returns, 1), 20)", 0.03),
    ("ts_mean(dollar_volume, 20)", 0.03),
)
MARKETS: dict[str, Plants] = {
    "1 planted factor": (("ts_corr(close, volume, 10)", 0.04),),
    "5 planted factors": FIVE,
    "20 planted factors": TWENTY,
}


@dataclass(frozen=True)
class Searched:
    """What is searched, and what was planted in it; `left_out` says why there is nothing.

    stretches: panels, each searched by itself; a figure is the mean over them. Several where one stretch of validation
    would be too short to tell methods apart.
    """

    name: str
    stretches: tuple[Panel, ...]
    plants: tuple[str, ...] = ()
    left_out: str = ""

    @property
    def title(self) -> str:
        """Its name and size: `S&P 500, 2013 to 2018, 3 stretches of 168 × 800`."""
        if not self.stretches:
            return self.name
        sessions, names = self.stretches[0].shape
        each = f"{len(self.stretches)} stretches of " if len(self.stretches) > 1 else ""
        return f"{self.name}, {each}{names:,} × {sessions:,}"


def panels(plan: SearchPlan, seed: int) -> Iterator[Searched]:
    """The real panel, or why it is left out, and the simulated ones."""
    yield real_panel(prices_file(), plan)
    for name, plants in MARKETS.items():
        bars = simulate(plan.names, plan.sessions, plant=plants, seed=seed)
        yield Searched(name, (Panel.from_frame(bars),), tuple(text for text, _ in plants))


def prices_file() -> Path:
    """Where real bars should be: what the environment names, else a folder beside the repository."""
    return Path(os.environ.get(PRICES, _BESIDE))


def real_panel(path: Path, plan: SearchPlan) -> Searched:
    """Stretches of sessions, from the first to the last ones, each of names of its own spread over the alphabet.

    Rows that contradict themselves are left out.
    """
    if not path.exists():
        return Searched(REAL, (), left_out=f"no file {path.name}: set {PRICES} to a file of adjusted daily bars")
    bars = pl.read_parquet(path).with_columns(pl.col("date").cast(pl.Date)).drop_nulls()
    highest, lowest = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    bars = bars.filter((pl.col("high") >= highest) & (pl.col("low") <= lowest))
    return Searched(REAL, tuple(_stretch(bars, plan, place) for place in range(plan.stretches)))


def _stretch(bars: pl.DataFrame, plan: SearchPlan, place: int) -> Panel:
    days, symbols = bars["date"].unique().sort(), bars["symbol"].unique().sort()
    spare = max(0, len(days) - plan.real_sessions)
    last = len(days) if plan.stretches == 1 else len(days) - spare + spare * place // (plan.stretches - 1)
    every = max(plan.stretches, len(symbols) // plan.real_names)
    chosen = symbols.gather_every(every, place % every)[: plan.real_names]
    kept = days[max(0, last - plan.real_sessions) : last]
    there = pl.col("date").is_between(kept[0], kept[-1]) & pl.col("symbol").is_in(chosen.implode())
    return Panel.from_frame(bars.filter(there), adjusted=True)
