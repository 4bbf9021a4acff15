"""The whole of a run on markets whose truth is known, and on the real S&P 500."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lode.engine import Evaluator
from lode.evidence.likeness import daily_rank_correlation
from lode.language import parse
from lode.panel import Panel
from lode.simulate import simulate, write_market
from tests.workflow.homes import Home

NULL_SEEDS, MOST_NULL_DISCOVERIES = 20, 2
PLANTED_SEEDS, MOST_MISSED = 10, 1
PLANTS = (
    "rank(-ts_delta(close, 5))",
    "ts_corr(close, volume, 10)",
    "close / ts_mean(close, 20)",
    "ts_rank(volume, 20)",
    "ts_std_dev(returns, 20)",
)


def mined(folder: Path, market: Path, seed: int, candidates: int) -> dict[str, Any]:
    home = Home(folder / "home")
    try:
        return home.lode("run", "--source", market, "--candidates", candidates, "--seed", seed, "--json").json
    finally:
        home.stop()


def test_a_market_without_a_factor_proves_nothing(soak_scale: float, tmp_path: Path) -> None:
    runs = max(1, round(NULL_SEEDS * soak_scale))
    names, sessions, candidates = (200, 1500, 1000) if soak_scale == 1 else (100, 1000, 300)
    proving = 0
    for seed in range(runs):
        folder = tmp_path / str(seed)
        folder.mkdir()
        write_market(simulate(names, sessions, seed=seed), folder / "market.parquet")
        proving += bool(mined(folder, folder / "market.parquet", seed, candidates)["proven"])
    assert proving <= (MOST_NULL_DISCOVERIES if runs == NULL_SEEDS else 0)


def test_a_planted_factor_is_proven(soak_scale: float, tmp_path: Path) -> None:
    """At full size a tenth of the runs would still be minutes: the shorter one has a smaller, plainer market."""
    seeds = max(1, round(PLANTED_SEEDS * soak_scale))
    names, sessions, ic, candidates = (500, 2520, 0.05, 3000) if soak_scale == 1 else (150, 1200, 0.1, 400)
    missed = []
    for seed in range(seeds):
        folder = tmp_path / str(seed)
        folder.mkdir()
        plant = PLANTS[seed % len(PLANTS)]
        bars = simulate(names, sessions, plant=[(plant, ic)], seed=seed)
        write_market(bars, folder / "market.parquet")
        result = mined(folder, folder / "market.parquet", seed, candidates)
        if closest(bars, plant, result) <= 0.9:
            missed.append((seed, plant, [factor["expression"] for factor in result["proven"]]))
    assert len(missed) <= (MOST_MISSED if seeds == PLANTED_SEEDS else 0), missed


def closest(bars: pl.DataFrame, plant: str, result: dict[str, Any]) -> float:
    panel = Panel.from_frame(bars)
    evaluator = Evaluator(panel.fields, panel.groups, mask=panel.tradable)
    truth = evaluator.value(parse(plant))
    found = (evaluator.value(parse(factor["expression"])) for factor in result["proven"])
    return max((abs(daily_rank_correlation(truth, values)) for values in found), default=0.0)


@pytest.mark.timeout(1800)
def test_the_real_market_is_mined_within_its_memory(soak_scale: float, shared_data: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    prices = shared_data / "prices/sp500_daily_2013_2018.parquet"
    try:
        result = home.lode("run", "--source", prices, "--candidates", round(5000 * soak_scale), "--json").json
        run = home.lode("runs", "show", result["run"], "--json").json
    finally:
        home.stop()
    assert result["finalists"] == 40
    assert max(step["peak_memory"] for step in run["steps"]) < 3 * 2**30
