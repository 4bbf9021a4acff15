"""What every sheet on one panel is made with, whatever the factor: each part is made at its first use and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lode.engine import Scorer
from lode.evaluation.labels import forward_returns
from lode.evaluation.neutralisation import neutralizations, neutralized
from lode.evaluation.report.options import SheetOptions
from lode.evaluation.simulation import Market, Rates, Simulation, brain_weights, decayed, simulate
from lode.evaluation.styles import styles_of
from lode.panel import Panel

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Bench:
    """A panel, which must end before the vault, and the options of the sheets on it.

    Where several factors are judged on one panel, one bench for all of them halves their time; it holds about a
    hundred bytes per session and name.
    """

    panel: Panel
    options: SheetOptions

    @cached_property
    def labels(self) -> Mapping[int, Floats]:
        """Forward returns by horizon, (sessions, names)."""
        return {h: forward_returns(self.panel, horizon=h, delay=self.options.delay) for h in self.options.horizons}

    @cached_property
    def scorer(self) -> Scorer:
        """Makes daily IC and rank IC of every horizon from one ranking of a factor's values."""
        return Scorer(self.labels, rows=slice(None), min_names=self.options.min_names)

    @cached_property
    def styles(self) -> Mapping[str, Floats]:
        """Styles and sectors may be taken out of values, and are what they are compared with; (sessions, names)."""
        return styles_of(self.panel.fields)

    @property
    def sector(self) -> NDArray[np.int32] | None:
        """Codes of the sectors, -1 where missing; None where the panel has none."""
        return self.panel.group("sector")

    @cached_property
    def market(self) -> Market:
        """The market that books trade in."""
        return Market.of(self.panel, fill=self.options.fill)

    @cached_property
    def rates(self) -> Rates:
        """What trading takes."""
        return Rates.of(self.panel.fields)

    def book(self, weights: Floats) -> Simulation:
        """Hold a book of weights, (sessions, names)."""
        return simulate(weights, self.market, delay=self.options.delay)

    def brain(self, values: Floats) -> Simulation:
        """Hold a book in BRAIN's manner; what is not neutralised otherwise is neutral to the market."""
        out = neutralizations(self.options.neutralize) or ("market",)
        neutral = neutralized(decayed(values, self.options.decay), out, self.styles, self.sector)
        return self.book(brain_weights(neutral, truncation=self.options.truncation, quoted=self.market.quoted()))
