"""The executor of one machine: shards in a pool of worker processes.

A worker that dies takes no work with it: its shard goes to a new worker, three times at most.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, Self

from lode.errors import StepError
from lode.log import get_logger
from lode.settings import Settings
from lode.workflow.context import Event, Report

MOST_ATTEMPTS = 3
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A worker is one of as many as there are cores: libraries that start threads of their own would take those of others.

A user's own setting goes before."""


class LocalExecutor:
    """Runs shards in worker processes, as many at once as the machine has cores and there are shards.

    `close` ends the workers; they are kept between epochs since a start costs about a second.
    """

    def __init__(self, settings: Settings, *, workers: int | None = None) -> None:
        self._settings = settings
        self._limit = workers or os.cpu_count() or 1
        self._idle: list[Worker] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, events: Sequence[Event], report: Report) -> list[Event]:
        """Run the shard of every event; the results stand in the order of the events. Raises StepError."""
        todo: queue.SimpleQueue[int] = queue.SimpleQueue()
        for place in range(len(events)):
            todo.put(place)
        results: dict[int, Event] = {}
        failures: list[Exception] = []

        def drain() -> None:
            while not failures:
                try:
                    place = todo.get_nowait()
                except queue.Empty:
                    return
                try:
                    results[place] = self._shard(events[place], report)
                except Exception as error:  # noqa: BLE001  raised again where the shards were asked for
                    failures.append(error)

        threads = [threading.Thread(target=drain, daemon=True) for _ in range(min(self._limit, len(events)))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        return [results[place] for place in range(len(events))]

    def close(self) -> None:
        """End the workers that are still there."""
        with self._lock:
            workers, self._idle = self._idle, []
        for worker in workers:
            worker.end()

    def _shard(self, event: Event, report: Report) -> Event:
        for attempt in range(1, MOST_ATTEMPTS + 1):
            worker = self._worker()
            answer = worker.ask(event, lambda told: report(*told))
            if answer is None:
                get_logger("local").warning("a worker died; its shard is given to another", attempt=attempt, **event)
                continue
            with self._lock:
                self._idle.append(worker)
            if "error" in answer:
                raise StepError(answer["error"])
            return dict(answer["result"]) | {"attempts": attempt}
        msg = f"shard {event['shard']} died {MOST_ATTEMPTS} times (out of memory?)"
        raise StepError(msg)

    def _worker(self) -> Worker:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return Worker(self._settings)


class Worker:
    """One worker process and its two pipes; it runs a module that begins as `worker.opened`."""

    def __init__(self, settings: Settings, module: str = "lode.workflow.worker") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=_ONE_THREAD | os.environ,
            start_new_session=True,
        )
        self._send(settings.disclosed())

    def ask(self, event: Event, hear: Callable[[Any], None]) -> dict[str, Any] | None:
        """Give the worker an event and wait for its answer, hearing its reports; None where the worker died."""
        if self._send(event) and self._process.stdout is not None:
            for line in self._process.stdout:
                if not line.endswith("\n"):
                    break  # it died in the midst of a word
                answer = dict(json.loads(line))
                if "report" not in answer:
                    return answer
                hear(answer["report"])
        self.end()
        return None

    def kill(self) -> None:
        """End the worker in the midst of what it does; `ask` then returns None. From any thread."""
        self._process.kill()

    def end(self) -> None:
        """Close the worker's input, at which it ends."""
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except BrokenPipeError:
                get_logger("local").debug("worker was gone already")
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _send(self, content: dict[str, Any]) -> bool:
        if self._process.stdin is None:
            return False
        try:
            self._process.stdin.write(json.dumps(content) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return False
        return True
