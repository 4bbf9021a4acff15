"""The lake on an S3 that asks for fewer requests, or fails for a while."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer

from lode import lake as lake_module
from lode.errors import LakeError
from lode.lake import Lake
from lode.workflow.run import execute, resume
from lode.workflow.steps import request_id
from tests.replicas.throttled import Fault, Throttled
from tests.workflow.homes import RUN_TABLES, Here, Home, assert_same_rows, request_for, table_rows

FAULTS: list[Fault] = ["slow down", "failed", "failed after"]
KEY = "raw/a/b.json"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def proxy(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Throttled]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with Throttled(moto) as opened:
        monkeypatch.setenv("AWS_ENDPOINT_URL", opened.url)
        yield opened


@pytest.fixture
def bucket(moto: str) -> str:
    name = f"lode-{time.time_ns()}"
    urlopen(Request(f"{moto}/{name}", method="PUT")).close()
    return name


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lake_module, "_RETRIES", lake_module._RETRIES | {"retry_timeout": timedelta(seconds=1)})


def test_the_lake_waits_for_about_a_minute() -> None:
    assert lake_module._RETRIES["retry_timeout"] == timedelta(minutes=1)
    assert lake_module._RETRIES["max_retries"] == 100


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_refused_for_a_while_is_asked_again_with_growing_pauses(
    proxy: Throttled, bucket: str, fault: Fault
) -> None:
    lake = Lake(f"s3://{bucket}/some/prefix")
    for act in (
        lambda: lake.put(KEY, b"bytes"),
        lambda: lake.get(KEY),
        lambda: lake.exists(KEY),
        lambda: lake.list("raw"),
    ):
        proxy.faults.extend([fault] * 3)
        began = time.monotonic()
        act()
        assert time.monotonic() - began > 0.2
        assert not proxy.faults
    assert lake.get(KEY) == b"bytes"
    assert lake.list("") == [KEY]


@pytest.mark.usefixtures("impatient")
def test_what_is_refused_for_too_long_is_an_error_that_says_where_and_what_next(proxy: Throttled, bucket: str) -> None:
    lake = Lake(f"s3://{bucket}/some/prefix")
    proxy.faults.extend(["slow down"] * 500)
    with pytest.raises(LakeError, match=rf"s3://{bucket}/some/prefix cannot write {KEY}.*SlowDown.*try again later"):
        lake.put(KEY, b"bytes")
    proxy.faults.clear()
    assert lake.list("") == []
    assert lake.put(KEY, b"bytes")


def test_a_run_on_a_throttled_lake_leaves_the_rows_of_one_that_was_not(
    tmp_path: Path, market: Path, proxy: Throttled, bucket: str
) -> None:
    rows, random_ = [], random.Random(4)
    request = request_for(market, candidates=24)
    for name, faults in (("calm", 0), ("throttled", 120)):
        home = Home(tmp_path / name, (("LODE_LAKE_URL", f"s3://{bucket}/{name}"),))
        proxy.faults.extend(random_.choice([*FAULTS, *[None] * 6]) for _ in range(faults))
        try:
            with home.context() as context:
                execute(request, context, Here(context))
                rows.append(table_rows(context.warehouse, RUN_TABLES))
        finally:
            proxy.faults.clear()
            home.stop()
    assert proxy.refused > 20
    assert_same_rows(rows[1], rows[0])


@pytest.mark.usefixtures("impatient")
def test_a_run_whose_lake_refuses_for_good_fails_with_the_reason_and_is_resumed(
    tmp_path: Path, market: Path, proxy: Throttled, bucket: str
) -> None:
    home = Home(tmp_path / "home", (("LODE_LAKE_URL", f"s3://{bucket}/home"),))
    request = request_for(market, candidates=24)
    try:
        with home.context() as context:
            proxy.faults.extend([None] * 40)
            proxy.faults.extend(["slow down"] * 5000)
            with pytest.raises(LakeError, match="try again later") as refused:
                execute(request, context, Here(context))
            proxy.faults.clear()
            failed = context.warehouse.query("SELECT run, state, message FROM runs FINAL").row(0, named=True)
            assert failed["state"] == "failed"
            assert str(refused.value) in failed["message"]
            result = resume(failed["run"], context, Here(context))
    finally:
        home.stop()
    assert result["trials"] == 24
    assert failed["run"] in {result["run"], request_id(request)}
