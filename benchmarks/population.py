"""Populations to score: fresh ones, and ones that were bred from them on a small panel."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from random import Random

import numpy as np

from benchmarks.peers.exchange import forward_returns
from lode.engine import Evaluator, Scorer
from lode.engine.arrays import Floats
from lode.language import FIELD_UNITS, Expr
from lode.search import make_searcher
from lode.search.grammar import Grammar
from lode.search.variation import BREEDING, vary

FIELDS = ("open", "high", "low", "close", "volume", "vwap", "returns")
SHARED = frozenset(
    {
        *("abs", "sign", "log", "sqrt", "inverse", "add", "subtract", "multiply", "divide", "max", "min"),
        *("ts_mean", "ts_sum", "ts_min", "ts_max", "ts_arg_max", "ts_arg_min", "ts_std_dev", "ts_delay", "ts_delta"),
        *("ts_av_diff", "ts_zscore", "ts_scale", "ts_rank", "ts_covariance", "ts_corr", "ts_decay_linear"),
        *("rank", "scale"),
    }
)
"""Operators that KunQuant has too, and that numpy and bottleneck make in a line or two."""
GENERATIONS = 10
BRED_FROM = 200
TOURNAMENT = 7


def fresh(count: int, seed: int, operators: Collection[str] | None = None) -> list[Expr]:
    """Random expressions of about eight nodes."""
    units = {field: FIELD_UNITS[field] for field in FIELDS}
    return make_searcher("random", fields=units, seed=seed, operators=operators).ask(count)


def evolved(
    count: int, seed: int, fields: Mapping[str, Floats], operators: Collection[str] | None = None
) -> list[Expr]:
    """A population after ten generations of tournaments by |mean daily rank IC| on `fields`, with no price on size.

    The moves are the genetic searcher's. Its own populations are smaller, since it prefers small expressions; these
    are as large, and share as many parts, as genetic programming's usually are.
    """
    units = {field: FIELD_UNITS[field] for field in FIELDS}
    grammar = Grammar(make_searcher("random", fields=units, seed=seed, operators=operators).space)
    rng = Random(seed)  # noqa: S311  a search, not a secret
    scorer, evaluator = Scorer(forward_returns(fields), rows=slice(None)), Evaluator(fields)
    members = fresh(BRED_FROM, seed, operators)
    for generation in range(GENERATIONS):
        worth = [_worth(scorer.rank_ic(values)) for values in evaluator.values(members)]
        size = count if generation == GENERATIONS - 1 else BRED_FROM
        members = _bred(members, worth, grammar, rng, size)
    return members


def _worth(daily: np.ndarray) -> float:
    known = daily[~np.isnan(daily)]
    return abs(float(known.mean())) if len(known) else -1.0


def _bred(members: list[Expr], worth: list[float], grammar: Grammar, rng: Random, count: int) -> list[Expr]:
    """Distinct children of parents that won a tournament each."""
    children: dict[Expr, None] = {}
    while len(children) < count:
        pair = [max(rng.sample(range(len(members)), TOURNAMENT), key=worth.__getitem__) for _ in range(2)]
        child = vary(grammar, rng, (members[pair[0]], members[pair[1]]), BREEDING)
        if child is not None:
            children[child] = None
    return list(children)
