"""Runs ours and the peers, each in a process of its own, and reads the figures that it prints last."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv-bench" / "bin" / "python"
NEWER_PYTHON = ROOT / ".venv-bench-312" / "bin" / "python"
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS")


class BenchmarkError(RuntimeError):
    """A process of the benchmark failed or took too long."""


def figures(command: Sequence[str | Path], *, threads: int, seconds: float, simd: str = "") -> dict[str, Any]:
    """Run a command with as many threads; return the JSON object of its last line."""
    return last_object(output(command, threads=threads, seconds=seconds, simd=simd))


def output(command: Sequence[str | Path], *, threads: int, seconds: float, simd: str = "") -> str:
    """Run a command with as many threads; return what it printed."""
    settings = dict.fromkeys(ONE_THREAD, str(threads)) | ({"LODE_SIMD": simd} if simd else {})
    where = {key: value for key, value in os.environ.items() if key not in {"LODE_SIMD", "PYTHONDONTWRITEBYTECODE"}}
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=ROOT, env=where | settings, timeout=seconds
        )
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"{_named(command)} took over {seconds:.0f} s") from error
    if ended.returncode:
        last = [line for line in ended.stderr.splitlines() if line.strip()][-1:]
        raise BenchmarkError(f"{_named(command)} ended with {ended.returncode}: {' '.join(last)[:300]}")
    return ended.stdout


def objects(printed: str) -> list[dict[str, Any]]:
    """The lines that are JSON objects; libraries print others."""
    found = []
    for line in printed.splitlines():
        if line.startswith("{"):
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
    return found


def last_object(printed: str) -> dict[str, Any]:
    """The last line that is a JSON object."""
    found = objects(printed)
    if not found:
        raise BenchmarkError("nothing that is a JSON object was printed")
    return found[-1]


def _named(command: Sequence[str | Path]) -> str:
    return " ".join(Path(str(part)).name for part in command[1:5])


def ours(
    job: str, panel: Path, *options: str | Path, threads: int = 1, simd: str = "", seconds: float = 900
) -> dict[str, Any]:
    """A job of `benchmarks/ours.py`."""
    command = [sys.executable, "-m", "benchmarks.ours", job, panel, "--threads", str(threads), *options]
    return figures([str(part) for part in command], threads=threads, seconds=seconds, simd=simd)


def peer(
    script: str, panel: Path, values: Path | str, *options: str | Path, threads: int = 1, seconds: float = 900
) -> dict[str, Any]:
    """A script of `benchmarks/peers`, in the environment that it needs."""
    python = NEWER_PYTHON if script == "alpha_lib" else PYTHON
    if not python.exists():
        raise BenchmarkError(f"{script} is left out: {python.parent.parent.name} is not there (python -m tools.bench)")
    path = ROOT / "benchmarks" / "peers" / f"{script}.py"
    command = [python, path, panel, values, "--threads", str(threads), *options]
    return figures([str(part) for part in command], threads=threads, seconds=seconds)
