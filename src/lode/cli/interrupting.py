"""A request to end that comes from a supervisor or the dashboard is what Ctrl-C is."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt in the block, once: what is recorded then is not cut off by a second one.

    Nothing changes in a thread that is not the main one: signals are not its affair.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_kind: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
