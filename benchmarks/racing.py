"""What a race saves and what it loses, and what a second thread brings; one JSON line a measurement.

    python benchmarks/racing.py [--market planted|noise|FILE] [--searcher genetic] [--candidates 10000] [--seed 0]
                                [--names 500] [--sessions 2520] [--top 100] [--looks 8 4] [--threads]

One searcher asks, the race scores, and the searcher is told what the race says. Afterwards everything that was raced
out is scored exactly, which takes the time of the exact row; `held` counts those of the exact top that the race scored
exactly. Seconds are of this process's processor time. FILE holds real bars (parquet: date, symbol, open, high, low,
close, volume). With --threads, fresh expressions are scored by one thread and by two in turn; seconds are then the
wall's, the best of some rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: one thread is what is measured

import numpy as np
import polars as pl

from lode.engine import Crew, Estimate, Look, Race, instruction_set
from lode.evaluation import newey_west_t
from lode.language import Expr
from lode.panel import Panel
from lode.search import Scored, make_searcher
from lode.simulate import simulate
from lode.workflow.options import MiningOptions
from lode.workflow.scoring import SplitScorer, searchable_units

PLANTS = (("-ts_delta(close, 5)", 0.03), ("ts_std_dev(returns, 20)", 0.02), ("ts_corr(close, volume, 10)", 0.03))
BATCH = 50
ROUNDS = 5


def panel_of(market: str, names: int, sessions: int, seed: int) -> Panel:
    """Simulate a market, or read real bars; rows whose high or low is not the highest or lowest are left out."""
    if market in ("planted", "noise"):
        return Panel.from_frame(simulate(names, sessions, plant=PLANTS if market == "planted" else (), seed=seed))
    bars = pl.read_parquet(market).with_columns(pl.col("date").cast(pl.Date)).drop_nulls()
    highest, lowest = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    return Panel.from_frame(bars.filter((pl.col("high") >= highest) & (pl.col("low") <= lowest)))


def report(what: str, **figures: object) -> None:
    """Print one measurement."""
    rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in figures.items()}
    sys.stdout.write(json.dumps({"what": what} | rounded) + "\n")
    sys.stdout.flush()


@dataclass
class Raced:
    """What a race made of a search: exact t's, estimates, and what it took."""

    exact: dict[Expr, float] = field(default_factory=dict)
    estimates: dict[Expr, Estimate] = field(default_factory=dict)
    seconds: float = 0.0

    def __len__(self) -> int:
        return len(self.exact) + len(self.estimates)


def raced(panel: Panel, scorer: SplitScorer, asked: argparse.Namespace) -> Raced:
    """Let a searcher ask and the race score."""
    rows = scorer.rows
    looks = [
        Look(panel.fields, scorer.forward, every=n, rows=rows, groups=panel.groups, mask=panel.tradable)
        for n in asked.looks
    ]
    race = Race(looks, scorer.scores, newey_west_t, keep=asked.top)
    searcher = make_searcher(
        asked.searcher,
        fields=searchable_units(panel),
        seed=asked.seed,
        shard=0,
        shards=1,
        budget=asked.candidates,
        history=len(panel.sessions),
    )
    result = Raced()
    while len(result) < asked.candidates and (batch := searcher.ask(BATCH)):
        start = time.process_time()
        scores = race.scores(batch)
        result.seconds += time.process_time() - start
        told = []
        for expression, score in zip(batch, scores, strict=True):
            if isinstance(score, Estimate):
                result.estimates[expression] = score
                told.append(Scored(expression, rank_ic=score.rank_ic, t=score.t, coverage=score.coverage))
            else:
                result.exact[expression] = score.t_nw
                told.append(Scored(expression, rank_ic=score.rank_ic, t=score.t_nw, coverage=score.coverage))
        searcher.tell(told)
    return result


def top(ts: dict[Expr, float], count: int) -> set[Expr]:
    """The best by |t|."""
    known = [expression for expression, t in ts.items() if np.isfinite(t)]
    return set(sorted(known, key=lambda expression: (-abs(ts[expression]), str(expression)))[:count])


def measure_race(panel: Panel, asked: argparse.Namespace) -> None:
    """Race, then score exactly what was raced out."""
    scorer = SplitScorer(panel, MiningOptions(), slice(0, len(panel.sessions)))
    result = raced(panel, scorer, asked)
    out, missed = list(result.estimates), {}
    start = time.process_time()
    for i in range(0, len(out), BATCH):
        batch = out[i : i + BATCH]
        missed |= {e: score.t_nw for e, score in zip(batch, scorer.scores(batch), strict=True)}
    seconds = time.process_time() - start
    off = [(result.estimates[e].t - t) / result.estimates[e].t_error for e, t in missed.items() if np.isfinite(t)]
    report(
        "race",
        market=Path(asked.market).stem,
        searcher=asked.searcher,
        seed=asked.seed,
        sessions=panel.shape[0],
        names=panel.shape[1],
        looks=asked.looks,
        candidates=len(result),
        nodes=float(np.mean([e.size for e in (*result.exact, *out)])),
        scored_exactly=len(result.exact) / len(result),
        top=asked.top,
        held=len(top(result.exact, asked.top) & top(result.exact | missed, asked.top)),
        race_per_second=len(result) / result.seconds,
        exact_per_second=len(out) / max(seconds, 1e-9),
        mark=min(abs(result.exact[e]) for e in top(result.exact, asked.top)),
        error_over_told=float(np.sqrt(np.mean(np.square(off)))) if off else None,
        instruction_set=instruction_set(),
    )


def measure_threads(panel: Panel, asked: argparse.Namespace) -> None:
    """Score fresh expressions with one thread and with two, in turn."""
    scorer = SplitScorer(panel, MiningOptions(), slice(0, len(panel.sessions)))
    fresh = make_searcher("random", fields=searchable_units(panel), seed=asked.seed).ask(4 * BATCH)
    best = dict.fromkeys((1, 2), float("inf"))
    spent = dict(best)
    for _ in range(ROUNDS):
        for threads in best:
            crew = Crew(
                panel.fields,
                scorer.forward,
                rows=scorer.rows,
                groups=panel.groups,
                mask=panel.tradable,
                threads=threads,
            )
            wall, cpu = time.perf_counter(), time.process_time()
            scored(crew, fresh)
            best[threads] = min(best[threads], time.perf_counter() - wall)
            spent[threads] = min(spent[threads], time.process_time() - cpu)
    report(
        "threads",
        sessions=panel.shape[0],
        names=panel.shape[1],
        one_per_second=len(fresh) / best[1],
        two_per_second=len(fresh) / best[2],
        ratio=best[1] / best[2],
        processor_seconds_of_two_over_one=spent[2] / spent[1],
    )


def scored(crew: Crew, expressions: Sequence[Expr]) -> None:
    """Score in batches, as a search does."""
    for i in range(0, len(expressions), BATCH):
        crew.rank_ics(expressions[i : i + BATCH])


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--market", default="planted")
    parser.add_argument("--searcher", default="genetic")
    for option, default in (("candidates", 10_000), ("seed", 0), ("names", 500), ("sessions", 2520), ("top", 100)):
        parser.add_argument(f"--{option}", type=int, default=default)
    parser.add_argument("--looks", type=int, nargs="+", default=[8, 4])
    parser.add_argument("--threads", action="store_true")
    asked = parser.parse_args()
    panel = panel_of(asked.market, asked.names, asked.sessions, asked.seed)
    (measure_threads if asked.threads else measure_race)(panel, asked)


if __name__ == "__main__":
    main()
