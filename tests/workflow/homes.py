"""LODE_HOMEs for tests: commands in this process and in others, what the tables hold, writes that die."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import psutil
import pytest
import structlog
from polars.testing import assert_frame_equal

from lode.cli import main
from lode.lake import Lake
from lode.settings import Settings, load_settings
from lode.warehouse import Warehouse, stop
from lode.workflow.context import Context, Event, Report, open_context
from lode.workflow.mining import mine_recorded
from lode.workflow.options import MiningOptions

Written = TypeVar("Written")

# What differs between a run that was killed and one that was not: times, attempts, costs, memory.
VOLATILE = {
    *("started", "ended", "updated_at", "created_at", "opened_at", "as_of", "collected_at", "imported_at"),
    *("attempts", "cost", "cpu_seconds", "peak_memory", "code_version"),
}
RUN_TABLES = {
    "trials": ["run", "factor"],
    "lineage": ["run", "factor", "parent", "operation"],
    "factors": ["run", "factor"],
    "evidence": ["run", "factor", "split", "metric"],
    "factor_series": ["run", "factor", "horizon", "session"],
    "factor_values": ["factor", "session", "instrument"],
    "vault_openings": ["opening"],
    "snapshots": ["snapshot"],
    "runs": ["run"],
    "run_steps": ["run", "step", "shard"],
    "pool_weights": ["pool", "fitted_on", "factor"],
    "pool_figures": ["pool", "method", "split", "metric"],
    "pool_growth": ["pool", "place"],
}
IMPORT_TABLES = {
    "bars": ["source", "instrument", "session", "knowledge_time", "row_hash"],
    "quarantine": ["source", "batch", "row_number", "reason"],
    "imports": ["source", "batch"],
    "instruments": ["instrument", "symbol", "first_session"],
}
SMALL = ("--candidates", "60", "--shards", "2")


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        assert self.code == 0, self.err
        content = json.loads(self.out)
        assert isinstance(content, dict)
        return content

    @property
    def message(self) -> str:
        """What a failure says after the log's lines; never a traceback."""
        assert "Traceback" not in self.err
        return "\n".join(line for line in self.err.splitlines() if not line.startswith('{"'))


@dataclass(frozen=True)
class Home:
    """A LODE_HOME. `environment` holds further settings of its commands."""

    folder: Path
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def settings(self) -> Settings:
        with self._surroundings():
            return load_settings()

    @contextlib.contextmanager
    def context(self) -> Iterator[Context]:
        with open_context(self.settings) as context:
            yield context

    def lode(self, *arguments: object) -> Outcome:
        """Run a command in this process."""
        out, err, logging = io.StringIO(), io.StringIO(), structlog.get_config()
        with (
            self._surroundings(),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main([str(argument) for argument in arguments])
        structlog.configure(**logging)
        code = ended.value.code
        assert isinstance(code, int)
        return Outcome(code, out.getvalue(), err.getvalue())

    def spawn(self, *arguments: object) -> subprocess.Popen[str]:
        """Start a command in a process of its own."""
        with self._surroundings():
            return subprocess.Popen(
                [sys.executable, "-m", "lode.cli", *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )

    def stop(self) -> None:
        """End the embedded warehouse."""
        if self.settings.warehouse_folder.exists():
            stop(self.settings)

    @contextlib.contextmanager
    def _surroundings(self) -> Iterator[None]:
        place = self.folder.parent / f"{self.folder.name}-cwd"
        place.mkdir(parents=True, exist_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            for name in [n for n in os.environ if n.startswith("LODE_") and n != "LODE_SIMD"]:
                patch.delenv(name)
            patch.setenv("LODE_HOME", str(self.folder))
            patch.setenv("LODE_WAREHOUSE_IDLE", "120")
            for name, value in self.environment:
                patch.setenv(name, value)
            patch.chdir(place)
            yield


@dataclass(frozen=True)
class Mined:
    """A home with one finished run: what the command left, and its result."""

    home: Home
    outcome: Outcome
    result: dict[str, Any]


def ended(process: subprocess.Popen[str], *, timeout: float = 300) -> Outcome:
    """Wait for a command."""
    out, err = process.communicate(timeout=timeout)
    return Outcome(process.returncode, out, err)


class Here:
    """An executor that runs shards in this process, one after the other."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def run(self, events: Sequence[Event], report: Report) -> list[Event]:
        return [mine_recorded(event, self.context) for event in events]


def request_for(market: Path, **options: Any) -> Event:
    """A request as `lode run --source MARKET` makes it, at the size of `SMALL`."""
    return {"source": str(market), "options": MiningOptions(**{"candidates": 60, "shards": 2, **options}).to_dict()}


def table_rows(warehouse: Warehouse, tables: dict[str, list[str]]) -> dict[str, pl.DataFrame]:
    """Rows of `tables` in the order of their keys, without what is volatile; the id of the only run is RUN."""
    found = {}
    for table, keys in tables.items():
        rows = warehouse.query(f"SELECT * FROM {table} FINAL")  # noqa: S608  tables from code
        assert rows.select(keys).is_duplicated().sum() == 0
        if table == "snapshots":
            rows = rows.with_columns(pl.col("meta").str.replace(r'"as_of": "[^"]*"', ""))
        for name in {"run", "pool"} & set(rows.columns):
            rows = rows.with_columns(
                pl.when(pl.col(name).str.contains("^[0-9a-f]{16}$")).then(pl.lit("RUN")).alias(name)
            )
        if table == "runs":  # the code may be edited while a test runs
            rows = rows.with_columns(pl.col("message").str.replace("(; )?begun by code .*$", ""))
        found[table] = rows.drop([name for name in rows.columns if name in VOLATILE]).sort(keys)
    return found


def assert_same_rows(ours: dict[str, pl.DataFrame], theirs: dict[str, pl.DataFrame]) -> None:
    """Fail naming the table whose rows differ."""
    for table, rows in theirs.items():
        try:
            assert_frame_equal(ours[table], rows, check_exact=True)
        except AssertionError as difference:
            raise AssertionError(f"{table}: {ours[table].height} rows, expected {rows.height}\n{difference}") from None


def until(condition: Callable[[], Any], *, seconds: float = 120) -> Any:
    """Wait until a condition holds and return its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return value


def workers_of(starter: subprocess.Popen[str] | int) -> list[psutil.Process]:
    """The worker processes that a command, or the process of an id, has started."""
    pid = starter if isinstance(starter, int) else starter.pid
    with contextlib.suppress(psutil.NoSuchProcess):
        return [p for p in psutil.Process(pid).children() if "lode.workflow.worker" in _command(p)]
    return []


def _command(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return process.cmdline()
    return []


def kill(pid: int, sign: signal.Signals = signal.SIGKILL) -> None:
    """End a process; it may be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sign)


class Killed(BaseException):
    """What stands for a kill in a test that dies in this process."""


class Countdown:
    """Lets so many writes of this process pass, in whatever threads; the last is done, and then nothing is any more."""

    def __init__(self, writes: int) -> None:
        self.left, self._lock = writes, threading.Lock()

    def write(self, act: Callable[[], Written]) -> Written:
        """Write, or raise `Killed`: before it where the process is dead already, after it where this was the last."""
        with self._lock:
            if self.left <= 0:
                raise Killed
            written = act()
            self.left -= 1
            if self.left <= 0:
                raise Killed
        return written


@contextlib.contextmanager
def dying(writes: int) -> Iterator[Countdown]:
    """Let this process die after so many writes to lakes and warehouses."""
    countdown, claim, insert = Countdown(writes), Lake.claim, Warehouse.insert
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lake, "claim", lambda lake, key, body: countdown.write(lambda: claim(lake, key, body)))
        patch.setattr(
            Warehouse, "insert", lambda house, table, frame: countdown.write(lambda: insert(house, table, frame))
        )
        yield countdown
