"""What a number of markets say of a procedure: rates with their intervals, and whether a factor is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from lode.errors import UsageError

LEVEL = 0.95
SIGNIFICANT_T = 1.96


@dataclass(frozen=True)
class Rate:
    """How often something happened: `hits` of `trials`, and the interval that covers the true rate at `LEVEL`."""

    hits: int
    trials: int

    @property
    def rate(self) -> float:
        """The share of hits."""
        return self.hits / self.trials

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper and Pearson's."""
        return binomial_interval(self.hits, self.trials)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"hits": self.hits, "trials": self.trials, "rate": self.rate, "interval": list(self.interval)}


def binomial_interval(hits: int, trials: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Clopper and Pearson's (1934) interval of a rate: it covers the true one with at least probability `level`.

    >>> low, high = binomial_interval(0, 20)
    >>> low, round(high, 4)
    (0.0, 0.1684)
    """
    if not 0 <= hits <= trials or trials < 1:
        raise UsageError(f"{hits} of {trials}: allowed are 0 to all of at least one")
    tail = (1 - level) / 2
    low = float(special.betaincinv(hits, trials - hits + 1, tail)) if hits else 0.0
    high = float(special.betaincinv(hits + 1, trials - hits, 1 - tail)) if hits < trials else 1.0
    return low, high


@dataclass(frozen=True)
class NullCheck:
    """How a factor without content did on null markets: its t on each, and the share of |t| above 1.96.

    `passed` unless that share is above .05 even at the interval's lower end.
    """

    t: tuple[float, ...]

    @classmethod
    def of(cls, t: Sequence[float]) -> NullCheck:
        """Leave out the markets on which the factor has no t."""
        return cls(tuple(one for one in t if math.isfinite(one)))

    @property
    def significant(self) -> Rate | None:
        """Share of |t| above 1.96; None where the factor had no t anywhere."""
        return Rate(sum(abs(one) > SIGNIFICANT_T for one in self.t), len(self.t)) if self.t else None

    @property
    def passed(self) -> bool | None:
        """Whether it is a null for this factor; None where nothing can be said."""
        found = self.significant
        return None if found is None else found.interval[0] <= 1 - LEVEL

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        size = np.abs(self.t)
        found = self.significant
        return {
            "markets": len(self.t),
            "median_abs_t": float(np.median(size)) if self.t else None,
            "largest_abs_t": float(size.max()) if self.t else None,
            "above_1.96": found.to_dict() if found else None,
            "passed": self.passed,
        }
