"""Two executions of the same input at once are one run."""

from __future__ import annotations

import json
from pathlib import Path

from tests.aws.cloud import Cloud, ended, functions_at, interpreter, rows_of
from tests.workflow.homes import Home, assert_same_rows

REQUEST = {"source": "market", "options": {"candidates": 4, "shards": 1}}


def test_two_executions_at_once_leave_the_rows_of_one_run(tmp_path: Path, market: Path) -> None:
    ours, theirs = Home(tmp_path / "aws"), Home(tmp_path / "local")
    try:
        assert ours.lode("import", "bars", market).code == 0
        with functions_at(ours), interpreter(Cloud()) as (states, machine):
            started = [
                states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(REQUEST))["executionArn"]
                for name in ("one", "two")
            ]
            ends = [ended(states, execution) for execution in started]
        assert [end["status"] for end in ends] == ["SUCCEEDED", "SUCCEEDED"]
        assert len({json.loads(end["output"])["run"] for end in ends}) == 1
        assert theirs.lode("import", "bars", market).code == 0
        assert theirs.lode("run", "--source", "market", "--candidates", 4, "--shards", 1).code == 0
        assert_same_rows(rows_of(ours), rows_of(theirs))
    finally:
        ours.stop()
        theirs.stop()
