"""The state machine of a run as it stands: its steps, its shards, how far they are. Pure: frames in, frames out.

    validate → collect → snapshot → plan → mine[shards of every epoch] → select → prove → publish → notify

`steps` is as `read_steps` returns it, `generations` as `read_generations`. Times are UTC, durations in seconds.
`now` is None where no process has the run in hand: what is recorded as running is then stopped, the rest was not
reached.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from lode.workflow.machine import AFTER_MINE, BEFORE_MINE
from lode.workflow.mining import GENERATION
from lode.workflow.plan import EPOCHS, budget_of

ORDER = (*BEFORE_MINE, "mine", *AFTER_MINE)
RUNNING, SUCCEEDED, FAILED, STOPPED = "running", "succeeded", "failed", "stopped"
WAITING, NOT_REACHED, NO_RECORD = "waiting", "not reached", "no record"
_RATE_SECONDS = (2.0, 30.0)  # the shortest and the longest time over which a rate is taken
_STAGE = {"step": pl.String, "state": pl.String, "seconds": pl.Float64, "attempts": pl.Int64, "error": pl.String}


@dataclass(frozen=True)
class Asked:
    """What a run was asked, as far as its stored settings can be read: 0 where they cannot."""

    candidates: int = 0
    shards: int = 0

    @classmethod
    def of(cls, settings: str) -> Asked:
        """Read the settings of a run's record."""
        try:
            options = json.loads(settings)["options"]
            return cls(int(options.get("candidates", 0)), int(options.get("shards", 0)))
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()


@dataclass(frozen=True)
class Progress:
    """How far the search is. done: candidates asked for; trials: as the ledger has them; best_t: |t|, train."""

    candidates: int
    done: int
    trials: int
    best_t: float | None
    expression: str

    @property
    def share(self) -> float:
        """Part of the candidates that is done, 0 to 1."""
        return min(1.0, self.done / self.candidates) if self.candidates else 0.0


def stages(steps: pl.DataFrame, shards: pl.DataFrame, now: datetime | None) -> pl.DataFrame:
    """One row per step of ORDER: step, state, seconds (null where it has no end or beginning), attempts, error."""
    known = {row["step"]: row for row in _timed(steps, now).filter(pl.col("shard") < 0).iter_rows(named=True)}
    known["mine"] = _mine(steps, shards, now)
    rows = [known.get(name) or {**dict.fromkeys(_STAGE), "step": name} for name in ORDER]
    last = max((place for place, row in enumerate(rows) if row["state"]), default=-1)
    for place, row in enumerate(rows):
        row["state"] = NO_RECORD if place < last and not row["state"] else _state(row["state"], now)
    return pl.DataFrame([{name: row[name] for name in _STAGE} for row in rows], schema=_STAGE).with_columns(
        pl.col("attempts").fill_null(0), pl.col("error").fill_null("")
    )


def shards_of(steps: pl.DataFrame, generations: pl.DataFrame, asked: Asked, now: datetime | None) -> pl.DataFrame:
    """One row per epoch and shard: epoch, shard, state, seconds, trials, best_t, attempts, error."""
    mined = _timed(steps, now).filter(pl.col("step") == "mine")
    shards = asked.shards or int(mined["shard"].max() or 0) + 1  # type: ignore[arg-type]
    epochs = max(EPOCHS if asked.shards else 1, int(mined["shard"].max() or 0) // shards + 1)  # type: ignore[arg-type]
    every = pl.DataFrame({"place": range(epochs * shards)}, schema={"place": pl.Int32}).with_columns(
        epoch=(pl.col("place") // shards).cast(pl.Int64), shard=(pl.col("place") % shards).cast(pl.Int64)
    )
    seen = generations.group_by("epoch", "shard").agg(pl.col("trials").sum(), pl.col("best_t").max())
    joined = every.join(mined.rename({"shard": "place"}), on="place", how="left").join(
        seen, on=["epoch", "shard"], how="left"
    )
    ended = pl.col("state") == SUCCEEDED
    return joined.sort("place").select(
        "epoch",
        "shard",
        pl.col("state").map_elements(lambda s: _state(s, now), return_dtype=pl.String, skip_nulls=False),
        "seconds",
        pl.when(ended).then(pl.col("rows").cast(pl.Int64)).otherwise(pl.col("trials")).fill_null(0).alias("trials"),
        "best_t",
        pl.col("attempts").cast(pl.Int64).fill_null(0),
        pl.col("error").fill_null(""),
    )


def progress_of(shards: pl.DataFrame, generations: pl.DataFrame, asked: Asked) -> Progress:
    """How far the shards are together. A generation is counted as soon as the ledger has it."""
    parts, done = max(1, shards.height), 0
    last = {(epoch, shard): n for epoch, shard, n in _last_generations(generations).iter_rows()}
    for place, (epoch, shard, state) in enumerate(shards["epoch", "shard", "state"].iter_rows()):
        budget = budget_of(asked.candidates, parts, place)
        done += budget if state == SUCCEEDED else min(budget, GENERATION * last.get((epoch, shard), 0))
    best = generations.drop_nulls("best_t").sort("best_t").tail(1)
    return Progress(
        asked.candidates,
        done,
        int(shards["trials"].sum()),
        best["best_t"][0] if best.height else None,
        best["expression"][0] if best.height else "",
    )


def better(generations: pl.DataFrame) -> pl.DataFrame:
    """Generations that were better than all before them: trial (their last one's number), t and expression."""
    counted = generations.with_columns(pl.col("trials").cum_sum().alias("trial")).drop_nulls("best_t")
    before = pl.col("best_t").cum_max().shift(1).fill_null(0.0)
    return counted.filter(pl.col("best_t") > before).select("trial", pl.col("best_t").alias("t"), "expression")


def rate_of(samples: Sequence[tuple[float, int]]) -> float | None:
    """Candidates a second by the newest `samples` of (seconds, done); None while too little was seen."""
    if not samples:
        return None
    shortest, longest = _RATE_SECONDS
    seconds, done = samples[-1]
    first, before = next((at, n) for at, n in samples if seconds - at <= longest)
    return (done - before) / (seconds - first) if seconds - first >= shortest else None


def _timed(steps: pl.DataFrame, now: datetime | None) -> pl.DataFrame:
    seconds = (_ended(now) - pl.col("started")).dt.total_microseconds() / 1e6
    return steps.with_columns(seconds.alias("seconds"), pl.col("attempts").cast(pl.Int64))


def _ended(now: datetime | None) -> pl.Expr:
    return pl.col("ended") if now is None else pl.col("ended").fill_null(pl.lit(now))


def _mine(steps: pl.DataFrame, shards: pl.DataFrame, now: datetime | None) -> dict[str, Any]:
    """The shards as one step: from the first one's start to the last one's end."""
    mined = steps.filter(pl.col("step") == "mine").select("started", _ended(now)).drop_nulls()
    states = set(shards["state"]) - {WAITING, NOT_REACHED}
    errors = shards.filter(pl.col("error") != "")["error"]
    state = next((one for one in (FAILED, RUNNING, STOPPED) if one in states), SUCCEEDED) if states else None
    if state == SUCCEEDED and (shards["state"] != SUCCEEDED).any():
        state = RUNNING  # between two epochs, or two shards of one place
    (seconds,) = mined.select((pl.col("ended").max() - pl.col("started").min()).dt.total_microseconds() / 1e6).row(0)
    attempts = shards["attempts"].max()
    return {"step": "mine", "state": state, "seconds": seconds, "attempts": attempts, "error": "; ".join(errors[:3])}


def _last_generations(generations: pl.DataFrame) -> pl.DataFrame:
    return generations.group_by("epoch", "shard").agg(pl.col("generation").max() + 1)


def _state(state: str | None, now: datetime | None) -> str:
    if state == RUNNING and now is None:
        return STOPPED
    return state or (WAITING if now else NOT_REACHED)
