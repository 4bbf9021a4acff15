"""The workbench's side of the process that tries formulas: a queue of tries, each with a time limit and a way out.

One process serves everybody who looks at the dashboard, one try after the other, so that the machine stays usable. It
is started when a researcher opens the workbench, or with the first try, ends after ten idle minutes, and is killed to
cancel: what it had entered into the ledger stays there.
"""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from lode.errors import UsageError
from lode.settings import Settings
from lode.workflow.context import Event
from lode.workflow.local import Worker

State = Literal["waiting", "running", "done", "failed", "cancelled"]
LONGEST_SECONDS = 120.0
_IDLE_SECONDS = 600.0
_MOST_WAITING = 20
_KEPT = 32
_MODULE = "lode.workflow.trying"


@dataclass(eq=False)
class Try:
    """A formula on its way. `found` is what the process reported last: of a try that is done, all of it.

    message: why it failed, as text for a reader. Read it from any thread; only the workbench changes it.
    """

    event: Event
    state: State = "waiting"
    found: Event | None = None
    message: str = ""
    _news: threading.Condition = field(default_factory=threading.Condition, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed", "cancelled")

    def wait(self, seconds: float, *, whole: bool = False) -> None:
        """Wait until there is something to show (`whole`: until it is over), `seconds` at most."""
        with self._news:
            self._news.wait_for(lambda: self.is_over or (not whole and self.found is not None), seconds)

    def tell(self, state: State, found: Event | None = None, message: str = "") -> None:
        """Change it, unless it is over, and wake who waits."""
        with self._news:
            if not self.is_over:
                self.state, self.found = state, found or self.found
                self.message = message
            self._news.notify_all()


class Workbench:
    """Tries formulas in a process of its own, held for as long as it is used. Safe for threads.

    limit: seconds that a try may run, the process's start included.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        limit: float = LONGEST_SECONDS,
        start: Callable[[Settings, str], Worker] = Worker,
    ) -> None:
        self._settings, self._limit, self._start = settings, limit, start
        self._queue: queue.Queue[Try | None] = queue.Queue()
        self._lock = threading.Lock()
        self._current: Try | None = None
        self._prepared: Try | None = None
        self._worker: Worker | None = None
        self._thread: threading.Thread | None = None
        self._kept: OrderedDict[str, Try] = OrderedDict()

    def submit(self, event: Event) -> Try:
        """Ask for a try, `{"formula", "snapshot", "options"}`, or with `"keep": True` to keep it as a candidate.

        Raises UsageError where too many are waiting.
        """
        if self._queue.qsize() >= _MOST_WAITING:
            raise UsageError(f"{_MOST_WAITING} tries are waiting already, which is the most; try again in a minute")
        asked = Try(event)
        with self._lock:
            self._put(asked)
        return asked

    def warm(self, snapshot: str) -> None:
        """Start the process where there is none, and prepare it for tries on a snapshot; does not wait for it.

        A failure is told by the first try, which starts it again; until one went well it is not prepared anew.
        """
        with self._lock:
            is_used = self._worker is not None or self._current is not None or not self._queue.empty()
            if not is_used and (self._prepared is None or self._prepared.state != "failed"):
                self._prepared = Try({"prepare": snapshot})
                self._put(self._prepared)

    def cancel(self, asked: Try) -> None:
        """End a try, in the midst of it if need be; what the ledger has by then stays there."""
        self._end(asked, "cancelled", "You cancelled it.")

    def known(self, event: Event) -> Try | None:
        """Return the finished try of this event, where it is among the latest; asking enters nothing."""
        with self._lock:
            return self._kept.get(repr(event))

    def close(self) -> None:
        """End the process and the thread; a later try starts them again."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            self._queue.put(None)
            if self._current is not None:
                self._end(self._current, "cancelled", "The workbench was closed.")
            thread.join()

    def _put(self, asked: Try) -> None:
        """Queue a try, and start what serves it where it has ended; the lock is held."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._serve, name="workbench", daemon=True)
            self._thread.start()
        self._queue.put(asked)

    def _serve(self) -> None:
        while True:
            try:
                asked = self._queue.get(timeout=_IDLE_SECONDS)
            except queue.Empty:
                asked = None
            if asked is not None:
                self._run(asked)
                continue
            with self._lock:
                if self._queue.empty():  # else a try came in at the last moment
                    self._thread = None
                    self._drop()
                    return

    def _run(self, asked: Try) -> None:
        with self._lock:
            if asked.is_over:
                return
            self._current = asked
            try:
                self._worker = self._worker or self._start(self._settings, _MODULE)
            except OSError as error:
                self._current = None
                asked.tell("failed", message=f"The process that evaluates could not be started: {error}")
                return
            worker = self._worker
        asked.tell("running")
        late = f"It took longer than {self._limit:g} seconds; shorten its windows or take a smaller snapshot."
        timer = threading.Timer(self._limit, self._end, (asked, "failed", late))
        timer.daemon = True
        timer.start()
        answer = worker.ask(asked.event, lambda found: asked.tell("running", found))
        timer.cancel()
        with self._lock:
            self._current = None
            if answer is None:
                self._worker = None
        self._tell_end(asked, answer)

    def _tell_end(self, asked: Try, answer: dict[str, Any] | None) -> None:
        if answer is None:
            asked.tell("failed", message="The process that evaluates died (out of memory?); try a smaller snapshot.")
        elif "error" in answer:
            asked.tell("failed", message=answer["error"])
        else:
            asked.tell("done", answer["result"])
            self._prepared = None
            self._keep(asked)

    def _keep(self, asked: Try) -> None:
        if asked.state != "done" or not {"keep", "prepare"}.isdisjoint(asked.event):
            return
        with self._lock:
            self._kept[repr(asked.event)] = asked
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    def _end(self, asked: Try, state: State, message: str) -> None:
        with self._lock:
            asked.tell(state, message=message)
            if self._current is asked and self._worker is not None:
                self._worker.kill()

    def _drop(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._worker = None
