from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from benchmarks import bench, sheets
from benchmarks.bench import Bench, Plan
from benchmarks.figures import PERIODS, apart, means, sheet_figures
from benchmarks.processes import BenchmarkError

NAN = np.nan
SIZE = (40, 60)


@pytest.fixture(scope="module")
def market():
    fields = bench.market(*SIZE, seed=2)
    values = fields["volume"].copy()
    values[7, 3] = NAN
    return values, fields["close"].astype(float)


def test_figures_are_pandas_on_names_that_have_every_return(market):
    values, prices = market
    prices = prices.copy()
    prices[15, 0] = NAN  # the exit of session 5 at period 10
    found = sheet_figures(values, prices)
    returns = {h: prices[5 + h] / prices[5] - 1 for h in PERIODS}
    known = np.isfinite(returns[10])
    assert not known[0]
    quantile = pd.qcut(values[5][known], 5, labels=False)
    for place, period in enumerate(PERIODS):
        earned = returns[period][known]
        assert found["rank IC"][5, place] == pytest.approx(stats.spearmanr(values[5][known], earned)[0])
        mean = pd.Series(earned).groupby(quantile).mean()
        np.testing.assert_allclose(found["quantile return"][5, place], mean, atol=1e-7)
    assert np.isnan(found["rank IC"][-10:]).all()


def test_turnover_and_autocorrelation_have_a_lag_for_each_period(market):
    found = sheet_figures(*market)
    ranks = pd.DataFrame(market[0][:50]).rank(axis=1)
    for place, lag in enumerate(PERIODS):
        expected = ranks.corrwith(ranks.shift(lag), axis=1).to_numpy()
        np.testing.assert_allclose(found["rank autocorrelation"][lag:50, place], expected[lag:], atol=1e-12)
        assert np.isnan(found["turnover"][:lag, place]).all()
    assert found["turnover"].shape == (60, 3, 5)


def test_differences_are_the_largest_of_a_series_and_of_its_mean():
    ours, theirs = {"x": np.array([[1.0], [2.0], [NAN]])}, {"x": np.array([[1.5], [1.6], [NAN]])}
    assert apart(ours, theirs) == pytest.approx({"x": 0.5, "mean x": 0.05})
    assert means(ours)["x"] == pytest.approx([1.5])


@pytest.mark.parametrize("theirs", [[[1.0], [NAN]], [[1.0]]])
def test_figures_that_only_one_program_has_are_infinitely_apart(theirs):
    assert apart({"x": np.array([[1.0], [2.0]])}, {"x": np.array(theirs)})["x"] == np.inf


def test_figures_that_differ_are_no_row():
    assert "x 1e-06" in sheets.compared({"x": 1e-6})
    for most in (1e-3, np.inf, NAN):
        with pytest.raises(BenchmarkError, match="figures are not its: x"):
            sheets.compared({"x": most})


@pytest.mark.parametrize(("names", "target"), [(500, 100), (3000, 40), (100, None)])
def test_a_row_judges_seconds_once_the_figures_agree(names, target, market, tmp_path, monkeypatch):
    found = sheet_figures(*market)

    def job(*_, seconds, **__):
        for path in (tmp_path / f"figures-{names}.npz", tmp_path / f"alphalens-{names}.npz"):
            np.savez(path, **found)
        return {"processor": seconds, "instructions": "avx2"}

    monkeypatch.setattr(sheets, "ours", lambda *_: job(seconds=0.1))
    monkeypatch.setattr(sheets, "peer", lambda *_, **__: job(seconds=11.0))
    monkeypatch.setattr(Bench, "panel", lambda *_: tmp_path)
    run = Bench(Plan(), tmp_path)
    sheets.sheets(run, (names, 2520))
    (row,) = run.rows
    assert (row.judged, row.target, row.instructions) == (pytest.approx(110), target, "avx2")
    assert "rank IC 0" in row.note
