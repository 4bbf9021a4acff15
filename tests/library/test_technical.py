from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lode.engine import Evaluator
from lode.library import LIBRARY, family
from tests.library.prices import real_fields

WILDER_14, WILDER_28 = 1 / 14, 1 / 28
MEMORY = 250


@pytest.fixture(scope="module")
def fields(shared_data):
    return real_fields(shared_data, names=20, sessions=900)[0]


@pytest.fixture(scope="module")
def expected(fields):
    """Each by pandas in float64, from its source's words."""
    o, h, lo, c, v, r, m, n = (
        pd.DataFrame(fields[name].astype(float))
        for name in ("open", "high", "low", "close", "volume", "returns", "dollar_volume", "shares_outstanding")
    )
    del o
    before, moved = c.shift(1), c.diff()
    market = r.mean(axis=1)
    line = faded(c, 2 / 13) - faded(c, 2 / 27)
    span = np.maximum(h - lo, np.maximum((h - before).abs(), (lo - before).abs()))
    slope = r.apply(lambda name: name.rolling(252).cov(market)).div(market.rolling(252).var(), axis=0)
    turnover = v / n
    return {
        "rsi_14": 100 * faded(moved.clip(lower=0), WILDER_14) / faded(moved.abs(), WILDER_14),
        "rsi_28": 100 * faded(moved.clip(lower=0), WILDER_28) / faded(moved.abs(), WILDER_28),
        "roc_10": c.pct_change(10),
        "roc_63": c.pct_change(63),
        "macd": line / c,
        "macd_histogram": (line - faded(line, 0.2)) / c,
        "bollinger_position": (c - c.rolling(20).mean()) / (2 * c.rolling(20).std()),
        "stochastic_oscillator": (c - lo.rolling(14).min()) / (h.rolling(14).max() - lo.rolling(14).min()),
        "moving_average_distance": c.rolling(21).mean() / c.rolling(200).mean(),
        "momentum_12_1": c.shift(21) / c.shift(252) - 1,
        "momentum_6_1": c.shift(21) / c.shift(126) - 1,
        "high_52_week": c / h.rolling(252).max(),
        "short_term_reversal": c.pct_change(21),
        "weekly_reversal": c.pct_change(5),
        "long_term_reversal": c.shift(252) / c.shift(756) - 1,
        "maximum_daily_return": r.rolling(21).max(),
        "volatility": r.rolling(21).std(),
        "idiosyncratic_volatility": residual(r, market),
        "beta": slope,
        "true_range": faded(span, WILDER_14) / c,
        "illiquidity": np.log((r.abs() / m).rolling(252).mean()),
        "dollar_turnover": np.log(m.rolling(21).mean()),
        "share_turnover": turnover.rolling(63).mean(),
        "turnover_variation": turnover.rolling(252).std() / turnover.rolling(252).mean(),
        "abnormal_volume": v / v.rolling(50).mean(),
        "sessions_without_trade": (v == 0).astype(float).rolling(252).sum(),
    }


def windows(frame, d):
    padded = np.vstack([np.full((d - 1, frame.shape[1]), np.nan), frame.to_numpy()])
    return np.lib.stride_tricks.sliding_window_view(padded, d, axis=0)


def faded(frame, weight):
    """Weights that fall by `weight` a session over the last 250, of what is known of them."""
    window, weights = windows(frame, MEMORY), (1 - weight) ** np.arange(MEMORY)[::-1]
    above, below = np.nan_to_num(window) @ weights, np.isfinite(window) @ weights
    return (pd.DataFrame(above) / pd.DataFrame(below)).where(frame.notna())


def residual(returns, market):
    """Deviation, divisor d - 1, of what a regression on the market leaves of a month."""
    y, x = windows(returns, 21), windows(market.to_frame(), 21)
    y, x = y - y.mean(-1, keepdims=True), x - x.mean(-1, keepdims=True)
    slope = (y * x).sum(-1, keepdims=True) / (x * x).sum(-1, keepdims=True)
    return pd.DataFrame((y - slope * x).std(-1, ddof=1))


def test_every_one_is_looked_at(expected):
    assert set(expected) == {d.name for d in family("technical")}


def test_each_equals_pandas_on_real_prices(fields, expected):
    evaluator = Evaluator(fields)
    for name, frame in expected.items():
        ours, theirs = evaluator.value(LIBRARY[f"technical.{name}"].tree)[MEMORY + 300 :], frame.to_numpy()
        theirs = theirs[MEMORY + 300 :]
        assert (np.isnan(ours) == np.isnan(theirs)).all(), name
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=1e-5, err_msg=name)


def test_rising_every_day_is_a_hundred_and_falling_nought():
    rising = np.linspace(10, 20, 300, dtype=np.float32)[:, None]
    tree = LIBRARY["technical.rsi_14"].tree
    assert Evaluator({"close": rising}).value(tree)[-1, 0] == pytest.approx(100)
    assert Evaluator({"close": rising[::-1].copy()}).value(tree)[-1, 0] == 0
