"""Alpha158: qlib's 158 price and volume features, nine of today's bar, four of its prices, 29 kinds over five windows.

- Windows are full: qlib takes what there is of a window (`min_periods=1`), so that its values of the first d - 1
  sessions, and after a missing value, stand where these are missing.
- `rank`, `imax`, `imin` and `imxd` are put into qlib's scale, r / d and positions from 1, the oldest session. Of equal
  highs or lows qlib's position is the first one's, here it is the last one's.
- `1e-12` is added where qlib adds it, to keep a divisor from 0.
- A correlation of a flat series is missing in both; qlib takes a deviation below 2e-5 for flat, here it must be 0.
- `cntp`, `cntn` and `cntd` count a session after a missing one as neither up nor down in qlib; here they are missing.
- Values are float32 of float32 prices, as qlib's are; qlib computes in float64 in between, as the running sums do here.

Beside pyqlib 0.9.7 on a panel of real prices, full windows, 142 agree in every cell to a thousandth; `imax`, `imin` and
`imxd` differ in the 1 to 2 % of cells with equal extremes, `corr5` in two cells that are nearly flat. KunQuant 0.1.12
has the same but for its float32 sums, which show in `beta`, `rsqr`, `resi`, `corr` and `cord` (`benchmarks/values.py`
repeats both).
"""

from __future__ import annotations

from collections.abc import Iterator

from lode.library.definition import Definition

_SOURCE = (
    "Yang, Liu, Zhou, Bian and Liu (2020), Qlib: An AI-oriented Quantitative Investment Platform; Alpha158DL in qlib"
)
WINDOWS = (5, 10, 20, 30, 60)

_BAR = {
    "kmid": "(close - open) / open",
    "klen": "(high - low) / open",
    "kmid2": "(close - open) / (high - low + 1e-12)",
    "kup": "(high - max(open, close)) / open",
    "kup2": "(high - max(open, close)) / (high - low + 1e-12)",
    "klow": "(min(open, close) - low) / open",
    "klow2": "(min(open, close) - low) / (high - low + 1e-12)",
    "ksft": "(2 * close - high - low) / open",
    "ksft2": "(2 * close - high - low) / (high - low + 1e-12)",
    "open0": "open / close",
    "high0": "high / close",
    "low0": "low / close",
    "vwap0": "vwap / close",
}
_UP, _DOWN, _MOVE = "max({x} - ts_delay({x}, 1), 0)", "max(ts_delay({x}, 1) - {x}, 0)", "abs({x} - ts_delay({x}, 1))"
_ROSE, _FELL = "ts_mean(close > ts_delay(close, 1), {d})", "ts_mean(close < ts_delay(close, 1), {d})"
_SWING = "abs(close / ts_delay(close, 1) - 1) * volume"
_PEAK, _TROUGH = "({d} - ts_arg_max(high, {d}))", "({d} - ts_arg_min(low, {d}))"


def _gains(x: str) -> dict[str, str]:
    """Sums of rises and falls of a field over the sum of its moves, as in a relative strength index."""
    up, down, move = (f"ts_sum({part.format(x=x)}, {{d}})" for part in (_UP, _DOWN, _MOVE))
    return {
        "sump": f"{up} / ({move} + 1e-12)",
        "sumn": f"{down} / ({move} + 1e-12)",
        "sumd": f"({up} - {down}) / ({move} + 1e-12)",
    }


_ROLLING = {
    "roc": "ts_delay(close, {d}) / close",
    "ma": "ts_mean(close, {d}) / close",
    "std": "ts_std_dev(close, {d}) / close",
    "beta": "slope(close, {d}) / close",
    "rsqr": "rsquare(close, {d})",
    "resi": "resi(close, {d}) / close",
    "max": "ts_max(high, {d}) / close",
    "min": "ts_min(low, {d}) / close",
    "qtlu": "ts_percentile(close, {d}, percentage=0.8) / close",
    "qtld": "ts_percentile(close, {d}, percentage=0.2) / close",
    "rank": "(ts_rank(close, {d}) * ({d} - 1) + 1) / {d}",
    "rsv": "(close - ts_min(low, {d})) / (ts_max(high, {d}) - ts_min(low, {d}) + 1e-12)",
    "imax": f"{_PEAK} / {{d}}",
    "imin": f"{_TROUGH} / {{d}}",
    "imxd": f"({_PEAK} - {_TROUGH}) / {{d}}",
    "corr": "ts_corr(close, log(volume + 1), {d})",
    "cord": "ts_corr(close / ts_delay(close, 1), log(volume / ts_delay(volume, 1) + 1), {d})",
    "cntp": _ROSE,
    "cntn": _FELL,
    "cntd": f"{_ROSE} - {_FELL}",
    **_gains("close"),
    "vma": "ts_mean(volume, {d}) / (volume + 1e-12)",
    "vstd": "ts_std_dev(volume, {d}) / (volume + 1e-12)",
    "wvma": f"ts_std_dev({_SWING}, {{d}}) / (ts_mean({_SWING}, {{d}}) + 1e-12)",
    **{f"v{kind}": formula for kind, formula in _gains("volume").items()},
}


def _formulas() -> Iterator[tuple[str, str]]:
    """Name and formula, in qlib's order: the bar, then kind by kind over the windows."""
    yield from _BAR.items()
    for kind, formula in _ROLLING.items():
        yield from ((f"{kind}{d}", formula.format(d=d)) for d in WINDOWS)


DEFINITIONS = tuple(
    Definition(name=name, expression=formula, family="alpha158", sign=0, source=_SOURCE)
    for name, formula in _formulas()
)
