import math

import numpy as np
import pytest
from scipy import stats

from lode.evaluation import daily_rank_ic, ic_summary, newey_west_t


def test_daily_rank_ic_agrees_with_scipy_over_each_days_pairs():
    rng = np.random.default_rng(0)
    values = np.round(rng.standard_normal((15, 40)), 1).astype(np.float32)
    forward = rng.standard_normal((15, 40)).astype(np.float32)
    values[rng.random(values.shape) < 0.1] = np.nan
    forward[rng.random(values.shape) < 0.1] = np.nan
    for t, got in enumerate(daily_rank_ic(values, forward)):
        both = np.isfinite(values[t]) & np.isfinite(forward[t])
        assert got == pytest.approx(stats.spearmanr(values[t, both], forward[t, both]).statistic, abs=1e-6)


def test_summary_by_hand():
    series = np.array([0.1, np.nan, 0.3, -0.1, 0.2] * 10)
    summary = ic_summary(series)
    known = series[np.isfinite(series)]
    assert summary.n == 40
    assert summary.mean == pytest.approx(0.125)
    assert summary.icir == pytest.approx(known.mean() / known.std(ddof=1))
    assert summary.t_nw == newey_west_t(series).t


@pytest.mark.parametrize("series", [np.full(50, np.nan), np.full(50, 0.1), np.array([]), np.array([0.1])])
def test_series_that_does_not_vary_has_no_icir(series):
    summary = ic_summary(series)
    assert math.isnan(summary.icir)
    assert math.isnan(summary.t_nw)
