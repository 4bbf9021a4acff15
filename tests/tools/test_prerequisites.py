from __future__ import annotations

import importlib.util
import sysconfig
from pathlib import Path

import pytest

from tools import prerequisites
from tools.failure import SetupError


def compiler(folder: Path, name: str, code: int) -> None:
    (folder / name).write_text(f"#!/bin/sh\ncat > /dev/null\nexit {code}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in front of a PATH without compilers."""
    (tmp_path / "cat").symlink_to("/bin/cat")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    return tmp_path


def test_this_python_has_everything():
    assert prerequisites.missing_from_python() == []


def test_missing_header_is_named_with_the_packages_that_bring_it(monkeypatch, tmp_path):
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    with pytest.raises(
        SetupError, match=r"Python\.h .*\n?.*apt-get install python3\.\d+-dev.*dnf install python3-devel"
    ):
        prerequisites.check_python()


def test_missing_ensurepip_is_named_with_the_package_that_brings_it(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else found(name))
    with pytest.raises(SetupError, match=r"apt-get install python3\.\d+-venv"):
        prerequisites.check_python()


def test_everything_that_is_missing_is_named_at_once(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    assert len(prerequisites.missing_from_python()) == 2


def test_no_compiler(path):
    assert prerequisites.find_compiler() is None


def test_a_compiler_that_does_not_compile_is_passed_over(path):
    compiler(path, "g++", 1)  # a driver without its headers, say
    compiler(path, "clang++", 0)
    assert prerequisites.find_compiler() == "clang++"


def test_a_compiler_that_is_named_must_work(path, monkeypatch):
    compiler(path, "mine", 1)
    monkeypatch.setenv("CXX", "mine")
    with pytest.raises(SetupError, match="CXX=mine"):
        prerequisites.find_compiler()
    compiler(path, "mine", 0)
    assert prerequisites.find_compiler() == "mine"


def test_the_named_compiler_may_carry_options(path, monkeypatch):
    compiler(path, "cache", 0)
    monkeypatch.setenv("CXX", "cache g++")
    assert prerequisites.find_compiler() == "cache g++"
