"""The machine with its lake in S3: the rows of a run with a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.aws.cloud import Cloud, ended, functions_at, interpreter, rows_of
from tests.workflow.homes import Home, assert_same_rows

ASKED = ("run", "--source", "market", "--candidates", 8, "--shards", 2)


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[tuple[Home, Home]]:
    found = Home(tmp_path / "aws", (("LODE_LAKE_URL", "s3://lake/lode"),)), Home(tmp_path / "local")
    yield found
    for home in found:
        home.stop()


def test_a_lake_in_s3_leaves_the_same_rows(
    homes: tuple[Home, Home], endpoint: str, market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = homes
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")  # Step Functions' is the interpreter
    with functions_at(ours), interpreter(Cloud()) as (states, machine):
        boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="lake")
        assert ours.lode("import", "bars", market).code == 0
        request = '{"source": "market", "options": {"candidates": 8, "shards": 2}}'
        started = states.start_execution(stateMachineArn=machine, name="s3", input=request)["executionArn"]
        end = ended(states, started)
        assert end["status"] == "SUCCEEDED", end
        rows = rows_of(ours)
    assert theirs.lode("import", "bars", market).code == 0
    assert theirs.lode(*ASKED).code == 0
    assert_same_rows(rows, rows_of(theirs))
