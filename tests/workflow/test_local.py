from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from lode.errors import StepError
from lode.settings import Settings, load_settings
from lode.workflow import local
from lode.workflow.local import LocalExecutor

# A worker that needs neither lake nor warehouse: it obeys the event.
WORKER = """
import json, os, sys, time
from pathlib import Path
settings = json.loads(sys.stdin.readline())
for line in sys.stdin:
    event = json.loads(line)
    marks = Path(settings["home"])
    tried = 1 + len(list(marks.glob(f"{event['shard']}-*")))
    (marks / f"{event['shard']}-{tried}").touch()
    if tried <= event.get("deaths", 0):
        sys.stdout.write('{"report": [1,')  # dies in the midst of a word
        sys.stdout.flush()
        os._exit(9)
    time.sleep(event.get("seconds", 0))
    print(json.dumps({"report": [2, "note"]}), flush=True)
    if "error" in event:
        print(json.dumps({"error": event["error"], "kind": "DataError"}), flush=True)
        continue
    print(json.dumps({"result": {"shard": event["shard"], "worker": os.getpid()}}), flush=True)
"""


@pytest.fixture
def obedient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    program, real = tmp_path / "worker.py", subprocess.Popen
    program.write_text(WORKER)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(local.subprocess, "Popen", lambda _, **options: real([sys.executable, program], **options))
    return load_settings(home=home)


def _shards(count: int, **more: object) -> list[dict[str, object]]:
    return [{"run": "r", "epoch": 0, "shard": shard} | more for shard in range(count)]


def test_results_stand_in_the_order_of_the_events_and_reports_arrive(obedient: Settings) -> None:
    heard: list[tuple[int, str]] = []
    events = _shards(5)
    events[0]["seconds"] = 0.2
    with LocalExecutor(obedient, workers=2) as executor:
        results = executor.run(events, lambda count, note: heard.append((count, note)))
    assert [result["shard"] for result in results] == [0, 1, 2, 3, 4]
    assert {result["attempts"] for result in results} == {1}
    assert heard == [(2, "note")] * 5
    assert len({result["worker"] for result in results}) <= 2


def test_workers_are_kept_between_calls_and_end_with_the_executor(obedient: Settings) -> None:
    with LocalExecutor(obedient, workers=1) as executor:
        first = executor.run(_shards(1), lambda *_: None)[0]["worker"]
        second = executor.run(_shards(1), lambda *_: None)[0]["worker"]
        assert first == second
        assert psutil.pid_exists(first)
    assert not psutil.pid_exists(first)


def test_the_shard_of_a_worker_that_died_goes_to_another(obedient: Settings) -> None:
    events = _shards(3)
    events[1]["deaths"] = 2
    with LocalExecutor(obedient, workers=2) as executor:
        results = executor.run(events, lambda *_: None)
    assert [result["attempts"] for result in results] == [1, 3, 1]


def test_a_worker_that_was_killed_while_idle_costs_an_attempt_and_nothing_else(obedient: Settings) -> None:
    with LocalExecutor(obedient, workers=1) as executor:
        first = executor.run(_shards(1), lambda *_: None)[0]["worker"]
        psutil.Process(first).kill()
        time.sleep(0.1)
        again = executor.run(_shards(1), lambda *_: None)[0]
    assert again["attempts"] == 2
    assert again["worker"] != first


def test_a_shard_that_dies_three_times_is_a_failure_that_names_it(obedient: Settings) -> None:
    with LocalExecutor(obedient, workers=2) as executor, pytest.raises(StepError, match="shard 1 died 3 times"):
        executor.run([*_shards(1), {"run": "r", "epoch": 0, "shard": 1, "deaths": 9}], lambda *_: None)


def test_the_message_of_a_shard_that_failed_arrives_and_the_worker_stays_usable(obedient: Settings) -> None:
    with LocalExecutor(obedient, workers=1) as executor:
        with pytest.raises(StepError, match="the disk is full"):
            executor.run(_shards(1, error="the disk is full"), lambda *_: None)
        assert executor.run(_shards(2), lambda *_: None)[1]["shard"] == 1


def test_what_goes_wrong_beside_the_shards_is_raised_and_not_swallowed(
    obedient: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(local.subprocess, "Popen", refused)
    with LocalExecutor(obedient, workers=2) as executor, pytest.raises(OSError, match="Cannot allocate memory"):
        executor.run(_shards(2), lambda *_: None)


def test_a_real_worker_ends_when_its_starter_is_gone_before_and_after_it_said_anything(tmp_path: Path) -> None:
    settings = json.dumps(load_settings(home=tmp_path).disclosed()) + "\n"
    for said in ("", settings):
        worker = subprocess.run(
            [sys.executable, "-m", "lode.workflow.worker"],
            input=said,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (worker.returncode, worker.stdout, worker.stderr) == (3, "", "")


def test_no_thread_outlives_the_executor(obedient: Settings) -> None:
    before = threading.active_count()
    with LocalExecutor(obedient, workers=3) as executor:
        executor.run(_shards(3), lambda *_: None)
    assert threading.active_count() == before
