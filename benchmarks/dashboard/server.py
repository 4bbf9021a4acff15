"""`lode app` as a process of its own, and what it and the warehouse hold in memory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dashboard.home import environment
from benchmarks.processes import BenchmarkError
from lode.warehouse.owner.state import read_state

_PATIENCE = 60.0  # seconds


@dataclass(frozen=True)
class Server:
    """A dashboard that answers; seconds from its start until it did."""

    pid: int
    port: int
    seconds: float

    @property
    def resident(self) -> int:
        """Bytes that it and its children hold in memory."""
        return sum(resident(pid) for pid in (self.pid, *_children(self.pid)))


@contextmanager
def served(home: Path) -> Iterator[Server]:
    """Run `lode app` over a home, and end it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    began = time.perf_counter()
    with (home / "app.log").open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "lode.cli", "app", "--port", str(port)],
            cwd=home,
            env=environment(home),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await(process, port)
        yield Server(process.pid, port, time.perf_counter() - began)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def warehouse_pid(folder: Path) -> int:
    """The process that owns the embedded warehouse in a folder; 0 where none does."""
    state = read_state(folder)
    return state.pid if state else 0


def resident(pid: int) -> int:
    """Resident bytes of a process; 0 where it is gone."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def processor_seconds(pid: int) -> float:
    """Processor time that a process and its children have had, in user's code and the system's."""
    ticks = 0
    for each in (pid, *_children(pid)):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found + [below for child in found for below in _children(child)]


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.05)
    raise BenchmarkError("the dashboard does not answer")
