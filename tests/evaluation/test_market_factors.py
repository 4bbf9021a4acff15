import math

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm

import lode
from lode.collect.fama_french import NAMES
from lode.evaluation import References, SheetOptions, evidence_sheet
from lode.evaluation.market_factors import FACTORS, factor_regression
from lode.language import parse


def test_regression_is_that_of_statsmodels():
    rng = np.random.default_rng(0)
    factors = {name: 0.01 * rng.standard_normal(500) for name in ("mom", "mkt_rf", "rf", "smb")}
    returns = 0.0005 + 0.3 * factors["mkt_rf"] - 0.2 * factors["mom"] + 0.005 * rng.standard_normal(500)
    returns[:10], factors["smb"][20:25] = np.nan, np.nan
    found = factor_regression(returns, factors)
    assert list(found.betas) == ["mkt_rf", "smb", "mom"]  # the riskless rate explains nothing
    x = np.column_stack([factors[name] for name in found.betas])
    known = np.isfinite(returns) & np.isfinite(x).all(axis=1)
    lags = math.floor(4 * (known.sum() / 100) ** (2 / 9))
    expected = sm.OLS(returns[known], sm.add_constant(x[known])).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    assert [found.alpha, *found.betas.values()] == pytest.approx(expected.params)
    assert [found.t, *found.beta_t.values()] == pytest.approx(expected.tvalues)
    assert (found.r_squared, found.n) == (pytest.approx(expected.rsquared), 485)
    assert found.interval[0] < found.alpha < found.interval[1]


def test_without_factors_there_is_no_regression():
    assert factor_regression(np.ones(50), {}) is None
    assert factor_regression(np.ones(50), {"rf": np.ones(50), "smb": np.full(50, np.nan)}) is None


def test_constant_book_has_no_t():
    found = factor_regression(np.zeros(50), {"smb": np.random.default_rng(0).standard_normal(50)})
    assert math.isnan(found.t)


def test_momentum_of_real_names_is_explained_by_published_momentum(shared_data):
    """Returns and factors stand in the same sessions: moved by one, the explanation is gone."""
    factors = published(shared_data / "fama_french")
    bars = pl.read_parquet(shared_data / "prices/sp500_daily_2013_2018.parquet").select("date", "symbol", "close")
    panel = lode.Panel.from_frame(bars.drop_nulls(), adjusted=True)
    days = pl.DataFrame({"date": panel.sessions})
    aligned = days.join(factors, on="date", how="left", maintain_order="left")
    series = {name: aligned[name].to_numpy() for name in FACTORS}
    expression = parse("ts_delay(close, 21) / ts_delay(close, 252)")
    found = evidence_sheet(expression, panel, SheetOptions(), References(market_factors=series)).market_factors
    assert found.beta_t["mom"] > 10
    assert found.r_squared > 0.5
    late = {name: np.roll(values, 1) for name, values in series.items()}
    moved = evidence_sheet(expression, panel, SheetOptions(), References(market_factors=late)).market_factors
    assert moved.r_squared < 0.1


def published(folder):
    """Daily factors of the library's two files, decimal."""
    frames = []
    for name in ("F-F_5_Factors_2x3_daily.202601.csv", "F-F_Momentum_daily.202601.csv"):
        lines = [line.split(",") for line in (folder / name).read_text().splitlines()]
        head = next(line for line in lines if len(line) > 1 and not line[0].strip() and line[1].strip())
        rows = [line for line in lines if line[0].strip().isdigit() and len(line[0].strip()) == 8]
        columns = {NAMES[title.strip()]: [float(row[at]) / 100 for row in rows] for at, title in enumerate(head) if at}
        dates = pl.Series([row[0].strip() for row in rows]).str.to_date("%Y%m%d")
        frames.append(pl.DataFrame({"date": dates, **columns}))
    return frames[0].join(frames[1], on="date")
