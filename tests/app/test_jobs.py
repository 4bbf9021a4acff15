from __future__ import annotations

import json
import os
import sys

import psutil
import pytest

from lode.app import jobs
from lode.errors import NotFoundError, UsageError
from lode.workflow.options import MiningOptions
from lode.workflow.turns import born_at

KEY, OTHER = "0123456789abcdef", "fedcba9876543210"
REQUEST = {"source": "--resume", "universe": None, "options": MiningOptions(seed=3, racing=True).to_dict()}


@pytest.fixture
def lasting(monkeypatch):
    """Let every job be a process that waits until it is asked to end, and count the starts."""
    started: list[list[str]] = []

    def instead(words, settings):
        started.append(words)
        return [sys.executable, "-c", "import sys; sys.stdin = None; import time; time.sleep(60)"]

    monkeypatch.setattr(jobs, "command", instead)
    return started


def log(settings, key: str, *lines: str) -> None:
    folder = settings.folder / "jobs" / key
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "request.json").write_text("{}")
    (folder / "log.jsonl").write_text("\n".join(lines))


def end(settings, *keys: str) -> None:
    for key in keys:
        pid = json.loads((settings.folder / "jobs" / key / "process.json").read_text())["pid"]
        os.kill(pid, 9)


def test_values_are_joined_to_their_options_and_defaults_left_out(lode_settings):
    words = jobs.command(REQUEST, lode_settings)
    assert words[:2] == [sys.executable, "-P"]
    assert words[4:] == ["run", "--json", "--source=--resume", "--seed=3", "--racing"]
    assert jobs.command({"resume": "abc"}, lode_settings)[-1] == "--resume=abc"


def test_where_a_state_machine_is_deployed_it_carries_out_the_run(lode_settings):
    settings = lode_settings.model_copy(update={"state_machine_arn": "arn"})
    assert "--executor=aws" in jobs.command(REQUEST, settings)


def test_one_click_that_arrives_twice_starts_one_process(lode_settings, lasting):
    first = jobs.start(lode_settings, REQUEST, KEY)
    again = jobs.start(lode_settings, REQUEST, KEY)
    from_another_window = jobs.start(lode_settings, REQUEST, OTHER)
    other_request = jobs.start(lode_settings, REQUEST | {"source": "b"}, OTHER)
    try:
        assert len(lasting) == 2
        assert first.is_going
        assert (first.key, again.key, from_another_window.key, other_request.key) == (KEY, KEY, KEY, OTHER)
        assert first.request == REQUEST
    finally:
        end(lode_settings, KEY, OTHER)


def test_a_key_whose_job_has_ended_starts_nothing_again(lode_settings, lasting):
    log(lode_settings, KEY)
    (lode_settings.folder / "jobs" / KEY / "process.json").write_text('{"pid": 1, "born": 1.0}')
    assert not jobs.start(lode_settings, REQUEST, KEY).is_going
    assert lasting == []


def test_a_job_is_asked_to_end(lode_settings, lasting):
    jobs.start(lode_settings, REQUEST, KEY)
    pid = json.loads((lode_settings.folder / "jobs" / KEY / "process.json").read_text())["pid"]
    jobs.cancel(lode_settings, KEY)
    assert wait_for_end(pid)
    with pytest.raises(NotFoundError, match="has ended already"):
        jobs.cancel(lode_settings, KEY)


def wait_for_end(pid: int) -> bool:
    try:
        psutil.Process(pid).wait(20)
    except psutil.NoSuchProcess:
        return True
    return born_at(pid) < 0


def test_who_may_only_look_is_refused_by_what_starts_and_ends_too(lode_settings, lasting, monkeypatch):
    monkeypatch.setattr(jobs, "may_research", lambda _settings: False)
    for refused in (lambda: jobs.start(lode_settings, REQUEST, KEY), lambda: jobs.cancel(lode_settings, KEY)):
        with pytest.raises(UsageError, match="role researcher"):
            refused()
    assert lasting == []
    assert not jobs.is_known(lode_settings, KEY)


@pytest.mark.parametrize("key", ["", "../../etc", "0123456789abcdeg", "0123456789ABCDEF"])
def test_a_key_is_no_path(lode_settings, key):
    for asked in (jobs.read, jobs.is_known, jobs.cancel):
        with pytest.raises(UsageError, match="16 digits"):
            asked(lode_settings, key)


def test_an_unknown_job_is_said(lode_settings):
    with pytest.raises(NotFoundError, match="no job"):
        jobs.read(lode_settings, KEY)


def test_the_run_is_the_first_that_the_log_names_and_what_people_read_is_the_rest(lode_settings):
    log(lode_settings, KEY, '{"event": "source"}', '{"run": "r1"}', "error: it broke", "go on with r1", '{"run": "r')
    job = jobs.read(lode_settings, KEY)
    assert (job.run, job.said) == ("r1", "error: it broke\ngo on with r1")
    log(lode_settings, OTHER, "error: --source", '{"run": 3}')
    assert jobs.read(lode_settings, OTHER).run is None


def test_a_run_that_was_done_before_is_known_by_its_result(lode_settings):
    log(lode_settings, KEY)
    (lode_settings.folder / "jobs" / KEY / "result.json").write_text('{"run": "r2"}')
    assert jobs.read(lode_settings, KEY).run == "r2"
