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
    """A panel to search, and what was planted in it; `left_out` says why there is no panel."""

    name: str
    panel: Panel | None
    plants: tuple[str, ...] = ()
    left_out: str = ""

    @property
    def title(self) -> str:
        """Its name and size: `S&P 500, 2013 to 2018, 505 × 1,259`."""
        return self.name if self.panel is None else f"{self.name}, {self.panel.shape[1]:,} × {self.panel.shape[0]:,}"


def panels(plan: SearchPlan, seed: int) -> Iterator[Searched]:
    """The real panel, or why it is left out, and the simulated ones."""
    yield real_panel(prices_file(), plan)
    for name, plants in MARKETS.items():
        bars = simulate(plan.names, plan.sessions, plant=plants, seed=seed)
        yield Searched(name, Panel.from_frame(bars), tuple(text for text, _ in plants))


def prices_file() -> Path:
    """Where real bars should be: what the environment names, else a folder beside the repository."""
    return Path(os.environ.get(PRICES, _BESIDE))


def real_panel(path: Path, plan: SearchPlan) -> Searched:
    """The last sessions of names spread evenly over the alphabet; rows that contradict themselves are left out."""
    if not path.exists():
        return Searched(REAL, None, left_out=f"no file {path.name}: set {PRICES} to a file of adjusted daily bars")
    bars = pl.read_parquet(path).with_columns(pl.col("date").cast(pl.Date)).drop_nulls()
    highest, lowest = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    bars = bars.filter((pl.col("high") >= highest) & (pl.col("low") <= lowest))
    first = bars["date"].unique().sort()[-plan.real_sessions :][0]
    symbols = bars["symbol"].unique().sort()
    chosen = symbols.gather_every(max(1, len(symbols) // plan.real_names))[: plan.real_names]
    bars = bars.filter((pl.col("date") >= first) & pl.col("symbol").is_in(chosen.implode()))
    return Searched(REAL, Panel.from_frame(bars, adjusted=True))
