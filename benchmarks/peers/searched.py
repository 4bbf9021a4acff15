"""What the peers' searches share: the command line, the panel as cells and labels of train, what is handed over."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import exchange
import numpy as np


@dataclass(frozen=True)
class Cells:
    """A panel, flat: cells run session by session, (sessions × names, fields), 0 where missing.

    known: (sessions, names), the close is there. forward: (train sessions, names), NaN where missing.
    """

    every: np.ndarray
    known: np.ndarray
    forward: np.ndarray
    fields: tuple[str, ...]

    @property
    def train(self) -> np.ndarray:
        """The cells of train."""
        return self.every[: self.forward.size]

    def panel(self, values: np.ndarray) -> np.ndarray:
        """Values of every cell as (sessions, names) float32, NaN where nothing is known."""
        shaped = np.broadcast_to(np.asarray(values, float), self.known.size).reshape(self.known.shape)
        with np.errstate(over="ignore"):
            return np.where(self.known, shaped, np.nan).astype(np.float32)


def cells(asked: argparse.Namespace) -> Cells:
    """Read the panel; labels end with train, and so does what is learned from."""
    _, _, fields = exchange.read_panel(asked.panel)
    forward = fields.pop("forward")
    stop = int(np.flatnonzero(np.isfinite(forward).any(axis=1))[-1]) + 1
    every = np.stack([np.nan_to_num(values).ravel().astype(float) for values in fields.values()], axis=1)
    known = np.isfinite(fields["close"])
    return Cells(every, known, np.where(known[:stop], forward[:stop], np.nan), tuple(fields))


def arguments(sets: tuple[str, ...] = ()) -> argparse.Namespace:
    """The command line: budgets, seed, and how many candidates are handed over."""
    parser = exchange.parser(sets)
    parser.add_argument("--candidates", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--kept", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


@dataclass(frozen=True)
class Found:
    """A candidate: its values, (sessions, names), its nodes, and itself as text."""

    values: np.ndarray
    size: int
    text: str


@dataclass
class Handover:
    """What was found at the end of each budget."""

    values: dict[str, np.ndarray]
    figures: dict[str, dict[str, Any]]

    def add(self, basis: str, best: Sequence[Found], **figures: float) -> None:
        """Keep the values of the best candidates of a budget, their sizes, and what they took."""
        self.values |= {f"{basis}/{place:04}": each.values for place, each in enumerate(best)}
        told = {"sizes": [each.size for each in best], "best": [each.text for each in best[:3]]}
        self.figures[basis] = {**figures, **told}


def end(asked: argparse.Namespace, handover: Handover) -> None:
    """Write the values and print the figures."""
    named: Mapping[str, Any] = handover.figures
    exchange.report(asked.values, handover.values, **named)
