"""What publishing adds to a finalist's evidence: its book, how like the rest of the pool it is, and its DSR.

Of the bet, that is of values times direction, on train, on validation, and on the vault where it was opened for it:

    turnover           mean share of the names in the outer quantiles that are new a session
    net_sharpe         Sharpe ratio a year of the rank book (portfolio.py), after the run's cost

on train and on validation:

    pool_correlation   correlation of the book's daily returns with those of the member of the run's pool, other than
                       itself, that is the most alike: the largest in size

and on train, where the search chose among its trials:

    dsr                deflated Sharpe ratio of the daily rank IC (standing.py), of all trials that share the vault

The names are those of `lode evaluate --json`. Nothing here reads a panel: values come from the step that has them, and
those of a factor whose vault is closed end with validation.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.evaluation import newey_west_t
from lode.evaluation.known import return_correlation
from lode.evaluation.portfolio import rank_book, sharpe_ratio
from lode.evidence.standing import TrialScores, deflated_rank_ic
from lode.warehouse.stores.ledger import score_variance
from lode.workflow.context import Context, Event, defined
from lode.workflow.plan import Plan
from lode.workflow.vaults import runs_on_vault, trials_on_vault

_POOLED = ("train", "validation")

Floats = NDArray[np.float32]
Series = NDArray[np.float64]
Figures = dict[str, dict[str, float | None]]  # by split, by metric


def rated(plan: Plan, context: Context, ratings: Ratings) -> Event:
    """Return {trials_on_vault, factors: {id: {split: {metric: value}}}}; what an earlier attempt kept stays."""
    count, sharing = trials_on_vault(context, plan), runs_on_vault(context, plan.run)
    found = ratings.told(count, score_variance(context.warehouse, sharing))
    return context.keep(plan.key("ratings.json"), {"trials_on_vault": count, "factors": found})


def rating_rows(plan: Plan, ratings: Event) -> list[dict[str, Any]]:
    """Rows of the table `evidence` of what `rated` returns; a value that is not defined is NaN."""
    return [
        {"factor": factor, "run": plan.run, "split": split, "metric": metric, "low": None, "high": None}
        | {"value": math.nan if value is None else value}
        for factor, splits in ratings["factors"].items()
        for split, figures in splits.items()
        for metric, value in figures.items()
    ]


class Ratings:
    """The finalists of a run, rated one after the other. members: ids of those that are in its pool."""

    def __init__(self, plan: Plan, members: Collection[str]) -> None:
        self._plan, self._members = plan, set(members)
        self._figures: dict[str, Figures] = {}
        self._rank_ic: dict[str, Series] = {}
        self._returns: dict[str, Series] = {}

    def add(self, factor: Mapping[str, Any], series: pl.DataFrame, values: Floats, next_return: Floats) -> None:
        """Rate a finalist.

        series: its daily rank IC and turnover by split. values, next_return: (sessions, names), the return of the one
        session for which the values' book is held; without vault sessions unless it was opened for this factor.
        """
        options, key = self._plan.options, factor["id"]
        bet = values * np.float32(factor["direction"])
        book = rank_book(bet, next_return, cost_bps=options.cost_bps, min_names=options.min_names)
        net = book.returns - options.cost_bps * 1e-4 * book.traded
        turnover = dict(series.group_by("split").agg(pl.col("turnover").mean()).iter_rows())
        splits = [*_POOLED, *(["vault"] if factor.get("vault") else [])]
        self._figures[key] = {
            split: {"turnover": turnover.get(split), "net_sharpe": sharpe_ratio(net[self._plan.splits.parts()[split]])}
            for split in splits
        }
        train = series.filter(pl.col("split") == "train")["rank_ic"]
        self._rank_ic[key] = train.fill_null(math.nan).to_numpy()
        self._returns[key] = book.returns[: self._plan.splits.validation.stop]

    def told(self, trials: int, variance: float) -> dict[str, Any]:
        """Return the figures by factor, split and metric, None where undefined.

        trials: those that share the vault; variance: of their t on train.
        """
        found = {key: {split: dict(metrics) for split, metrics in self._figures[key].items()} for key in self._figures}
        for key, rank_ic in self._rank_ic.items():
            test = newey_west_t(rank_ic, horizon=self._plan.options.horizon)
            spread = 0.0 if trials == 1 else variance / test.n if test.n else math.nan
            found[key]["train"]["dsr"] = deflated_rank_ic(rank_ic, test, TrialScores(trials, spread))
        for split in _POOLED:
            for key, most in self._most_alike(self._plan.splits.parts()[split]):
                found[key][split]["pool_correlation"] = most
        return {
            key: {split: {name: defined(value) for name, value in figures.items()} for split, figures in splits.items()}
            for key, splits in found.items()
        }

    def _most_alike(self, rows: slice) -> Iterator[tuple[str, float]]:
        """Each factor with the correlation, the largest in size, that it has with another member of the pool."""
        returns = {key: series[rows] for key, series in self._returns.items()}
        for key, own in returns.items():
            others = (returns[other] for other in returns if other in self._members and other != key)
            known = [found for other in others if math.isfinite(found := return_correlation(own, other))]
            yield key, max(known, key=abs, default=math.nan)
