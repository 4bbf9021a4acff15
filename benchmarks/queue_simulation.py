"""The batch queue under a day of many users' runs, simulated event by event: which settings shorten the wait.

    python -m benchmarks.queue_simulation [--users 1000] [--write]

A run is a number of epochs, one after the other; an epoch is an array of shards at once (`lode.workflow.machine`). A
shard takes a place of `job_vcpus` in the queue's compute environment: it starts its container, works, and where the
spot capacity is taken away goes back to the queue with what its last checkpoint has. Half of the runs come within an
hour of the session's end, the others over the day. Waiting shards are taken in the order in which they came, or by
fair share: those of the user who has the fewest going. --write puts the table into docs/explanation/scale.md. The
seeds are fixed: the same call prints the same figures.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from benchmarks.parts import put
from lode.deploy.prices import PRICES
from lode.workflow.plan import EPOCHS

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "scale.md"
HOUR = 3600.0
_ARRIVE, _END, _TAKEN = "arrive", "end", "taken"


@dataclass(frozen=True)
class Run:
    """A user's run: `epochs` arrays of as many shards as `work` has, each that many seconds of one job's work."""

    user: int
    arrival: float
    work: tuple[float, ...]
    epochs: int = 1


@dataclass(frozen=True)
class Queue:
    """The settings of the queue. Times in seconds; interruptions: of one job's place, an hour (spot)."""

    max_vcpus: int = 128
    job_vcpus: int = 1
    policy: Literal["fifo", "fair"] = "fifo"
    start_up: float = 60.0
    interruptions: float = 0.0
    checkpoint: float = 60.0

    @property
    def places(self) -> int:
        """Jobs that run at once."""
        return self.max_vcpus // self.job_vcpus


@dataclass
class Shard:
    """A shard in the queue: the seconds of work that are left, and when it came to wait."""

    run: int
    user: int
    left: float
    since: float
    number: int


@dataclass
class Outcome:
    """What came of it: of each run when its first shard began and its last one ended; times in seconds.

    waits: of every attempt, in the queue. busy: seconds × places in use, lost: of them start-ups and work done twice.
    taken: (time, run) of every start, in order.
    """

    begun: dict[int, float] = field(default_factory=dict)
    finished: dict[int, float] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    taken: list[tuple[float, int]] = field(default_factory=list)
    busy: float = 0.0
    lost: float = 0.0
    work: float = 0.0
    most_at_once: int = 0
    waiting_area: float = 0.0
    interrupted: int = 0
    end: float = 0.0


class _Line:
    """The shards that wait, and who is next: the oldest, or the oldest of the user who has the fewest going."""

    def __init__(self, policy: str) -> None:
        self._fair = policy == "fair"
        self._of: dict[int, deque[Shard]] = {}
        self._next: list[tuple[int, float, int, int]] = []
        self._going: dict[int, int] = {}
        self.length = 0

    def _who(self, shard: Shard) -> int:
        return shard.user if self._fair else 0

    def _offer(self, who: int) -> None:
        if waiting := self._of.get(who):
            heapq.heappush(self._next, (self._going.get(who, 0), waiting[0].since, waiting[0].number, who))

    def join(self, shard: Shard) -> None:
        who = self._who(shard)
        self._of.setdefault(who, deque()).append(shard)
        self.length += 1
        if len(self._of[who]) == 1:
            self._offer(who)

    def leave(self, shard: Shard) -> None:
        """Count a shard of a user as ended."""
        who = self._who(shard)
        self._going[who] -= 1
        self._offer(who)

    def take(self) -> Shard:
        while True:
            going, since, number, who = heapq.heappop(self._next)
            waiting = self._of.get(who)
            if waiting and (going, number) == (self._going.get(who, 0), waiting[0].number):
                break
        shard = waiting.popleft()
        self._going[who] = going + 1
        self.length -= 1
        self._offer(who)
        assert since == shard.since
        return shard


def simulate(runs: Sequence[Run], queue: Queue, seed: int = 0) -> Outcome:
    """Take every run to its end, event by event; the same arguments give the same outcome."""
    return _Simulation(runs, queue, seed).outcome


class _Simulation:
    def __init__(self, runs: Sequence[Run], queue: Queue, seed: int) -> None:
        self.runs, self.queue, self.random = runs, queue, random.Random(seed)  # noqa: S311  a simulation
        self.line, self.outcome = _Line(queue.policy), Outcome()
        self.epoch, self.open = [0] * len(runs), [0] * len(runs)
        self.running, self.now, self.number = 0, 0.0, 0
        self.events: list[tuple[float, int, str, Shard | int]] = []
        for index, run in enumerate(runs):
            self._plan(run.arrival, _ARRIVE, index)
        while self.events:
            self._step()

    def _plan(self, at: float, kind: str, what: Shard | int) -> None:
        self.number += 1
        heapq.heappush(self.events, (at, self.number, kind, what))

    def _step(self) -> None:
        at, _, kind, what = heapq.heappop(self.events)
        self.outcome.waiting_area += self.line.length * (at - self.now)
        self.outcome.busy += self.running * (at - self.now)
        self.now = self.outcome.end = at
        if isinstance(what, int):
            self._submit(what)
        else:
            self.running -= 1
            self.line.leave(what)
            self._again(what) if kind == _TAKEN else self._done(what)
        while self.line.length and self.running < self.queue.places:
            self._start(self.line.take())

    def _submit(self, index: int) -> None:
        run = self.runs[index]
        self.open[index] = len(run.work)
        for seconds in run.work:
            self.number += 1
            self.line.join(Shard(index, run.user, seconds, self.now, self.number))

    def _start(self, shard: Shard) -> None:
        """Give a shard a place until it ends, or until the place is taken away."""
        queue, told = self.queue, self.outcome
        self.running += 1
        told.most_at_once = max(told.most_at_once, self.running)
        told.waits.append(self.now - shard.since)
        told.taken.append((self.now, shard.number))
        told.begun.setdefault(shard.run, self.now)
        length = queue.start_up + shard.left
        until = self.random.expovariate(queue.interruptions / HOUR) if queue.interruptions else length
        if until < length:
            done = max(0.0, until - queue.start_up)
            kept = done // queue.checkpoint * queue.checkpoint
            told.interrupted += 1
            told.lost += until - kept
            told.work += kept
            self._plan(self.now + until, _TAKEN, replace(shard, left=shard.left - kept))
        else:
            told.lost += queue.start_up
            told.work += shard.left
            self._plan(self.now + length, _END, shard)

    def _again(self, shard: Shard) -> None:
        self.number += 1
        self.line.join(replace(shard, since=self.now, number=self.number))

    def _done(self, shard: Shard) -> None:
        index = shard.run
        self.open[index] -= 1
        if self.open[index]:
            return
        self.epoch[index] += 1
        if self.epoch[index] < self.runs[index].epochs:
            self._submit(index)
        else:
            self.outcome.finished[index] = self.now


# --- a day of many users

# Share of the runs, candidates, shards: most try, some mine, a few mine for the desk.
KINDS = ((0.80, 10_000, 4), (0.17, 500_000, 16), (0.03, 20_000_000, 128))
PER_SECOND = 150.0  # candidates a second and core, 500 names × 2,520 sessions: assumed, below what scale.json measured
PEAK, SPREAD = 16.5 * HOUR, 0.25 * HOUR  # half an hour after New York's close, as the schedule starts


def day(users: int, seed: int = 0, *, shards: float = 1.0, per_second: float = PER_SECOND) -> list[Run]:
    """Return a run of each user in the order of arrival: half at the peak, half evenly from 8 to 20.

    shards: a factor on the number of shards, whose work is divided accordingly; a shard's time varies by a third.
    """
    chance, runs = random.Random(seed), []  # noqa: S311  a simulation
    for user in range(users):
        arrival = chance.gauss(PEAK, SPREAD) if chance.random() < 0.5 else chance.uniform(8 * HOUR, 20 * HOUR)
        (kind,) = chance.choices(KINDS, [share for share, _, _ in KINDS])
        count = max(1, round(kind[2] * shards))
        each = kind[1] / per_second / EPOCHS / count
        work = tuple(each * chance.lognormvariate(-0.05, 0.32) for _ in range(count))
        runs.append(Run(user, max(0.0, arrival), work, EPOCHS))
    return sorted(runs, key=lambda run: run.arrival)


def cost(outcome: Outcome, queue: Queue, *, spot: bool, memory_gb: float = 4.0) -> float:
    """Return the dollars of a day on Fargate."""
    kind = "fargate spot" if spot else "fargate"
    hours = outcome.busy / HOUR
    vcpu, memory = PRICES[f"{kind} vcpu"].dollars, PRICES[f"{kind} memory"].dollars
    return hours * (queue.job_vcpus * vcpu + memory_gb * memory)


def figures(runs: Sequence[Run], queue: Queue, seed: int = 0) -> dict[str, float]:
    """Simulate; return minutes until a run's first shard began and until its end, the share of places used, dollars."""
    outcome = simulate(runs, queue, seed)
    small = [i for i, run in enumerate(runs) if len(run.work) == min(len(r.work) for r in runs)]
    begun = [(outcome.begun[i] - run.arrival) / 60 for i, run in enumerate(runs)]
    ended = [(outcome.finished[i] - run.arrival) / 60 for i, run in enumerate(runs)]
    return {
        **{f"wait p{p}": _percentile(begun, p) for p in (50, 95, 99)},
        **{f"finish p{p}": _percentile(ended, p) for p in (50, 95, 99)},
        "small finish p95": _percentile([ended[i] for i in small], 95),
        "used": outcome.busy / (queue.places * (outcome.end - runs[0].arrival)),
        "lost": outcome.lost / outcome.busy,
        "dollars": cost(outcome, queue, spot=bool(queue.interruptions)),
    }


def _percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


# --- the settings that are compared

_SPOT = {"interruptions": 0.05}  # of a place, an hour: assumed, AWS publishes "below 5 %" a month for most instances
CASES: tuple[tuple[str, Queue, float], ...] = (
    *((f"max_vcpus {n}", Queue(max_vcpus=n, **_SPOT), 1.0) for n in (32, 64, 128, 256, 512)),
    *((f"max_vcpus {n}, fair share", Queue(max_vcpus=n, policy="fair", **_SPOT), 1.0) for n in (32, 64, 128, 256)),
    ("max_vcpus 128, a quarter of the shards", Queue(max_vcpus=128, **_SPOT), 0.25),
    ("max_vcpus 128, four times the shards", Queue(max_vcpus=128, **_SPOT), 4.0),
    ("max_vcpus 128, on demand", Queue(max_vcpus=128), 1.0),
    ("max_vcpus 128, start-up 20 s (EC2 that is there)", Queue(max_vcpus=128, start_up=20, **_SPOT), 1.0),
    ("max_vcpus 128, ten times the interruptions", Queue(max_vcpus=128, interruptions=0.5), 1.0),
    (
        "max_vcpus 128, the same without checkpoints",
        Queue(max_vcpus=128, interruptions=0.5, checkpoint=24 * HOUR),
        1.0,
    ),
)


def table(users: int, seed: int = 0) -> Iterable[dict[str, object]]:
    """Yield the figures of each case."""
    for name, queue, shards in CASES:
        yield {"settings": name, **figures(day(users, seed, shards=shards), queue, seed)}


def as_markdown(rows: Sequence[dict[str, object]]) -> str:
    """Return the rows as a table: minutes, percent, dollars."""
    head = (
        "| settings | wait p50 | p95 | p99 | finish p50 | p95 | p99 | small runs' finish p95 | used | lost | dollars |"
    )
    lines = [head, "|---" + "|---:" * 10 + "|"]
    for row in rows:
        numbers = [f"{row[name]:,.0f}" for name in list(row)[1:8]]
        shares = [f"{row[name]:.0%}" for name in ("used", "lost")]
        lines.append("| " + " | ".join([str(row["settings"]), *numbers, *shares, f"{row['dollars']:,.0f}"]) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Simulate every case; print a line of JSON each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args(arguments)
    rows = []
    for row in table(asked.users):
        rows.append(row)
        print(json.dumps({n: round(v, 3) if isinstance(v, float) else v for n, v in row.items()}), flush=True)
    if asked.write:
        PAGE.write_text(put(PAGE.read_text(), "queue", as_markdown(rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
