from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from lode.errors import UsageError
from lode.workflow import workbench
from lode.workflow.workbench import Workbench

WAIT = 20


class Scripted:
    """A worker that answers from a script, and holds still at `hold` until it is killed."""

    def __init__(self) -> None:
        self.started: list[Scripted.Process] = []

    def start(self, _settings, _module):
        self.started.append(Scripted.Process())
        return self.started[-1]

    class Process:
        def __init__(self) -> None:
            self.killed, self.ended = threading.Event(), False

        def ask(self, event, hear):
            if "prepare" in event:
                return None if event["prepare"] == "die" else {"result": event}
            hear({"stage": 1})
            if event["formula"] == "hold":
                self.killed.wait(WAIT)
                return None
            if event["formula"] == "wrong":
                return {"error": "unknown field `clse`", "kind": "ExpressionError"}
            return None if event["formula"] == "die" else {"result": {"stage": 2}}

        def kill(self):
            self.killed.set()

        def end(self):
            self.ended = True


def event(formula: str) -> dict:
    return {"formula": formula, "snapshot": "s", "options": {}}


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture
def bench(scripted, lode_settings) -> Iterator[Workbench]:
    opened = Workbench(lode_settings, start=scripted.start)
    yield opened
    opened.close()
    assert all(process.ended or process.killed.is_set() for process in scripted.started[-1:])


def over(asked):
    asked.wait(WAIT, whole=True)
    return asked


def test_a_try_is_told_in_stages_and_its_whole_is_kept(bench):
    done = over(bench.submit(event("close")))
    assert (done.state, done.found) == ("done", {"stage": 2})
    assert bench.known(event("close")) is done
    assert bench.known(event("open")) is None


def test_one_process_serves_all(bench, scripted):
    for formula in ("close", "open"):
        assert over(bench.submit(event(formula))).state == "done"
    assert len(scripted.started) == 1


def test_a_fault_is_told_and_not_kept(bench):
    wrong = over(bench.submit(event("wrong")))
    assert (wrong.state, wrong.message) == ("failed", "unknown field `clse`")
    assert bench.known(event("wrong")) is None


def test_a_process_that_dies_fails_its_try_alone(bench, scripted):
    assert "died" in over(bench.submit(event("die"))).message
    assert over(bench.submit(event("close"))).state == "done"
    assert len(scripted.started) == 2


def test_cancelling_ends_the_process_in_the_midst_and_keeps_what_was_shown(bench, scripted):
    held = bench.submit(event("hold"))
    behind = bench.submit(event("close"))
    held.wait(WAIT)
    assert held.found == {"stage": 1}
    bench.cancel(held)
    assert (over(held).state, held.found) == ("cancelled", {"stage": 1})
    assert scripted.started[0].killed.is_set()
    assert over(behind).state == "done"


def test_a_waiting_try_that_is_cancelled_never_runs(bench):
    held, behind = bench.submit(event("hold")), bench.submit(event("close"))
    bench.cancel(behind)
    held.wait(WAIT)
    bench.cancel(held)
    assert over(behind).state == "cancelled"
    assert behind.found is None


def test_a_try_past_its_limit_fails(scripted, lode_settings):
    bench = Workbench(lode_settings, limit=0.05, start=scripted.start)
    assert "longer than 0.05 seconds" in over(bench.submit(event("hold"))).message
    bench.close()


def test_too_many_waiting_are_refused(bench, monkeypatch):
    monkeypatch.setattr(workbench, "_MOST_WAITING", 1)
    held = bench.submit(event("hold"))
    held.wait(WAIT)
    waiting = bench.submit(event("close"))
    with pytest.raises(UsageError, match="1 tries are waiting"):
        bench.submit(event("open"))
    bench.cancel(waiting)
    bench.cancel(held)


def test_keeping_is_no_sheet_to_be_shown_again(bench):
    kept = over(bench.submit(event("close") | {"keep": True}))
    assert kept.state == "done"
    assert bench.known(event("close") | {"keep": True}) is None


def test_a_warmed_process_serves_the_tries_and_is_not_warmed_twice(bench, scripted):
    for snapshot in ("s", "s", "other"):
        bench.warm(snapshot)
    assert over(bench.submit(event("close"))).state == "done"
    bench.warm("s")
    assert len(scripted.started) == 1
    assert bench.known({"prepare": "s"}) is None


def test_a_process_that_was_ended_is_warmed_again(bench, scripted):
    held = bench.submit(event("hold"))
    held.wait(WAIT)
    bench.cancel(held)
    assert bench._queue.empty()
    while bench._current is not None:
        time.sleep(0.01)
    bench.warm("s")
    assert over(bench.submit(event("close"))).state == "done"
    assert len(scripted.started) == 2


def test_a_process_that_could_not_be_prepared_is_left_to_the_first_try(bench, scripted):
    bench.warm("die")
    over(bench._prepared)
    for _ in range(3):
        bench.warm("die")
    assert over(bench.submit(event("close"))).state == "done"
    assert len(scripted.started) == 2


def test_a_process_that_cannot_be_started_is_told_by_the_first_try(lode_settings):
    def start(_settings, _module):
        raise OSError("no memory")

    bench = Workbench(lode_settings, start=start)
    bench.warm("s")
    assert over(bench._prepared).state == "failed"
    assert "could not be started: no memory" in over(bench.submit(event("close"))).message
    bench.close()


def test_an_idle_workbench_ends_its_process_and_starts_another(scripted, lode_settings, monkeypatch):
    monkeypatch.setattr(workbench, "_IDLE_SECONDS", 0.01)
    bench = Workbench(lode_settings, start=scripted.start)
    over(bench.submit(event("close")))
    thread = bench._thread
    if thread is not None:
        thread.join(WAIT)
    assert scripted.started[0].ended
    assert over(bench.submit(event("open"))).state == "done"
    bench.close()
