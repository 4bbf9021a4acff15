"""Shards on a real Ray cluster of two nodes on this machine."""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from lode.errors import SourceUnavailableError, StepError, UsageError
from lode.lake import open_lake
from lode.settings import load_settings
from lode.workflow.ray_cluster import RayExecutor
from lode.workflow.run import execute
from tests.workflow.homes import RUN_TABLES, Here, Home, assert_same_rows, request_for, table_rows, until

_RAY = Path(sys.executable).with_name("ray")
# A token of its own, which Ray reads when it is imported, and a node that is killed is missed soon.
_SURROUNDINGS = {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_failure_threshold": "3",
}
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


class Node:
    """A node of a cluster: the processes that `ray start` starts, in a group of their own."""

    def __init__(self, *arguments: str) -> None:
        command = [_RAY, "start", "--block", "--node-ip-address=127.0.0.1", "--num-cpus=1", *arguments]
        self._process = subprocess.Popen(
            [*map(str, command), "--object-store-memory=80000000"],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _free_port() -> int:
    """A port that nobody has, outside of the range from which the system gives them away."""
    for port in random.Random(os.getpid()).sample(range(20_000, 30_000), 100):
        with contextlib.suppress(OSError), socket.socket() as taken:
            taken.bind(("127.0.0.1", port))
            return port
    pytest.fail("no free port between 20,000 and 30,000")


class TwoNodes:
    """A cluster of two nodes with one processor each; one of them may be killed and comes back for the next test."""

    def __init__(self) -> None:
        port = _free_port()
        self.address = f"127.0.0.1:{port}"
        self.folder = TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True)  # short: sockets lie in it
        self.head = Node("--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={self.folder.name}")
        until(self._answers)
        self.second = Node(f"--address={self.address}")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(self.address[10:])), 1):
            return True
        return False

    def wait_for_both(self) -> None:
        """Wait, inside of a connection, until both nodes take work."""
        import ray

        until(lambda: sum(node["Alive"] for node in ray.nodes()) >= 2)


@pytest.fixture(scope="module")
def cluster() -> Iterator[TwoNodes]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _SURROUNDINGS.items():
            patch.setenv(name, value)
        started = TwoNodes()
        yield started
        started.second.kill()
        started.head.kill()
        started.folder.cleanup()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "home")
    yield home
    home.stop()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, market: Path) -> dict[str, Any]:
    home = Home(tmp_path_factory.mktemp("expected") / "home")
    with home.context() as context:
        execute(request_for(market, shards=3), context, Here(context))
        rows = table_rows(context.warehouse, RUN_TABLES)
    home.stop()
    return rows


def test_a_run_on_two_nodes_leaves_the_rows_of_a_local_one(
    cluster: TwoNodes, home: Home, market: Path, expected: dict[str, Any]
) -> None:
    with home.context() as context, RayExecutor(home.settings, address=cluster.address) as executor:
        cluster.wait_for_both()
        execute(request_for(market, shards=3), context, executor)
        assert_same_rows(table_rows(context.warehouse, RUN_TABLES), expected)


def test_a_node_that_is_killed_while_the_run_goes_on_takes_no_work_with_it(
    cluster: TwoNodes, home: Home, market: Path, expected: dict[str, Any]
) -> None:
    lake = open_lake(home.settings)
    with home.context() as context, RayExecutor(home.settings, address=cluster.address) as executor:
        cluster.wait_for_both()

        def kill_it() -> None:
            until(lambda: any("shard" in key for key in lake.list("runs/")))
            cluster.second.kill()

        killer = threading.Thread(target=kill_it)
        killer.start()
        execute(request_for(market, shards=3), context, executor)
        killer.join()
        rows = table_rows(context.warehouse, RUN_TABLES)
    assert_same_rows(rows, expected)


def test_what_a_shard_refuses_is_said_and_a_lost_cluster_too(cluster: TwoNodes, home: Home) -> None:
    with RayExecutor(home.settings, address=cluster.address) as executor:
        began = time.monotonic()
        with pytest.raises(StepError, match=r"runs/none/plan\.json"):
            executor.run([{"run": "none", "epoch": 0, "shard": 0}], lambda *_: None)
        assert time.monotonic() - began < 60
    with pytest.raises(SourceUnavailableError, match=r"no Ray cluster answers there.*ray start --head"):
        RayExecutor(home.settings, address="127.0.0.1:1")


def test_a_cluster_of_several_machines_needs_places_that_all_of_them_reach(
    cluster: TwoNodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    nodes = [{"NodeManagerHostname": name, "Alive": True} for name in ("one", "two")]
    monkeypatch.setattr(ray, "nodes", lambda: nodes)
    with pytest.raises(UsageError, match="LODE_WAREHOUSE_URL and LODE_LAKE_URL"):
        RayExecutor(load_settings(home=tmp_path), address=cluster.address)
    assert not ray.is_initialized()
