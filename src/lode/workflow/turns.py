"""Whose turn it is: a scheduled request is never run by two processes at once, and never twice for one session.

The turns of a schedule are numbered objects in the lake, `schedules/<schedule>/turn=000001.json`, each claimed by a
conditional put: of all processes on all machines that share the lake one gets the next number. `….ended.json` beside
it tells how the turn ended; a turn that was killed has none. Nothing is ever changed or removed, so that the objects
are also the schedule's history.

A turn without an end is **going on**, and nobody else may start, for as long as its holder lives:

- on the holder's own machine: its process is there, with the same start time (process ids are used again);
- elsewhere: the newest of its beats (an object every minute, under `rate/`, the older ones removed) is younger than
  ten minutes. Whoever reads compares with his own clock: machines' clocks may be some minutes apart, not ten.

Machine means boot and process-id namespace: two containers of one host are two machines. A holder that was suspended
for ten minutes and wakes up may find another at the same request; that costs work, not rows, since steps can be taken
twice.
"""

from __future__ import annotations

import json
import os
import platform
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import psutil

from lode.errors import LakeError
from lode.lake import Lake
from lode.log import get_logger

BEAT = timedelta(minutes=1)
STALE = timedelta(minutes=10)
MOST_ATTEMPTS = 3
AGAIN = timedelta(minutes=30)  # after a failure
LOOK = timedelta(minutes=1)  # at a turn that another process has
_SAME_START_SECONDS = 2.0
_FREE = {"interrupted", "refused"}  # ended by whoever asked, or never begun: the next try is at once


@dataclass(frozen=True)
class Turn:
    """One turn: for which session, held by whom (process `pid` of `machine`, started at `born`, epoch seconds)."""

    number: int
    session: str
    machine: str
    pid: int
    born: float
    claimed_at: str


@dataclass(frozen=True)
class Wait:
    """Why there is no turn to take, and until when there will not be; None: until the next session."""

    reason: str
    until: datetime | None = None


@dataclass(frozen=True)
class _Past:
    turn: Turn
    outcome: str  # as `Turns.end` was given it, "" without an end
    ended_at: datetime | None


class Turns:
    """The turns of one schedule. clock: the time in UTC."""

    def __init__(self, lake: Lake, schedule: str, clock: Callable[[], datetime]) -> None:
        self._lake, self._clock = lake, clock
        self._folder, self._beats = f"schedules/{schedule}", f"rate/schedules/{schedule}"

    def take(self, session: date) -> Turn | Wait:
        """Take the next turn, for `session`, or tell why not.

        A session has had its turn when one succeeded for it or for a later session, or three failed or were killed;
        the next attempt after a failure is half an hour later, after a kill at once.
        """
        past = self._past()
        if past and (wait := self._wait(past, session)):
            return wait
        number = past[-1].turn.number + 1 if past else 1
        turn = Turn(
            number, session.isoformat(), machine(), os.getpid(), born_at(os.getpid()), self._clock().isoformat()
        )
        if not self._lake.claim(f"{self._folder}/{_name(number)}.json", _encoded(asdict(turn))):
            return Wait("another process has just taken it", self._clock() + LOOK)
        return turn

    def end(self, turn: Turn, outcome: str, told: str) -> None:
        """Record how a turn ended: succeeded, failed, interrupted or refused, and the run's id or the reason."""
        content = {"outcome": outcome, "told": told, "ended_at": self._clock().isoformat()}
        self._lake.claim(f"{self._folder}/{_name(turn.number)}.ended.json", _encoded(content))

    @contextmanager
    def beating(self, turn: Turn, every: timedelta = BEAT) -> Iterator[None]:
        """Tell other machines, from a thread, that the turn goes on."""
        over = threading.Event()

        def beat() -> None:
            last = ""
            while not over.wait(every.total_seconds()):
                last = self._beat(turn, last)
            if last:
                with suppress(LakeError):  # a lifecycle rule removes what stays
                    self._lake.discard(last)

        thread = threading.Thread(target=beat, name="beats", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _beat(self, turn: Turn, last: str) -> str:
        key = f"{self._beats}/{_name(turn.number)}/{self._clock().timestamp():.0f}"
        try:
            self._lake.claim(key, b"")
            if last and last != key:
                self._lake.discard(last)
        except LakeError as error:
            get_logger("schedule").warning("a beat could not be written", turn=turn.number, reason=str(error))
            return last
        return key

    def _wait(self, past: list[_Past], session: date) -> Wait | None:
        last = past[-1]
        if not last.outcome and self._goes_on(last.turn):
            holder = f"process {last.turn.pid} of {last.turn.machine}"
            return Wait(f"turn {last.turn.number} is still going ({holder})", self._clock() + LOOK)
        if any(p.outcome == "succeeded" and p.turn.session >= session.isoformat() for p in past):
            return Wait(f"the session {session} has been done")
        tried = [p for p in past if p.turn.session == session.isoformat() and p.outcome not in _FREE]
        if len(tried) >= MOST_ATTEMPTS:
            return Wait(f"{len(tried)} turns for the session {session} came to nothing")
        if last.outcome == "failed" and last.ended_at and self._clock() < last.ended_at + AGAIN:
            return Wait(f"turn {last.turn.number} failed", last.ended_at + AGAIN)
        return None

    def _past(self) -> list[_Past]:
        """Turns so far, oldest first; of the long past only that they were."""
        keys = set(self._lake.list(self._folder))
        claims = sorted(key for key in keys if not key.endswith(".ended.json"))
        return [self._read(key, keys) for key in claims[-2 * MOST_ATTEMPTS :]]

    def _read(self, key: str, keys: set[str]) -> _Past:
        turn = Turn(**json.loads(self._lake.get(key)))
        end = key.removesuffix(".json") + ".ended.json"
        if end not in keys:
            return _Past(turn, "", None)
        ended = json.loads(self._lake.get(end))
        return _Past(turn, ended["outcome"], datetime.fromisoformat(ended["ended_at"]))

    def _goes_on(self, turn: Turn) -> bool:
        if turn.machine == machine():
            if turn.pid == os.getpid():  # it asks for a turn: its last one is over, though that could not be recorded
                return False
            return is_there(turn.pid, turn.born)
        beats = [float(key.rpartition("/")[2]) for key in self._lake.list(f"{self._beats}/{_name(turn.number)}")]
        newest = max([*beats, datetime.fromisoformat(turn.claimed_at).timestamp()])
        return self._clock().timestamp() - newest < STALE.total_seconds()


@cache
def machine() -> str:
    """Name this machine: its host name, boot and namespace of process ids."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    parts = [platform.node() or "unknown"]
    if boot.exists():  # Linux
        parts += [boot.read_text().strip()[:8], Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")]
    return "/".join(parts)


def born_at(pid: int) -> float:
    """Return the epoch seconds at which a process of this machine started; -1 for none, or only its exit code."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return process.create_time()
    return -1.0


def is_there(pid: int, born: float) -> bool:
    """Whether a process of this machine that started at `born` (epoch seconds) goes on: numbers are used again."""
    return abs(born_at(pid) - born) < _SAME_START_SECONDS


def ask_to_end(pid: int, born: float) -> bool:
    """Send SIGTERM to a process of this machine that started at `born`; return whether it was there."""
    if not is_there(pid, born):
        return False
    try:
        psutil.Process(pid).terminate()
    except psutil.NoSuchProcess:
        return False
    return True


def _name(number: int) -> str:
    return f"turn={number:06d}"


def _encoded(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, sort_keys=True).encode()
