"""The risk of a sheet's books beyond their Sharpe ratio. Pure: sessions of `sheet_frames.sessions_of` in, frames out.

The market is the mean return of all names in the session.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from lode.evaluation.portfolio import SESSIONS_A_YEAR

BOOKS = {"brain": "BRAIN", "brain_net": "BRAIN after cost", "long_short": "long-short", "long_only": "long-only"}
_TAIL = 0.05
_FEWEST = 20


def risk_of_books(days: pl.DataFrame) -> pl.DataFrame:
    """One row per book with twenty sessions: book, and figures of its daily returns before cost where not said.

    sortino: mean over the root mean square of the losses, a year. calmar: return a year over the deepest fall of the
    sum. var_95, shortfall_95: the loss that one session in twenty reaches, and the mean of those. win: share of the
    sessions above zero. beta, correlation: with the market; alpha: a year, what beta times the market leaves.
    """
    rows = [{"book": shown} | _risk(days[name], days["market"]) for name, shown in BOOKS.items()]
    return pl.DataFrame([row for row in rows if len(row) > 1], infer_schema_length=None)


def rolling_risk(days: pl.DataFrame) -> pl.DataFrame:
    """Volatility a year in per cent and beta on the market over the last 252 sessions, BRAIN and long-only book."""
    least = SESSIONS_A_YEAR // 2
    found = []
    for name in ("brain", "long_only"):
        book, market = pl.col(name), pl.col("market")
        volatility = book.rolling_std(SESSIONS_A_YEAR, min_samples=least) * math.sqrt(SESSIONS_A_YEAR) * 100
        both = pl.rolling_cov(book, market, window_size=SESSIONS_A_YEAR, min_samples=least)
        spread = market.rolling_var(SESSIONS_A_YEAR, min_samples=least)
        beta = pl.when(spread > 0).then(both / spread)
        found += [volatility.alias(f"{BOOKS[name]} volatility"), beta.alias(f"{BOOKS[name]} beta")]
    return days.select("session", "split", *found)


def _risk(book: pl.Series, market: pl.Series) -> dict[str, float | None]:
    returns = book.drop_nulls().to_numpy()
    if len(returns) < _FEWEST:
        return {}
    level = np.concatenate([[0.0], np.cumsum(returns)])
    fall, reached = float((np.maximum.accumulate(level) - level).max()), float(np.quantile(returns, _TAIL))
    mean, losses = float(returns.mean()), float(np.sqrt(np.square(np.minimum(returns, 0)).mean()))
    return {
        "sortino": mean / losses * math.sqrt(SESSIONS_A_YEAR) if losses > 0 else None,
        "calmar": mean * SESSIONS_A_YEAR / fall if fall > 0 else None,
        **_shape(book.drop_nulls()),
        "var_95": -reached,
        "shortfall_95": -float(returns[returns <= reached].mean()),
        "best": float(returns.max()),
        "worst": float(returns.min()),
        "win": float((returns > 0).mean()),
        **_on_market(book, market),
    }


def _shape(returns: pl.Series) -> dict[str, float | None]:
    """Skew and excess kurtosis; None where the returns do not vary."""
    varies = returns.n_unique() > 1
    return {"skew": returns.skew() if varies else None, "kurtosis": returns.kurtosis() if varies else None}


def _on_market(book: pl.Series, market: pl.Series) -> dict[str, float | None]:
    both = pl.DataFrame({"book": book, "market": market}).drop_nulls().to_numpy()
    if len(both) < _FEWEST or not both.std(axis=0).all():
        return {"beta": None, "correlation": None, "alpha_a_year": None}
    (_, covariance), (_, variance) = np.cov(both.T).tolist()
    mean_book, mean_market = both.mean(axis=0).tolist()
    beta = covariance / variance
    return {
        "beta": beta,
        "correlation": float(np.corrcoef(both.T)[0, 1]),
        "alpha_a_year": (mean_book - beta * mean_market) * SESSIONS_A_YEAR,
    }
