"""alphalens-reloaded's figures of a factor: its own functions, from prices and values to means and daily series."""

from __future__ import annotations

import contextlib
import io
import warnings

import exchange
import numpy as np
import pandas as pd
from alphalens import performance, utils

PERIODS = (1, 5, 10)
QUANTILES = 5
VALUES = "volume"


def figures(factor: pd.Series, prices: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Daily rank IC, quantile returns (not demeaned), turnover and rank autocorrelation, as its full tear sheet has.

    Without its filter of returns beyond twenty standard deviations of all sessions, those to come included.
    """
    with contextlib.redirect_stdout(io.StringIO()):  # it prints how much it dropped
        clean = utils.get_clean_factor_and_forward_returns(
            factor, prices, quantiles=QUANTILES, periods=PERIODS, filter_zscore=None, max_loss=1.0
        )
    quantile = clean["factor_quantile"]
    returns, _ = performance.mean_return_by_quantile(clean, by_date=True, demeaned=False)
    found = {"rank_ic": performance.factor_information_coefficient(clean), "returns": returns}
    for period in PERIODS:
        moved = [performance.quantile_turnover(quantile, q, period) for q in range(1, QUANTILES + 1)]
        found[f"turnover {period}"] = pd.concat(moved, axis=1)
        found[f"autocorrelation {period}"] = performance.factor_rank_autocorrelation(clean, period).to_frame()
    return found


def arrays(found: dict[str, pd.DataFrame], days: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    """As `benchmarks/figures.py` has them: (sessions, …), periods or lags in the second place."""
    returns = found["returns"].unstack("factor_quantile").reindex(days).to_numpy()
    moved = [found[f"turnover {period}"].reindex(days).to_numpy() for period in PERIODS]
    alike = [found[f"autocorrelation {period}"].reindex(days).to_numpy()[:, 0] for period in PERIODS]
    return {
        "rank IC": found["rank_ic"].reindex(days).to_numpy(),
        "quantile return": returns.reshape(len(days), len(PERIODS), QUANTILES),
        "turnover": np.stack(moved, axis=1).astype(float),
        "rank autocorrelation": np.stack(alike, axis=1),
    }


def main() -> None:
    """Lay the panel out as it wants it, then time everything it does from there."""
    asked = exchange.arguments()
    sessions, symbols, fields = exchange.read_panel(asked.panel)
    days = pd.DatetimeIndex(sessions)
    wide = {name: pd.DataFrame(fields[name].astype(float), days, symbols) for name in ("close", VALUES)}
    factor = wide[VALUES].rename_axis(index="date", columns="asset").stack()
    found: dict[str, pd.DataFrame] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        times = exchange.timed(lambda: found.update(figures(factor, wide["close"])), asked.rounds)
    if asked.values != exchange.NOWHERE:
        np.savez(asked.values, **arrays(found, days))
    exchange.report(exchange.NOWHERE, {}, **times)


if __name__ == "__main__":
    main()
