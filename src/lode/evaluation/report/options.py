"""What a sheet is asked to show, and what it compares a factor with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.evaluation.labels import check_timing
from lode.evaluation.neutralisation import neutralizations
from lode.evaluation.simulation.market import Fill
from lode.language import Expr

Weighting = Literal["equal", "cap"]
HORIZONS = (1, 2, 5, 10, 20, 60)
BOUNDS: Mapping[str, tuple[float, float]] = {
    "horizon": (1, 250),
    "delay": (0, 5),
    "cost_bps": (0, 1000),
    "min_names": (3, 100_000),
    "quantiles": (2, 1000),
    "decay": (0, 1000),
    "truncation": (0, 1),
    "capital": (0, 1e15),
}


@dataclass(frozen=True)
class SheetOptions:
    """Options of an evidence sheet; UsageError names what is off.

    Parameters
    ----------
    horizon
        Sessions held, in the figures that have one horizon; 1, 2, 5, 10, 20 and 60 are always shown.
    delay
        Sessions from a value to its trade; 0 trades at the same close.
    cost_bps
        Cost of what is traded, in basis points.
    min_names
        Fewest names of a session that counts.
    neutralize
        What is taken out of the values first: none, market, sector, size or beta, or several with commas.
    quantiles
        Number of quantiles.
    weighting
        Names within a quantile: equal, or cap for by capitalisation.
    decay
        Of the book in BRAIN's manner: sessions over which values are averaged, linearly.
    truncation
        Of the same book: largest share of one name; 0 for no limit.
    capital
        Money in that book, for which impact is counted.
    fill
        Of the simulated books: at the close, or at the open, of the session that is `delay` later.
    """

    horizon: int = 1
    delay: int = 1
    cost_bps: float = 10.0
    min_names: int = 10
    neutralize: str = "none"
    quantiles: int = 5
    weighting: Weighting = "equal"
    decay: int = 0
    truncation: float = 0.08
    capital: float = 20e6
    fill: Fill = "close"

    def __post_init__(self) -> None:
        check_timing(self.horizon, self.delay)
        for name, (low, high) in BOUNDS.items():
            _within(name, getattr(self, name), low, high)
        neutralizations(self.neutralize)
        if self.fill not in get_args(Fill):
            raise UsageError(f"fill {self.fill!r}: allowed are {', '.join(get_args(Fill))}")
        if self.fill == "open" and self.delay == 0:
            raise UsageError("fill 'open' with delay 0: a value of the close is traded at a later open; take delay 1")
        if self.weighting not in get_args(Weighting):
            raise UsageError(f"weighting {self.weighting!r}: allowed are {', '.join(get_args(Weighting))}")

    @property
    def horizons(self) -> tuple[int, ...]:
        """Horizons that are shown, ascending."""
        return tuple(sorted({*HORIZONS, self.horizon}))

    def to_dict(self) -> dict[str, Any]:
        """Return the options as JSON holds them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, options: Mapping[str, Any]) -> SheetOptions:
        """Read options by name; an unknown name is a UsageError that lists the known ones."""
        known = [option.name for option in fields(cls)]
        if unknown := sorted(set(options) - set(known)):
            raise UsageError(f"unknown options {unknown}; known are {known}")
        return cls(**options)


@dataclass(frozen=True)
class References:
    """What a factor is compared with: expressions by name, and daily factor returns aligned with the panel's sessions.

    library, pool: known factors and those found before. market_factors: see `factor_regression`; (sessions,) each.
    """

    library: Mapping[str, Expr] = field(default_factory=dict)
    pool: Mapping[str, Expr] = field(default_factory=dict)
    market_factors: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise UsageError(f"{name} {value:g}: allowed is {low:g} to {high:g}")
