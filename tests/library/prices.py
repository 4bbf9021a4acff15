"""Real prices as fields: a slice of the S&P 500's bars, with sectors."""

from __future__ import annotations

import numpy as np
import polars as pl

BARS = ("open", "high", "low", "close", "volume")


def real_fields(folder, *, names=60, sessions=400):
    """Fields and groups of the first names that have every bar, as float32 of (sessions, names)."""
    bars = pl.read_parquet(folder / "prices" / "sp500_daily_2013_2018.parquet")
    days = bars["date"].unique().sort()[-sessions:]
    bars = (
        bars.filter(pl.col("date").is_in(days.implode()))
        .drop_nulls(BARS)
        .filter(~pl.any_horizontal(pl.col(BARS[:4]).is_nan()))
    )
    counted = bars.group_by("symbol").len().filter(pl.col("len") == sessions)["symbol"].sort()
    listed = pl.read_csv(folder / "universe" / "sp500_constituents_2026-08.csv")
    sectors = dict(zip(listed["Symbol"], listed["GICS Sector"], strict=True))
    chosen = [symbol for symbol in counted if symbol in sectors][:names]
    bars = bars.filter(pl.col("symbol").is_in(chosen)).sort("date", "symbol")
    fields = {name: bars[name].to_numpy().astype(np.float32).reshape(sessions, names) for name in BARS}
    return derived(fields), sector_labels([sectors[symbol] for symbol in chosen], sessions)


def derived(fields):
    """What a panel makes of its bars, in float32."""
    close = fields["close"]
    before = np.vstack([np.full((1, close.shape[1]), np.nan, np.float32), close[:-1]])
    shares = np.linspace(1e8, 3e9, close.shape[1], dtype=np.float32)
    fields = fields | {
        "vwap": (fields["high"] + fields["low"] + close) / np.float32(3),
        "dollar_volume": close * fields["volume"],
        "returns": close / before - np.float32(1),
        "market_cap": close * shares,
        "shares_outstanding": np.broadcast_to(shares, close.shape),
    }
    return {name: np.ascontiguousarray(values, np.float32) for name, values in fields.items()}


def sector_labels(sectors, sessions):
    _, codes = np.unique(sectors, return_inverse=True)
    return np.ascontiguousarray(np.broadcast_to(codes.astype(np.int32), (sessions, len(sectors))))
