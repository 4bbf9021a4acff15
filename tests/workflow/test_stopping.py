from __future__ import annotations

import json
import os
import signal
from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest

from lode.cli.interrupting import terminated_as_interrupted
from lode.errors import NotFoundError, UsageError
from lode.lake import open_lake
from lode.settings import Settings
from lode.workflow import stopping
from lode.workflow.alive import Holder, find_holder
from lode.workflow.aws import StateMachine
from lode.workflow.context import Event
from lode.workflow.stopping import ask_to_stop
from lode.workflow.turns import ask_to_end

ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:lode"


def beat(settings: Settings, run: str, holder: Holder) -> None:
    key = f"rate/runs/{run}/{holder.name}/beat={datetime.now(UTC).timestamp():.0f}.json"
    open_lake(settings).claim(key, json.dumps(asdict(holder)).encode())


def test_the_living_process_of_a_run_is_found_and_a_dead_one_is_not(lode_settings: Settings) -> None:
    here, lake = Holder.here(), open_lake(lode_settings)
    beat(lode_settings, "r", replace(here, born=here.born - 100))
    assert find_holder("r", lake) is None
    beat(lode_settings, "r", here)
    assert find_holder("r", lake) == here


def test_a_run_that_nobody_has_in_hand_cannot_be_stopped(lode_settings: Settings) -> None:
    with pytest.raises(NotFoundError, match="no process has run r in hand"):
        ask_to_stop("r", lode_settings)
    assert not ask_to_end(os.getpid(), Holder.here().born - 100)


def test_a_process_of_another_machine_is_named(lode_settings: Settings) -> None:
    beat(lode_settings, "r", Holder("elsewhere/1", 4711, 1.0))
    with pytest.raises(UsageError, match="process 4711 of elsewhere/1: end it there"):
        ask_to_stop("r", lode_settings)


def test_an_execution_in_aws_is_stopped_by_its_arn(lode_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Event]] = []
    going = {"executions": [{"name": "lode-x1", "executionArn": "arn:…:lode-x1"}]}

    def answer(_machine: StateMachine, action: str, **parameters: object) -> Event:
        asked.append((action, parameters))
        return going if action == "list_executions" else {}

    monkeypatch.setattr(StateMachine, "_ask", answer)
    settings = lode_settings.model_copy(update={"state_machine_arn": ARN})
    open_lake(settings).claim("executions/lode-x1.json", b'{"run": "r"}')
    stopping.ask_to_stop("r", settings)
    assert asked[-1] == ("stop_execution", {"executionArn": "arn:…:lode-x1", "cause": "asked to stop"})
    with pytest.raises(NotFoundError, match="no execution of run s is going"):
        stopping.ask_to_stop("s", settings)


def test_a_request_to_end_is_an_interruption_once_and_only_in_the_block() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), terminated_as_interrupted():  # noqa: PT012  what comes after the first is the point
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)  # would end the tests
    assert signal.getsignal(signal.SIGTERM) is before
