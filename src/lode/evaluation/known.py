"""What a factor resembles: the known library, and the factors that were found before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lode.engine import Evaluator
from lode.evaluation.portfolio import rank_weights_of
from lode.evaluation.ranks import average_ranks, rank_correlation, series_mean
from lode.language import Expr, lookback
from lode.library import LIBRARY, available
from lode.panel import Panel

Floats = NDArray[np.float32]
Series = NDArray[np.float64]

LATEST_SESSIONS = 504
LEFT_OUT = ("alpha360",)  # prices and volumes of the last sixty sessions one by one: inputs of models, not factors
_FEWEST_SESSIONS = 20


@dataclass(frozen=True)
class Resemblance:
    """How alike a known factor is over the latest sessions; NaN where undefined.

    values: mean daily rank correlation of their values. returns: correlation of the daily returns of their rank books.
    daily: the returns of the known one's book, (latest sessions,).
    """

    name: str
    values: float
    returns: float
    daily: Series = field(default_factory=lambda: np.empty(0), repr=False, compare=False)

    def to_dict(self) -> dict[str, str | float]:
        """Return the resemblance as JSON holds it."""
        return {"name": self.name, "values": self.values, "returns": self.returns}


def known_library(panel: Panel) -> dict[str, Expr]:
    """Expressions of the library that the panel has the fields for, by key; those of LEFT_OUT are not among them."""
    compared = (definition for definition in LIBRARY.values() if definition.family not in LEFT_OUT)
    usable, _ = available(panel.present, compared)
    return {definition.key: definition.tree for definition in usable}


def resemblances(
    values: Floats, known: Mapping[str, Expr], panel: Panel, next_return: Floats, *, min_names: int = 10
) -> tuple[Resemblance, ...]:
    """Compare a factor with known ones over the latest sessions of a panel, the most alike first.

    values, next_return: (sessions, names), the return for which a session's rank book is held. Alike is the larger
    size of both correlations; undefined ones come last.
    """
    return resemblances_of([values], known, panel, next_return, min_names=min_names)[0]


def resemblances_of(
    factors: Sequence[Floats], known: Mapping[str, Expr], panel: Panel, next_return: Floats, *, min_names: int = 10
) -> list[tuple[Resemblance, ...]]:
    """Return the `resemblances` of several factors, with the known ones computed once for all of them.

    factors: values that end with the panel, (sessions, names) each; of earlier sessions than the latest none is read.
    """
    first = max(0, len(panel.sessions) - LATEST_SESSIONS)
    earned = np.nan_to_num(next_return[first:])
    paid = np.isfinite(next_return[first:]).sum(axis=1) > 0
    own = [average_ranks(latest(values)) for values in factors]
    own_returns = [_book_returns(ranks, earned, paid, min_names) for ranks in own]
    compared: list[list[Resemblance]] = [[] for _ in factors]
    for name, ranks in _ranks_of(known, panel, first):
        daily = _book_returns(ranks, earned, paid, min_names)
        for found, mine, returns in zip(compared, own, own_returns, strict=True):
            alike = series_mean(rank_correlation(mine, ranks, min_names=min_names))
            found.append(Resemblance(name, alike, return_correlation(returns, daily), daily))
    return [tuple(sorted(found, key=lambda each: (-largest([each]), each.name))) for found in compared]


def latest(values: Floats) -> Floats:
    """Values of the sessions that are compared, (latest sessions, names)."""
    return values[-LATEST_SESSIONS:]


def largest(compared: Iterable[Resemblance], *, of: str = "") -> float:
    """Largest size of a correlation, of "values" or "returns" where one is named; -1 where none is defined."""
    kinds = (of,) if of else ("values", "returns")
    sizes = (abs(getattr(each, kind)) for each in compared for kind in kinds)
    return max((float(size) for size in sizes if np.isfinite(size)), default=-1.0)


def _ranks_of(known: Mapping[str, Expr], panel: Panel, first: int) -> Iterator[tuple[str, Floats]]:
    """Ranks from row `first` on of each expression, computed with the history that the longest of them needs."""
    if not known:
        return
    start = max(0, first - max(lookback(expression) for expression in known.values()))
    part = panel.slice(start, len(panel.sessions))
    evaluator = Evaluator(part.fields, part.groups, mask=part.tradable)
    for name, values in zip(known, evaluator.values(list(known.values())), strict=True):
        yield name, average_ranks(values[first - start :])


def _book_returns(ranks: Floats, earned: Floats, paid: NDArray[np.bool_], min_names: int) -> Series:
    """Return of each session's rank book; NaN where it holds nothing or nothing is paid."""
    weights = rank_weights_of(ranks, min_names=min_names)
    held = paid & (weights != 0).any(axis=1)
    return np.where(held, np.einsum("tn,tn->t", weights, earned), np.nan)


def return_correlation(first: Series, second: Series, *, fewest: int = _FEWEST_SESSIONS) -> float:
    """Correlation of two daily series over the sessions that both have; NaN of fewer, or without variation."""
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < fewest:
        return float("nan")
    x, y = first[both] - first[both].mean(), second[both] - second[both].mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    floor = 1e-12 * float(np.abs(first[both]).max() * np.abs(second[both]).max()) * both.sum()
    return float(x @ y) / scale if scale > floor else float("nan")
