"""A worker process: takes shards as JSON lines on standard input, answers in JSON lines on standard output.

It is a program of its own rather than a forked or spawned copy of its starter, so that a script or notebook that calls
`lode.mine` needs no main guard. It ends when its input does, at once and in the midst of work: a starter that was
killed leaves no worker behind, and a shard that was cut off goes on from its last generation.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from typing import Any, TextIO

from lode import log
from lode.errors import LodeError
from lode.settings import Settings
from lode.workflow.calibrated_market import calibrate_market
from lode.workflow.context import open_context
from lode.workflow.mining import mine_recorded

_ORPHANED = 3


def main() -> None:
    """Serve shards until the input ends."""
    settings, events, answers = opened()
    while True:
        _serve(events.get(), settings, answers)


def opened() -> tuple[Settings, queue.Queue[dict[str, Any]], TextIO]:
    """Return the settings, which are the first line of the input, the events that follow, and where answers go.

    From then on the process ends with its input, and what prints does not come among the answers.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if not (first := sys.stdin.readline()):
        sys.exit(_ORPHANED)  # the starter was gone before it could say anything
    settings = Settings(**json.loads(first))
    log.configure(settings.log_level)
    events: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_listen, args=(events,), daemon=True).start()
    return settings, events, answers


def _listen(events: queue.Queue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        events.put(json.loads(line))
    os._exit(_ORPHANED)


def _serve(event: dict[str, Any], settings: Settings, answers: TextIO) -> None:
    def report(count: int, note: str) -> None:
        answer(answers, {"report": [count, note]})

    try:
        with open_context(settings, report=report) as context:
            work = calibrate_market if "market" in event else mine_recorded
            answer(answers, {"result": work(event, context)})
    except LodeError as error:
        answer(answers, {"error": str(error), "kind": type(error).__name__})
    except Exception as error:  # noqa: BLE001  the process's entry point: logged and answered as a failure
        log.get_logger("worker").error("shard failed", event_in=event, exc_info=True)
        answer(answers, {"error": f"{type(error).__name__}: {error}", "kind": "unexpected"})


def answer(answers: TextIO, content: dict[str, Any]) -> None:
    """Write one answer, or a report before it."""
    answers.write(json.dumps(content) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
