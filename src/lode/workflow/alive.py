"""Which process has a run in hand: a run whose process was killed is told from one that goes on.

The record of a killed run says `running` for ever. Whoever takes a run's steps on a machine or a Ray cluster therefore
beats: an object under `rate/runs/` every minute, the older one removed, the last removed at an orderly end and marked
as left at an error, of which the warehouse may not have heard. Whoever reads a running run finds it stopped

- when it has beats, none of a living holder: on the reader's own machine a process that is there with the same start
  time, elsewhere one that has beaten in the last ten minutes; and the warehouse has heard nothing of it since;
- without beats (a run of the state machine, which records its own end) when nothing was heard of it for a day.

Nothing is written for it: the state `stopped` is what a reader says, and what resumes the run.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

import polars as pl

from lode.errors import LakeError, NotFoundError
from lode.lake import Lake
from lode.log import get_logger
from lode.warehouse import Warehouse
from lode.workflow.turns import BEAT, STALE, born_at, is_there, machine

SILENT = timedelta(days=1)


@dataclass(frozen=True)
class Holder:
    """A process that takes a run's steps; born: epoch seconds of its start."""

    machine: str
    pid: int
    born: float

    @classmethod
    def here(cls) -> Holder:
        """Return this process."""
        return cls(machine(), os.getpid(), born_at(os.getpid()))

    @property
    def name(self) -> str:
        """Name of its beats, no longer than a key may be."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]


_NOBODY = Holder("", 0, 0.0)  # whose beat a process leaves that ends with an error


class Hold:
    """Beats for one run from `take` to the end of the `with` block."""

    def __init__(self, lake: Lake, every: timedelta = BEAT) -> None:
        self._lake, self._every = lake, every
        self._over, self._last = threading.Event(), ""
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def take(self, run: str) -> None:
        """Begin to beat for `run`, before it is recorded as running; again is no more. Raises LakeError."""
        if self._thread is None:
            self._beat(run)
            self._thread = threading.Thread(target=self._go_on, args=(run,), name="beats", daemon=True)
            self._thread.start()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        if self._last:
            with suppress(LakeError):  # then it will be found dead
                if kind is not None:  # the warehouse may not have heard of the failure
                    self._lake.claim(self._last.replace("/beat=", "/left="), json.dumps(asdict(_NOBODY)).encode())
                self._lake.discard(self._last)

    def _go_on(self, run: str) -> None:
        while not self._over.wait(self._every.total_seconds()):
            try:
                self._beat(run)
            except LakeError as error:
                get_logger("run").warning("a beat could not be written", run=run, reason=str(error))

    def _beat(self, run: str) -> None:
        holder = Holder.here()
        key = f"{_folder(run)}/{holder.name}/beat={datetime.now(UTC).timestamp():.0f}.json"
        self._lake.claim(key, json.dumps(asdict(holder)).encode())
        before, self._last = self._last, key
        if before and before != key:
            self._lake.discard(before)


def with_stopped(runs: pl.DataFrame, warehouse: Warehouse, lake: Lake) -> pl.DataFrame:
    """Return runs (columns run, state, message, …) with `stopped`, and what to do, where no process goes on."""
    running = runs.filter(pl.col("state") == "running")["run"].to_list()
    gone = find_stopped(running, warehouse, lake) if running else []
    told = pl.format("its process is gone; `lode run --resume {}` goes on", "run")
    return runs.with_columns(
        state=pl.when(pl.col("run").is_in(gone)).then(pl.lit("stopped")).otherwise("state"),
        message=pl.when(pl.col("run").is_in(gone)).then(told).otherwise("message"),
    )


def find_stopped(runs: Sequence[str], warehouse: Warehouse, lake: Lake) -> list[str]:
    """Return those of the runs recorded as running that no process goes on with."""
    heard = _heard(warehouse, runs)
    return [run for run in runs if _is_stopped(run, heard.get(run), lake, datetime.now(UTC))]


def _is_stopped(run: str, heard: datetime | None, lake: Lake, now: datetime) -> bool:
    silent = heard is None or now - heard > SILENT
    beats = lake.list(_folder(run))
    if silent or not beats:
        return silent and not any(_lives(key, lake, now) for key in beats)
    after = heard is not None and heard > max(map(_beaten_at, beats)) + 2 * BEAT  # by whom else? it goes on elsewhere
    return not after and not any(_lives(key, lake, now) for key in beats)


def find_holder(run: str, lake: Lake) -> Holder | None:
    """Return a living process that beats for a run, None where none does."""
    for beat in lake.list(_folder(run)):
        with suppress(NotFoundError):  # the next one has replaced it just now
            if _is_alive(holder := _holder(beat, lake), beat, datetime.now(UTC)):
                return holder
    return None


def _lives(beat: str, lake: Lake, now: datetime) -> bool:
    try:
        return _is_alive(_holder(beat, lake), beat, now)
    except NotFoundError:  # the next one has replaced it just now
        return True


def _holder(beat: str, lake: Lake) -> Holder:
    return Holder(**json.loads(lake.get(beat)))


def _is_alive(holder: Holder, beat: str, now: datetime) -> bool:
    if holder == _NOBODY:
        return False
    if holder.machine == machine():
        return is_there(holder.pid, holder.born)
    return now - _beaten_at(beat) < STALE


def _beaten_at(beat: str) -> datetime:
    return datetime.fromtimestamp(float(beat.rpartition("=")[2].removesuffix(".json")), UTC)


def _heard(warehouse: Warehouse, runs: Sequence[str]) -> dict[str, datetime]:
    """When the warehouse last heard of each run, or of one of its steps."""
    found = warehouse.query(
        "SELECT run, max(at) AS heard FROM ("
        "SELECT run, updated_at AS at FROM runs WHERE run IN {runs:Array(String)} "
        "UNION ALL SELECT run, updated_at AS at FROM run_steps WHERE run IN {runs:Array(String)}"
        ") GROUP BY run",
        runs=list(runs),
    )
    return dict(found.iter_rows())


def _folder(run: str) -> str:
    return f"rate/runs/{run}"
