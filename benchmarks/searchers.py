"""How many planted factors each searcher finds.

    python -m benchmarks.searchers [--searchers genetic,tree] [--budgets 1000,3000] [--seeds 3] [--first-seed 100]
                                   [--plants one,five] [--names 100] [--sessions 900] [--json FILE]

A market is simulated for each seed and kind: with one factor planted, with five or with twenty; with five that
correlate with each other by .4 to .5, in two families; with five that pay only while the market's moves of the last 20
sessions are larger than those of the last 120, or only while they are not. Every searcher is asked and told scores on
train as a run would. A plant counts as found when the values of one of the run's finalists (chosen as a
run chooses them) have a mean daily rank correlation of at least .7 with
it, whatever the sign, on train. Printed is a table in Markdown: plants found of those planted, the most |t| on train
(what chance gives grows with the budget), and processor time per candidate of asking and telling alone.

The searchers were tuned on seeds from 0; the default first seed is of markets that nobody looked at.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lode.engine import Scorer
from lode.evidence.behaviour import behaviour_of
from lode.evidence.finalists import choose_finalists
from lode.evidence.shortlist import Candidate
from lode.language import Expr, expression_id, parse
from lode.panel import Panel
from lode.search import BUILT_IN, SEARCHERS, Scored, make_searcher
from lode.simulate import simulate
from lode.workflow.options import MiningOptions
from lode.workflow.plan import splits_of
from lode.workflow.scoring import SplitScorer, searchable_units

PLANTS = (
    "ts_corr(rank(close), rank(volume), 10)",
    "-ts_mean(returns, 3)",
    "(close - low) / (high - low)",
    "ts_std_dev(returns, 60) / ts_std_dev(returns, 5)",
    "ts_delta(volume, 5) / ts_mean(volume, 20)",
    "ts_rank(abs(returns), 40)",
    "-ts_zscore(close / vwap, 20)",
    "ts_mean(returns, 120) / ts_std_dev(returns, 120)",
    "ts_arg_max(high, 30)",
    "group_neutralize(ts_mean(returns, 10), sector)",
    "ts_corr(returns, ts_delay(volume, 1), 20)",
    "ts_mean(abs(returns) / dollar_volume, 15)",
    "ts_av_diff(high - low, 10) / close",
    "ts_max(returns, 20) - ts_std_dev(returns, 20)",
    "ts_corr(high, low, 15) * rank(volume)",
)
MORE = (
    "close / ts_max(high, 60)",
    "ts_skewness(returns, 20)",
    "(vwap - close) / close",
    "open / ts_delay(close, 1)",
    "ts_std_dev(volume, 20) / ts_mean(volume, 20)",
)
ALIKE_PLANTS = (
    "ts_corr(rank(close), rank(volume), 10)",
    "ts_corr(rank(close), rank(volume), 20)",
    "ts_corr(close, volume, 15)",
    "-ts_mean(returns, 3)",
    "-ts_mean(returns, 12)",
)
_MOVES = "abs(returns) - normalize(abs(returns))"
ROUGH = f"ts_mean({_MOVES}, 20) > ts_mean({_MOVES}, 120)"
"""Whether the market moves more than it did: the same for all names."""
FIVE = (0.05, 0.04, 0.035, 0.03, 0.025)
STRENGTHS = {"one": (0.03,), "five": FIVE, "twenty": FIVE * 4, "correlated": FIVE, "regime": FIVE}
"""Mean daily rank ICs of what is planted, by the kind of market; those of a regime are over all sessions."""
Plants = Sequence[tuple[str, float]]


def planted(kind: str, seed: int) -> Plants:
    """What a market of a kind has, and how strong."""
    strengths = STRENGTHS[kind]
    pool = {"twenty": PLANTS + MORE, "correlated": ALIKE_PLANTS}.get(kind, PLANTS)
    order = np.random.default_rng([len(strengths), seed]).permutation(len(pool))
    return [(pool[place], strength) for place, strength in zip(order, strengths, strict=False)]


def in_regime(plants: Plants) -> Plants:
    """The same in one of the market's two states by turns, and nothing in the other."""
    ways = ("if_else({rough}, {plant}, 0 * close)", "if_else({rough}, 0 * close, {plant})")
    return [(ways[i % 2].format(rough=ROUGH, plant=plant), strength) for i, (plant, strength) in enumerate(plants)]


_WITHOUT_A_MODEL = [name for name in BUILT_IN if name != "language_model"]
GENERATION = 50
ALIKE = 0.7


@dataclass(frozen=True)
class Result:
    """What one searcher found on one market with one budget."""

    searcher: str
    market: str
    plants: int
    seed: int
    candidates: int
    found: int
    best_t: float
    ask_ms: float


class Market:
    """Train of a simulated market, scored as a run scores it."""

    def __init__(self, names: int, sessions: int, kind: str, seed: int) -> None:
        self.kind, plants = kind, planted(kind, seed)
        bars = simulate(names, sessions, plant=in_regime(plants) if kind == "regime" else plants, seed=seed)
        panel, options = Panel.from_frame(bars), MiningOptions()
        splits = splits_of(len(panel.sessions), options)
        self.scorer = SplitScorer(panel.slice(0, splits.train_stop), options, splits.train)
        self.expressions = [parse(plant) for plant, _ in plants]
        self.truths = [self.values(expression) for expression in self.expressions]
        self._known: dict[Expr, Scored] = {}

    def values(self, expression: Expr) -> NDArray[np.float32]:
        """Values on train, (sessions, names)."""
        return next(iter(self.scorer.values([expression])))[self.scorer.rows].copy()

    def scored(self, asked: Sequence[Expr]) -> list[Scored]:
        """Scores of what was asked; what another searcher asked for before is not scored again."""
        fresh = [expr for expr in asked if expr not in self._known]
        for expr, score in zip(fresh, self.scorer.scores(fresh), strict=True):
            told = behaviour_of(score.series[self.scorer.rows])
            scores = score.rank_ic, score.t_nw, score.coverage
            self._known[expr] = Scored(expr, *scores, turnover=score.turnover, behaviour=told)
        return [self._known[expr] for expr in asked]

    def found(self, told: Sequence[Scored]) -> int:
        """Plants that a finalist of these is alike."""
        known = {expression_id(scored.expression): scored for scored in told if math.isfinite(scored.t)}
        candidates = [Candidate(name, s.t, s.rank_ic, s.expression.size, s.behaviour) for name, s in known.items()]
        chosen = choose_finalists(candidates, lambda factor: self.values(known[factor].expression))
        finalists = [self.values(known[factor].expression) for factor in chosen.ids]
        return sum(any(likeness(truth, values) >= ALIKE for values in finalists) for truth in self.truths)


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Size of the mean daily rank correlation of two panels of values, (sessions, names)."""
    daily = Scorer(one, rows=slice(None)).rank_ic(other)
    known = daily[np.isfinite(daily)]
    return abs(float(known.mean())) if len(known) else 0.0


def searched(market: Market, name: str, seed: int, budgets: Sequence[int]) -> Iterator[Result]:
    """Drive a searcher through the largest budget, and tell what it has found at each."""
    units, history = searchable_units(market.scorer.panel), len(market.scorer.panel.sessions)
    searcher = make_searcher(name, fields=units, seed=seed, budget=max(budgets), history=history)
    told: list[Scored] = []
    spent = 0.0
    for budget in sorted(budgets):
        while len(told) < budget:
            began = time.process_time()
            asked = searcher.ask(min(GENERATION, budget - len(told)))
            spent += time.process_time() - began
            if not asked:
                break
            scores = market.scored(asked)
            began = time.process_time()
            searcher.tell(scores)
            spent += time.process_time() - began
            told += scores
        best = max((abs(scored.t) for scored in told if math.isfinite(scored.t)), default=math.nan)
        each = 1000 * spent / max(len(told), 1)
        yield Result(name, market.kind, len(market.expressions), seed, budget, market.found(told), best, each)


def table(results: Sequence[Result], seeds: int) -> str:
    """The results as Markdown: plants found, summed over the seeds; |t| and time, on average."""
    budgets = sorted({result.candidates for result in results})
    kinds = {result.market: result.plants for result in results}
    columns = [(kind, budget) for kind in kinds for budget in budgets]
    head = ["searcher", *(f"{kind} planted, {budget:,} candidates" for kind, budget in columns)]
    lines = [[*head, "best &#124;t&#124;", "ms a candidate"], ["---"] * (len(head) + 2)]
    for name in dict.fromkeys(result.searcher for result in results):
        own = [result for result in results if result.searcher == name]
        cells = [
            f"{sum(r.found for r in own if (r.market, r.candidates) == column)} of {kinds[column[0]] * seeds}"
            for column in columns
        ]
        last = [result for result in own if result.candidates == budgets[-1]]
        figures = [f"{np.mean([r.best_t for r in last]):.1f}", f"{np.mean([r.ask_ms for r in last]):.1f}"]
        lines.append([name, *cells, *figures])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How many planted factors each searcher finds.")
    parser.add_argument("--searchers", default=",".join(_WITHOUT_A_MODEL), help=f"of {', '.join(SEARCHERS)}")
    parser.add_argument("--budgets", default="1000,3000")
    parser.add_argument("--plants", default="one,five", help=f"of {', '.join(STRENGTHS)}")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--names", type=int, default=100)
    parser.add_argument("--sessions", type=int, default=900)
    parser.add_argument("--json", type=Path, help="file for every single result")
    asked = parser.parse_args()
    results: list[Result] = []
    for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
        for kind in asked.plants.split(","):
            market = Market(asked.names, asked.sessions, kind, seed)
            for name in asked.searchers.split(","):
                for result in searched(market, name, seed, [int(b) for b in asked.budgets.split(",")]):
                    print(json.dumps(asdict(result)), flush=True)
                    results.append(result)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(result) for result in results], indent=1))
    print(table(results, asked.seeds))


if __name__ == "__main__":
    main()
