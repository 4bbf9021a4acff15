"""The package without its extras: what needs none works, the rest says in one line what to install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WAREHOUSE = ("clickhouse_connect", "chdb", "lz4", "starlette", "uvicorn", "zstandard", "python_multipart")
COLLECT = (
    "curl_cffi",
    "ddgs",
    "httpx",
    "index_constitution",
    "lxml",
    "pandera",
    "stamina",
    "vaderSentiment",
    "yfinance",
)
APP = ("altair", "jwt", "streamlit")
WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""


def lode(folder: Path, *arguments: str, absent: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Run a command in a process where some packages cannot be imported."""
    program = WITHOUT.format(absent=absent) + "from lode.cli import main; main()"
    env = {name: value for name, value in os.environ.items() if not name.startswith("LODE_")}
    env["LODE_HOME"] = str(folder / "home")
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_simulating_needs_no_extra(tmp_path: Path) -> None:
    told = lode(tmp_path, "simulate", "m.parquet", "--names", "5", "--sessions", "30", absent=WAREHOUSE + COLLECT + APP)
    assert (told.returncode, told.stderr) == (0, "")
    assert (tmp_path / "m.parquet").is_file()


def test_doctor_needs_no_extra(tmp_path: Path) -> None:
    told = lode(tmp_path, "doctor", absent=WAREHOUSE + COLLECT + APP)
    assert (told.returncode, told.stderr) == (0, "")
    assert "extra collect" in told.stdout  # whether it is there, the metadata say


@pytest.mark.parametrize(
    "command",
    [
        ("run",),
        ("mine", "--snapshot", "s"),
        ("evaluate", "rank(close)"),
        ("update",),
        ("calibrate",),
        ("factors",),
        ("runs",),
        ("sql", "SELECT 1"),
        ("warehouse", "status"),
        ("workflow", "render"),
        ("app",),
    ],
    ids=" ".join,
)
def test_what_needs_the_warehouse_says_so_in_one_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    told = lode(tmp_path, *command, absent=WAREHOUSE + COLLECT + APP)
    assert told.returncode == 2
    assert told.stderr == "error: the warehouse needs clickhouse_connect: pip install 'lode-factors[warehouse]'\n"


@pytest.mark.parametrize(
    ("command", "absent", "package"),
    [(("collect", "market"), WAREHOUSE + COLLECT, "zstandard"), (("app",), APP, "streamlit")],
)
def test_what_needs_another_extra_says_so_in_one_line(
    tmp_path: Path, command: tuple[str, ...], absent: tuple[str, ...], package: str
) -> None:
    told = lode(tmp_path, *command, absent=absent)
    assert told.returncode == 2
    assert told.stderr == f"error: `lode {command[0]}` needs {package}: pip install 'lode-factors[run]'\n"


def test_a_fault_of_our_own_is_not_taken_for_a_missing_package(tmp_path: Path) -> None:
    told = lode(tmp_path, "doctor", absent=("lode.workflow.diagnosis",))
    assert told.returncode == 1
    assert "unexpected" in told.stderr


def test_python_says_it_too(tmp_path: Path) -> None:
    program = (
        WITHOUT.format(absent=WAREHOUSE)
        + """
import lode
from lode.simulate import simulate
panel = lode.Panel.from_frame(simulate(20, 300, seed=1))
print(lode.compute("rank(close)", panel).height)
try:
    lode.evaluate("rank(close)", panel)
except lode.LodeError as error:
    print(error)
"""
    )
    command = [sys.executable, "-c", program]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert told == "300\nthe warehouse needs clickhouse_connect: pip install 'lode-factors[warehouse]'\n"


def test_without_locks_of_files_the_embedded_warehouse_says_where_it_runs(tmp_path: Path) -> None:
    told = lode(tmp_path, "warehouse", "status", absent=("fcntl",))
    assert told.returncode == 1
    assert "the embedded warehouse runs on Linux and macOS alone: set LODE_WAREHOUSE_URL" in told.stderr
