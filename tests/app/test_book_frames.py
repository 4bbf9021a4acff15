from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from lode.app.book_frames import BOOKS, risk_of_books, rolling_risk

SESSIONS = 400
DRAW = np.random.default_rng(0)
MARKET = DRAW.normal(0.0004, 0.01, SESSIONS)


def days(book: np.ndarray, market: np.ndarray = MARKET) -> pl.DataFrame:
    first = date(2020, 1, 1)
    sessions = [first + timedelta(days=place) for place in range(len(book))]
    books = {name: pl.Series(book.tolist(), dtype=pl.Float64) for name in BOOKS}
    return pl.DataFrame({"session": sessions, "split": "train", **books, "market": market.tolist()})


def test_figures_by_hand():
    returns = np.array([0.02, -0.01] * 10)
    row = risk_of_books(days(returns, MARKET[:20])).row(0, named=True)
    assert row["book"] == "BRAIN"
    assert row["sortino"] == pytest.approx(0.005 / np.sqrt(0.0001 / 2) * np.sqrt(252))
    assert row["calmar"] == pytest.approx(0.005 * 252 / 0.01)
    assert (row["var_95"], row["shortfall_95"]) == pytest.approx((0.01, 0.01))
    assert (row["best"], row["worst"], row["win"]) == pytest.approx((0.02, -0.01, 0.5))
    assert (row["skew"], row["kurtosis"]) == pytest.approx((0, -2), abs=1e-9)


def test_a_book_of_the_market_has_its_beta_and_what_is_left_is_alpha():
    frame = days(0.5 * MARKET + 0.001)
    row = risk_of_books(frame).row(0, named=True)
    assert (row["beta"], row["correlation"], row["alpha_a_year"]) == pytest.approx((0.5, 1, 0.252))
    rolling = rolling_risk(frame).drop_nulls()
    assert rolling.height == SESSIONS - 252 // 2 + 1
    assert rolling["BRAIN beta"].to_list() == pytest.approx([0.5] * rolling.height)
    last = 0.5 * MARKET[-252:].std(ddof=1) * np.sqrt(252) * 100
    assert rolling["BRAIN volatility"][-1] == pytest.approx(last)


def test_a_book_that_holds_nothing_has_no_row_and_one_that_never_varies_no_ratio():
    assert risk_of_books(days(np.full(SESSIONS, np.nan)).fill_nan(None)).is_empty()
    row = risk_of_books(days(np.zeros(SESSIONS))).row(0, named=True)
    assert [row[name] for name in ("sortino", "calmar", "skew", "beta")] == [None] * 4
