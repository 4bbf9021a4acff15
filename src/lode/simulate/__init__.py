"""Markets with planted factors, and with none.

A name's return is c·tanh(x / c), where x is the sum of a market, a sector and four style returns times the name's
persistent exposures, its own shock, and what is planted. Every one of those returns has fat tails, mean zero and a
volatility that moves by itself (never with the sign of a return), so that given the past all of them together are as
likely as their negatives. Without a plant it follows that whatever is computed from the past, static, beta, volatility
or volume factors included, has a daily rank IC of mean zero, and every name's expected return is zero. Listings,
delistings, halts and missing days are independent of prices, and there are no ticks, limits or dividends.

The size of the common part gives a typical expression a daily rank IC with a standard deviation of .10 to .17 at 500
names, as in real markets. Sessions are those of the New York exchange that end with 2019-12-31.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from lode import calendar
from lode.errors import StorageError, UsageError
from lode.simulate.dynamics import Dynamics, History
from lode.simulate.plants import Planting, read_plants
from lode.simulate.structure import Structure

__all__ = ["LAST_SESSION", "simulate", "write_market"]

LAST_SESSION = np.datetime64("2019-12-31")
"""The session with which every simulated market ends."""
_FIRST_DAY = np.datetime64("1970-01-01")
_MODEL = 1  # part of the symbols' hash: a change of the model is another market


def simulate(names: int, sessions: int, *, plant: Sequence[tuple[str, float]] = (), seed: int = 0) -> pl.DataFrame:
    """Bars of a simulated market: symbol, date, open, high, low, close, volume, sector; sorted by symbol and date.

    plant: pairs of an expression and its mean daily rank IC (-.3 to .3), delay 1, horizon 1: the return from the close
        of t+1 to that of t+2 depends on the expression's value at t. Several add up.
    Symbols are SIM<hash of the arguments>-<number>. Prices are as traded; the same arguments give the same frame, on
    one version of numpy. Raises UsageError for a size that is too small or large, ExpressionError for a bad expression.
    """
    days = _days(names, sessions)
    if seed < 0:
        raise UsageError(f"seed {seed}: allowed are whole numbers from 0")
    plants = read_plants(plant)
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(3)]
    structure = Structure.draw(names, sessions, streams[0])
    history = History.empty(structure, sessions)
    dynamics = Dynamics(structure, streams[1])
    planting = Planting(plants, structure, streams[2])
    for t in range(sessions):
        shock = dynamics.shock()
        history.write(t, dynamics.trade(shock, planting.push(t, shock, dynamics.factor_scale)))
        planting.observe(t, history)
    content = [_MODEL, names, sessions, [[text, float(ic)] for text, ic in plant], seed]
    market = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:6].upper()
    return _frame(history, structure, days, f"SIM{market}")


def write_market(bars: pl.DataFrame, path: Path | str) -> None:
    """Write the bars as Parquet; the same bars give the same bytes, on one version of polars.

    Raises StorageError where the file cannot be written.
    """
    path = Path(path)
    partial = path.with_name(f"{path.name}.partial")
    try:
        bars.write_parquet(partial, compression="zstd", compression_level=3, row_group_size=1 << 18)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}; give a folder that can be written"
        ) from error


def _days(names: int, sessions: int) -> calendar.Days:
    """Return the last `sessions` sessions of the calendar; UsageError for a market that is too small or too long."""
    days = calendar.sessions("XNYS", _FIRST_DAY, LAST_SESSION)
    if not (2 <= names <= 9999 and 2 <= sessions <= len(days)):
        raise UsageError(
            f"{names} names × {sessions} sessions: allowed are 2 to 9999 names and 2 to {len(days)} sessions"
        )
    return days[-sessions:]


def _frame(history: History, structure: Structure, days: calendar.Days, market: str) -> pl.DataFrame:
    name, session = np.nonzero(history.present.T)
    symbols = pl.Series([f"{market}-{number:04d}" for number in range(1, len(structure.sector) + 1)])
    labels = pl.Series(structure.sector_labels)
    prices = {column: history.traded[column].T[name, session] for column in ("open", "high", "low", "close")}
    return pl.DataFrame(
        {
            "symbol": symbols.gather(name),
            "date": pl.Series(days[session]),
            **prices,
            "volume": history.traded["volume"].T[name, session].astype(np.int64),
            "sector": labels.gather(structure.sector[name]),
        }
    )
