"""What moves in a simulated market: shocks, volatility, prices and volume, session by session."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lode.panel.adjust import Floats, Matrix, price_fields, typical_price
from lode.simulate.structure import STYLES, Structure, Vector

_LARGEST_RETURN = 0.5
_OWN_TAIL, _COMMON_TAIL = 4, 5  # degrees of freedom of the t distributions
_OVERNIGHT = 0.3  # share of a day's variance
_HALTS_A_SESSION, _HALT_SESSIONS = 1 / 2500, 4
_MISSING_DAYS = 0.001
_DIGITS = 6  # significant digits of a price: fine enough that rounding predicts nothing
_FEEDS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Shock:
    """A session's unplanted x (N,) and the scale (N,) of each name's own part of it."""

    x: Vector
    scale: Vector


@dataclass
class Tide:
    """First-order autoregressions with mean zero and standard deviation `spread`; the state has shape `size`."""

    size: tuple[int, ...]
    persistence: float
    spread: float
    state: Vector = field(init=False)

    def __post_init__(self) -> None:
        self.state = np.zeros(self.size)

    def step(self, rng: np.random.Generator) -> Vector:
        """Move on by one session."""
        fresh = self.spread * np.sqrt(1 - self.persistence**2)
        self.state = self.persistence * self.state + fresh * rng.standard_normal(self.size)
        return self.state


class Dynamics:
    """Draws a market's sessions one after the other. All tides move by themselves: no return's sign moves them."""

    def __init__(self, structure: Structure, rng: np.random.Generator) -> None:
        names = len(structure.sector)
        self._structure, self._rng = structure, rng
        self._price = structure.first_price.copy()
        self._halted = np.zeros(names, np.int64)
        self._session = -1
        self._volatility, self._own_volatility = Tide((1,), 0.98, 0.3), Tide((names,), 0.95, 0.25)
        self._volume, self._own_volume = Tide((1,), 0.9, 0.15), Tide((names,), 0.7, 0.3)
        self._style_volume = Tide((STYLES,), 0.9, 0.2)
        self.factor_scale = structure.factor_volatility

    def shock(self) -> Shock:
        """Draw the next session's x, before anything that is planted."""
        rng, structure = self._rng, self._structure
        level = np.exp(self._volatility.step(rng))
        self.factor_scale = structure.factor_volatility * level
        scale = structure.own_volatility * level * np.exp(self._own_volatility.step(rng))
        return Shock(draw_x(structure, self.factor_scale, scale, 1, rng)[0], scale)

    def trade(self, shock: Shock, push: Vector | float) -> dict[str, Vector]:
        """Trade the session of `shock` with `push` planted: open, high, low, close, volume (N,); NaN without a bar."""
        rng = self._rng
        returned = _LARGEST_RETURN * np.tanh((shock.x + push) / _LARGEST_RETURN)
        before, self._price = self._price, self._price * (1.0 + returned)
        bar = _day(before, self._price, shock.scale, rng)
        bar["volume"] = self._traded(np.abs(returned) / shock.scale)
        present = self._present()
        return {name: np.where(present, values, np.nan) for name, values in bar.items()}

    def _traded(self, surprise: Vector) -> Vector:
        """Shares: each name's usual volume, the tides of volume, more on wild days and in wild times."""
        rng, structure = self._rng, self._structure
        common = self._volume.step(rng) + structure.volume_exposures @ self._style_volume.step(rng)
        own = self._own_volume.step(rng) + 0.5 * self._own_volatility.state
        log = common + own + 0.25 * np.minimum(surprise, 6.0) + 0.15 * rng.standard_normal(len(surprise))
        return np.maximum(np.rint(structure.usual_volume * np.exp(log)), 100.0)

    def _present(self) -> NDArray[np.bool_]:
        """Names with a bar this session: listed, not halted, not missing."""
        self._session += 1
        rng, names = self._rng, len(self._halted)
        stops = rng.random(names) < _HALTS_A_SESSION
        self._halted = np.where(stops, rng.geometric(1 / _HALT_SESSIONS, names), np.maximum(self._halted - 1, 0))
        first, end = self._structure.listed
        there = (first <= self._session) & (self._session < end)
        return np.asarray(there & (self._halted == 0) & (rng.random(names) >= _MISSING_DAYS))


def draw_x(
    structure: Structure, factor_scale: Vector, scale: Vector, count: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """(count, N) draws of a session's unplanted x: common and own t-distributed shocks, symmetric about zero."""
    factors, names = len(factor_scale), len(scale)
    common = rng.standard_t(_COMMON_TAIL, (count, factors)) * np.sqrt((_COMMON_TAIL - 2) / _COMMON_TAIL) * factor_scale
    own = rng.standard_t(_OWN_TAIL, (count, names)) * np.sqrt((_OWN_TAIL - 2) / _OWN_TAIL) * scale
    return np.asarray(common @ structure.exposures.T + own)


def _day(before: Vector, close: Vector, scale: Vector, rng: np.random.Generator) -> dict[str, Vector]:
    """Open, high and low between two closes: a Brownian path that ends where it must.

    The highest point of a path from a to b with variance v is (a + b + √((b - a)² - 2 v ln U)) / 2, U uniform.
    """
    names = len(close)
    total = np.log(close / before)
    gap = _OVERNIGHT * total + np.sqrt(_OVERNIGHT * (1 - _OVERNIGHT)) * scale * rng.standard_normal(names)
    rest = total - gap
    variance = (1 - _OVERNIGHT) * scale**2
    upper, lower = (np.sqrt(rest**2 - 2 * variance * np.log(1.0 - rng.random(names))) for _ in range(2))
    logs = {"open": gap, "high": gap + (rest + upper) / 2, "low": gap + (rest - lower) / 2}
    prices = {name: _rounded(before * np.exp(log)) for name, log in logs.items()} | {"close": _rounded(close)}
    prices["high"] = np.maximum(prices["high"], np.maximum(prices["open"], prices["close"]))
    prices["low"] = np.minimum(prices["low"], np.minimum(prices["open"], prices["close"]))
    return prices


def _rounded(price: Vector) -> Vector:
    """Price with _DIGITS significant digits."""
    unit = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(price)))
    return np.asarray(np.rint(price * unit) / unit)


@dataclass(frozen=True)
class History:
    """Bars so far, (T, N): as traded in float64, and as the panel's fields in float32; NaN where there is none."""

    traded: dict[str, Matrix]
    fields: dict[str, Floats]
    sector: NDArray[np.int32]

    @classmethod
    def empty(cls, structure: Structure, sessions: int) -> History:
        """Room for `sessions`."""
        shape = (sessions, len(structure.sector))
        traded = {name: np.full(shape, np.nan) for name in _FEEDS}
        blank = {name: np.full((1, shape[1]), np.nan) for name in (*_FEEDS, "vwap")}
        fields = {name: np.full(shape, np.nan, np.float32) for name in price_fields(blank, 1.0, 1.0, adjusted=False)}
        return cls(traded, fields, np.ascontiguousarray(np.broadcast_to(structure.sector.astype(np.int32), shape)))

    @property
    def present(self) -> NDArray[np.bool_]:
        """(T, N): there is a bar."""
        return np.isfinite(self.traded["close"])

    def write(self, t: int, bar: dict[str, Vector]) -> None:
        """Append session t: its bar, and the fields as a panel of these bars would have them."""
        for name, values in bar.items():
            self.traded[name][t] = values
        rows = {name: values[max(t - 1, 0) : t + 1] for name, values in self.traded.items()}
        vwap = typical_price(rows)
        if vwap is not None:
            rows["vwap"] = vwap
        for name, derived in price_fields(rows, 1.0, 1.0, adjusted=False).items():
            self.fields[name][t] = derived[-1]
