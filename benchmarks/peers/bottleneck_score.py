"""Expressions scored by daily rank IC with numpy and bottleneck (float64: its float32 sums drift)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import bottleneck as bn
import exchange
import numpy as np

Panel = np.ndarray


def _moving(name: str) -> Callable[[Panel, float], Panel]:
    return lambda x, d: getattr(bn, name)(x, int(d), axis=0)


def _delay(x: Panel, d: float) -> Panel:
    moved = np.full_like(x, np.nan)
    moved[int(d) :] = x[: len(x) - int(d)]
    return moved


def _deviation(x: Panel, d: float) -> Panel:
    return bn.move_std(x, int(d), axis=0, ddof=1)


def _covariance(x: Panel, y: Panel, d: float) -> Panel:
    both = np.isnan(x) | np.isnan(y)
    x, y, n = np.where(both, np.nan, x), np.where(both, np.nan, y), int(d)
    means = bn.move_mean(x, n, axis=0), bn.move_mean(y, n, axis=0)
    return (bn.move_mean(x * y, n, axis=0) - means[0] * means[1]) * n / (n - 1)


def _correlation(x: Panel, y: Panel, d: float) -> Panel:
    return _covariance(x, y, d) / (_deviation(x, d) * _deviation(y, d))


def _decay(x: Panel, d: float) -> Panel:
    """Sum of place times value over the window, less the place before it times the sum."""
    place = np.arange(1, len(x) + 1, dtype=float)[:, None]
    n = int(d)
    weighted = bn.move_sum(x * place, n, axis=0) - (place - n) * bn.move_sum(x, n, axis=0)
    return weighted / (n * (n + 1) / 2)


def rank(x: Panel) -> Panel:
    """From 0 to 1 over the day's values."""
    ranks = bn.nanrankdata(x, axis=1)
    return (ranks - 1) / (np.sum(~np.isnan(x), axis=1, keepdims=True) - 1)


def _scaled(x: Panel, d: float) -> Panel:
    low, high = bn.move_min(x, int(d), axis=0), bn.move_max(x, int(d), axis=0)
    return (x - low) / (high - low)


OPERATORS: Mapping[str, Callable[..., Panel]] = {
    "abs": np.abs,
    "sign": np.sign,
    "log": np.log,
    "sqrt": np.sqrt,
    "reverse": np.negative,
    "inverse": lambda x: 1 / x,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "max": np.maximum,
    "min": np.minimum,
    "ts_mean": _moving("move_mean"),
    "ts_sum": _moving("move_sum"),
    "ts_min": _moving("move_min"),
    "ts_max": _moving("move_max"),
    "ts_arg_max": _moving("move_argmax"),
    "ts_arg_min": _moving("move_argmin"),
    "ts_std_dev": _deviation,
    "ts_delay": _delay,
    "ts_delta": lambda x, d: x - _delay(x, d),
    "ts_av_diff": lambda x, d: x - bn.move_mean(x, int(d), axis=0),
    "ts_zscore": lambda x, d: (x - bn.move_mean(x, int(d), axis=0)) / _deviation(x, d),
    "ts_scale": _scaled,
    "ts_rank": lambda x, d: (bn.move_rank(x, int(d), axis=0) + 1) / 2,
    "ts_covariance": _covariance,
    "ts_corr": _correlation,
    "ts_decay_linear": _decay,
    "rank": rank,
    "scale": lambda x: x / np.nansum(np.abs(x), axis=1, keepdims=True),
}


def evaluate(nested: Any, fields: Mapping[str, Panel]) -> Any:  # noqa: ANN401  a panel or a number
    """The expression's values (sessions, names); an infinity counts as missing, as in lode."""
    if not isinstance(nested, list):
        return fields[nested] if isinstance(nested, str) else nested
    found = OPERATORS[nested[0]](*(evaluate(each, fields) for each in nested[1:]))
    found[np.isinf(found)] = np.nan
    return found


def rank_ic(values: Panel, forward: Panel, ranked: Panel, fewest: int = 10) -> Panel:
    """Spearman's correlation per session over the names that have both; `ranked` are the forward returns' own ranks."""
    known = ~(np.isnan(values) | np.isnan(forward))
    count = known.sum(axis=1)
    x = bn.nanrankdata(np.where(known, values, np.nan), axis=1)
    whole = count == (~np.isnan(forward)).sum(axis=1)
    y = ranked.copy()
    if not whole.all():
        y[~whole] = bn.nanrankdata(np.where(known[~whole], forward[~whole], np.nan), axis=1)
    x = x - ((count + 1) / 2)[:, None]
    y = y - ((count + 1) / 2)[:, None]
    spread = np.sqrt(np.nansum(x * x, axis=1) * np.nansum(y * y, axis=1))
    return np.where((count >= fewest) & (spread > 0), np.nansum(x * y, axis=1) / spread, np.nan)


def main() -> None:
    """Score the population; the values' file takes the daily rank ICs."""
    parser = exchange.parser()
    parser.add_argument("--population", type=Path, required=True)
    parser.add_argument("--limit", type=int)
    asked = parser.parse_args()
    _, _, fields = exchange.read_panel(asked.panel)
    population = exchange.read_population(asked.population, asked.limit)
    panels = {name: field.astype(float) for name, field in fields.items()}
    forward = exchange.forward_returns(fields).astype(float)
    ranked = bn.nanrankdata(forward, axis=1)
    scores: list[Panel] = []

    def run() -> None:
        scores[:] = [rank_ic(evaluate(each, panels), forward, ranked) for each in population]

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        times = exchange.timed(run, asked.rounds)
    exchange.report(asked.values, {"rank_ic": np.array(scores)}, expressions=len(population), **times)


if __name__ == "__main__":
    main()
