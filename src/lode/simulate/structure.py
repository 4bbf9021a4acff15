"""What stays in a simulated market: sectors, exposures, sizes, and which names are listed when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

SECTORS = (
    "Communication",
    "Consumer Discretionary",
    "Consumer Staples",
    "Energy",
    "Financials",
    "Health Care",
    "Industrials",
    "Materials",
    "Real Estate",
    "Technology",
    "Utilities",
)
STYLES = 4  # the first is size, the second volatility

# Daily volatilities of the common returns; with them a typical expression's rank IC has the noise of real markets.
MARKET_VOLATILITY = 0.010
SECTOR_VOLATILITY = 0.0065
STYLE_VOLATILITY = 0.0050
OWN_VOLATILITY = 0.0150  # median over names

_DELISTINGS_A_YEAR = 0.015
_LISTED_LATER = 0.08
_SHORTEST_LISTING = 20


@dataclass(frozen=True)
class Structure:
    """Persistent properties of N names.

    sector: (N,) int64. exposures: (N, F) to the F common returns (market, sectors, styles), which have the daily
    volatilities `factor_volatility` (F,). own_volatility: (N,) daily. first_price: (N,). usual_volume: (N,) shares.
    volume_exposures: (N, STYLES) to the tides of volume. listed: (2, N), first session and the one after the last.
    """

    sector: NDArray[np.int64]
    exposures: NDArray[np.float64]
    factor_volatility: Vector
    own_volatility: Vector
    first_price: Vector
    usual_volume: Vector
    volume_exposures: NDArray[np.float64]
    listed: NDArray[np.int64]
    sector_labels: tuple[str, ...] = SECTORS

    @classmethod
    def draw(cls, names: int, sessions: int, rng: np.random.Generator) -> Structure:
        """Draw a market of `names` that lasts `sessions`."""
        sector = rng.permutation(np.arange(names) % len(SECTORS))
        styles = rng.standard_normal((names, STYLES))
        size, volatility = styles[:, 0], styles[:, 1]
        beta = 1.0 + 0.2 * volatility + 0.2 * rng.standard_normal(names)
        within = np.zeros((names, len(SECTORS)))
        within[np.arange(names), sector] = np.exp(0.25 * rng.standard_normal(names))
        own = OWN_VOLATILITY * np.exp(0.2 * volatility - 0.1 * size + 0.15 * rng.standard_normal(names))
        price = 40.0 * np.exp(0.4 * size + 0.5 * rng.standard_normal(names))
        dollars = 3e7 * np.exp(0.8 * size + 0.7 * rng.standard_normal(names))
        return cls(
            sector=sector,
            exposures=np.column_stack([beta, within, styles]),
            factor_volatility=np.repeat(
                [MARKET_VOLATILITY, SECTOR_VOLATILITY, STYLE_VOLATILITY], [1, len(SECTORS), STYLES]
            ),
            own_volatility=own,
            first_price=price,
            usual_volume=dollars / price,
            volume_exposures=styles,
            listed=_listings(names, sessions, rng),
        )


def _listings(names: int, sessions: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """First session of each name and the one after its last; independent of everything else."""
    later = rng.random(names) < _LISTED_LATER
    first = np.where(later, rng.integers(0, max(sessions // 2, 1), names), 0)
    life = _SHORTEST_LISTING + rng.geometric(_DELISTINGS_A_YEAR / 252, names)
    return np.stack([first, np.minimum(first + life, sessions)])
