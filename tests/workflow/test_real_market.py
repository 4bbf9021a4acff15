"""What the procedure says of the real S&P 500: a factor that was planted into its prices, and one that is no secret."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lode.engine import Evaluator
from lode.evaluation import forward_returns, newey_west_t
from lode.evaluation.ic import daily_rank_ic
from lode.language import parse
from lode.panel import Panel
from lode.workflow.null_mining import Market, judge
from lode.workflow.options import MiningOptions
from lode.workflow.racing import exact_trials
from tests.workflow.homes import Home
from tests.workflow.test_discovery import closest

PLANT = "ts_rank(volume, 20)"  # of volumes alone, so that what is done to prices does not change it
RANK_IC = 0.03
REVERSAL = "-ts_delta(close, 5) / ts_delay(close, 5)"


@pytest.fixture(scope="module")
def bars(shared_data: Path) -> pl.DataFrame:
    """The recorded bars without the thirty or so that an import would put aside."""
    found = pl.read_parquet(shared_data / "prices/sp500_daily_2013_2018.parquet").drop_nulls().drop_nans()
    body = pl.min_horizontal("open", "close"), pl.max_horizontal("open", "close")
    return found.filter(pl.col("low") <= body[0], pl.col("high") >= body[1])


def values_of(panel: Panel, text: str) -> np.ndarray:
    return Evaluator(panel.fields, panel.groups, mask=panel.tradable).value(parse(text)).copy()


def mean_rank_ic(bars: pl.DataFrame, text: str) -> float:
    panel = Panel.from_frame(bars)
    return float(np.nanmean(daily_rank_ic(values_of(panel, text), forward_returns(panel))))


def pushed(bars: pl.DataFrame, strength: float) -> pl.DataFrame:
    """Prices whose return from the close of t+1 to that of t+2 is larger by `strength` times the plant's rank at t."""
    panel = Panel.from_frame(bars)
    ranks = values_of(panel, f"rank({PLANT})")
    push = np.zeros_like(ranks)
    push[2:] = np.nan_to_num(strength * (ranks[:-2] - 0.5))
    grown = np.exp(np.cumsum(push, axis=0))
    rows = pl.DataFrame(
        {
            "date": np.repeat(panel.sessions, len(panel.names)),
            "symbol": list(panel.names) * len(panel.sessions),
            "grown": grown.ravel(),
        }
    ).with_columns(pl.col("date").cast(bars.schema["date"]))
    prices = ("open", "high", "low", "close")
    joined = bars.join(rows, on=["date", "symbol"], how="left", maintain_order="left")
    return joined.with_columns(pl.col(name) * pl.col("grown") for name in prices).drop("grown")


@pytest.mark.timeout(3600)
def test_a_factor_planted_into_real_prices_is_found(bars: pl.DataFrame, soak_scale: float, tmp_path: Path) -> None:
    if soak_scale < 1:
        pytest.skip("a minute of mining 505 names: make soak does")
    before = mean_rank_ic(bars, PLANT)
    slope = (mean_rank_ic(pushed(bars, 1e-3), PLANT) - before) / 1e-3
    planted = pushed(bars, (RANK_IC - before) / slope)
    assert mean_rank_ic(planted, PLANT) == pytest.approx(RANK_IC, abs=0.003)
    planted.write_parquet(tmp_path / "planted.parquet")
    home = Home(tmp_path / "home")
    try:
        result = home.lode("run", "--source", tmp_path / "planted.parquet", "--candidates", 3000, "--json").json
    finally:
        home.stop()
    assert closest(planted, PLANT, result) >= 0.7, result["proven"]


def test_short_term_reversal_is_not_called_proven_unless_it_is(bars: pl.DataFrame) -> None:
    panel = Panel.from_frame(bars)
    market = Market(panel, forward_returns(panel), MiningOptions())
    splits = market.splits
    judged = judge(market, exact_trials(market.scorer(splits.train, splits.train_stop), [parse(REVERSAL)], 0), trials=1)
    validation = market.scorer(splits.validation, splits.validation_stop).scores([parse(REVERSAL)])
    (score,) = validation
    train = newey_west_t(daily_rank_ic(values_of(panel, REVERSAL), market.labels)[splits.train], horizon=1)
    significant = score.newey_west.p_in(-1 if train.t < 0 else 1) <= 0.05
    assert 0.002 < abs(train.mean) < 0.02
    assert judged.proven == () or significant
    assert judged.opened <= significant
