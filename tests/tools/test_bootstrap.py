"""The shell part: which Python the set-up runs under."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BOOTSTRAP = Path(__file__).parents[2] / "tools" / "bootstrap"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH of its own that holds what the script needs and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "dirname", "env", "bash"):
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder


def interpreter(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def bootstrap(path: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHON"}
    command = ["sh", str(BOOTSTRAP), *words]
    return subprocess.run(command, env=clean | {"PATH": str(path)} | env, capture_output=True, text=True, check=False)


def test_without_a_python_it_names_the_packages_that_bring_one(path):
    ended = bootstrap(path, "run")
    assert ended.returncode == 1
    for words in ("Python 3.11 or newer", "apt-get install python3 python3-venv python3-dev", "dnf install", "brew"):
        assert words in ended.stderr


def test_a_python_that_is_too_old_or_does_not_start_is_passed_over(path):
    interpreter(path, "python3", "exit 1")  # too old: the question is answered with no
    interpreter(path, "python3.13", "echo no such version installed; exit 127")  # a shim without its Python
    interpreter(path, "python3.12", f'exec "{sys.executable}" "$@"')
    ended = bootstrap(path, "--help")
    assert ended.returncode == 0, ended.stderr
    assert "what running needs" in ended.stdout


def test_a_complete_python_is_preferred_to_one_without_headers(path):
    interpreter(path, "python3", 'case "$2" in *Python.h*) exit 1;; *sys.exit*) exit 0;; esac; echo incomplete; exit 3')
    interpreter(path, "python3.11", f'exec "{sys.executable}" "$@"')
    assert "what running needs" in bootstrap(path, "--help").stdout
    (path / "python3.11").unlink()
    assert bootstrap(path, "--help").stdout == "incomplete\n"  # better than none: it says itself what is missing


def test_a_python_that_is_named_rules_out_the_others(path):
    interpreter(path, "python3", f'exec "{sys.executable}" "$@"')
    ended = bootstrap(path, "run", PYTHON="/no/such/python")
    assert ended.returncode == 1
    assert "/no/such/python" in ended.stderr
