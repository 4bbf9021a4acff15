"""One rate for every process of an account: a token bucket whose one place is the lake.

Time is cut into windows of a little more than a second, each with as many slots as the rate allows in one. A process
claims a window by creating its object (create-if-absent: in a folder and on S3 one claimant wins) and sends its
requests at the window's slots; a slot that it comes too late for is left out. Slots lie apart by the window's length
over their number, so that a rolling second holds more than the rate only if a request is later than the margin
allows: 8 a second are 8 in 1.14 s. Clocks of the machines must agree to a few hundredths of a second (NTP does).

A pause is an object too: whoever is throttled writes until when, and everyone looks before claiming a window.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from lode.collect.http import ThrottledForError
from lode.errors import LakeError
from lode.lake import Lake

MARGIN, LATE = 0.14, 0.04  # seconds: what a window is longer than its requests need; how late a slot may be used
_KEPT = 60.0  # seconds that a claim outlives its window, for clocks that lag
_FORGOTTEN = 1_200.0  # seconds after which a pause says nothing about the next one
_LONGEST_PAUSE, _LONGEST_WAIT = 600.0, 120.0  # the SEC's block lasts ten minutes; longer pauses are not waited for


class SharedRate:
    """At most `rate` calls in any second over all processes that share `lake`. Shared by threads."""

    def __init__(
        self,
        lake: Lake,
        name: str,
        rate: float,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._lake, self._clock, self._sleep = lake, clock, sleep
        self._windows, self._pauses = f"rate/{name}/window", f"rate/{name}/pause"
        self._slots = max(1, int(rate))
        self._length = max(1.0, self._slots / rate) + MARGIN
        self._lock = threading.Lock()
        self._ours: list[int] = []  # windows, the last one in use
        self._next_slot, self._refused, self._paused_until = self._slots, -1, 0.0
        self._good_at = clock()
        self._swept = False

    def wait(self) -> float:
        """Block until a call is due; returns the time. ThrottledForError where a pause is too long to wait for."""
        while True:
            with self._lock:
                due = self._claim_slot()
            self._sleep(max(0.0, due - self._clock()))
            now = self._clock()
            if now <= due + LATE and now >= self._paused_until:
                return now

    def succeeded(self) -> None:
        """Say that an answer came: the next pause is a first one again."""
        self._good_at = self._clock()

    def pause(self, sent_at: float, asked: float | None = None) -> float:
        """Hold every process back after throttling of a request sent at `sent_at`; returns for how many seconds.

        asked: what the source asked for. Otherwise 1, 4, 16, … s, by the pauses since the last good answer. A request
        that was under way when a pause began says nothing new.
        """
        now = self._clock()
        pauses = self._read_pauses()
        under_way = [until for begun, until in pauses if begun >= sent_at and until > now]
        if under_way:
            self._paused_until = max(self._paused_until, *under_way)
            return self._paused_until - now
        earlier = sum(begun > self._good_at for begun, _ in pauses)
        seconds = min(asked if asked is not None else 4.0**earlier, _LONGEST_PAUSE)
        self._lake.claim(f"{self._pauses}/{now * 1000:.0f}-{(now + seconds) * 1000:.0f}", b"")
        self._paused_until = max(self._paused_until, now + seconds)
        return seconds

    def _claim_slot(self) -> float:
        """Return the time of a slot that is ours; waits for windows that may be claimed."""
        while True:
            now = self._clock()
            if self._ours and (due := self._slot_after(now)) is not None:
                return due
            number = max(int(now / self._length), self._refused + 1, self._ours[-1] + 1 if self._ours else 0)
            opens = number * self._length
            if opens > now + self._length / 2:  # not longer ahead, so that others get theirs
                self._sleep(opens - self._length / 2 - now)
                continue
            self._respect_pauses()
            if self._clock() >= opens + self._length * (1 - 1 / self._slots):
                self._refused = number  # too late for any slot of it
            elif self._lake.claim(f"{self._windows}/{number}", b""):
                self._take(number)
            else:
                self._refused = number

    def _slot_after(self, now: float) -> float | None:
        """Take the next slot of the window in use that is not over yet."""
        while self._next_slot < self._slots:
            due = (self._ours[-1] + self._next_slot / self._slots) * self._length
            self._next_slot += 1
            if now <= due + LATE / 2:
                return due
        return None

    def _take(self, number: int) -> None:
        self._ours.append(number)
        self._next_slot = 0
        self._tidy()

    def _respect_pauses(self) -> None:
        """Wait until no pause holds."""
        self._paused_until = max([self._paused_until, *(until for _, until in self._read_pauses())])
        left = self._paused_until - self._clock()
        if left > _LONGEST_WAIT:
            raise ThrottledForError(f"the source throttles this account for {left:.0f} s more; try again then", left)
        self._sleep(max(0.0, left))

    def _read_pauses(self) -> list[tuple[float, float]]:
        """Return begin and end of the pauses that still say something; the others are removed."""
        found = []
        for key in self._lake.list(self._pauses):
            begun, until = (int(text) / 1000 for text in key.rsplit("/", maxsplit=1)[-1].split("-"))
            if until < self._clock() - _FORGOTTEN:
                self._discard(key)
            else:
                found.append((begun, until))
        return found

    def _tidy(self) -> None:
        """Remove our claims of windows long over and, once, those that killed processes left."""
        over = int((self._clock() - _KEPT) / self._length)
        old = [number for number in self._ours[:-1] if number < over]
        if not self._swept:
            listed = (int(key.rsplit("/", maxsplit=1)[-1]) for key in self._lake.list(self._windows))
            old, self._swept = [number for number in listed if number < over], True
        for number in old:
            self._discard(f"{self._windows}/{number}")
        self._ours = [number for number in self._ours if number >= over] or self._ours[-1:]

    def _discard(self, key: str) -> None:
        with suppress(LakeError):  # a lake that nothing may be removed from has a lifecycle rule for `rate/`
            self._lake.discard(key)
