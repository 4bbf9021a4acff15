from __future__ import annotations

import subprocess
from pathlib import Path

from tools import core, environment, prerequisites


def test_the_build_depends_on_the_kernels_and_the_build_files():
    names = {path.name for path in core.sources()}
    assert {"pyproject.toml", "CMakeLists.txt"} <= names
    assert any(name.endswith(".cpp") for name in names)
    assert not any(name.endswith((".py", ".so")) for name in names)


def test_packages_are_folders_with_modules():
    names = {path.relative_to(environment.ROOT).as_posix() for path in core.packages()}
    assert {"src/lode", "src/lode/app/queries"} <= names
    assert "src/lode/engine/core" not in names


def test_zigs_compiler_stands_behind_wrappers_that_know_their_interpreter(tmp_path, monkeypatch):
    folder = tmp_path / "a folder" / ".venv"
    (folder / "bin").mkdir(parents=True)
    environment.python(folder).write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    environment.python(folder).chmod(0o755)
    monkeypatch.setenv("CMAKE_ARGS", "-DMINE=1")
    env = core.zig_environment(folder)
    said = subprocess.run([env["CXX"], "-c", "a file.cpp"], capture_output=True, text=True, check=True).stdout
    assert said == "-m|ziglang|c++|-c|a file.cpp|"
    assert env["CMAKE_ARGS"].endswith(" -DMINE=1")
    assert str(folder) in env["CMAKE_ARGS"]


def test_without_a_compiler_zig_is_installed_and_used(tmp_path, monkeypatch):
    ran, installed = [], []
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(prerequisites, "find_compiler", lambda: None)
    monkeypatch.setattr(environment, "install", lambda lock, folder: installed.append((lock.name, folder)))
    monkeypatch.setattr(core, "run", lambda command, why, env: ran.append(env))
    core.build(tmp_path)
    assert installed == [("requirements-zig.lock", tmp_path)]
    assert Path(ran[0]["CXX"]).parent == tmp_path / "bin"


def test_the_compiler_that_was_found_is_the_one_that_builds(tmp_path, monkeypatch):
    ran = []
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(prerequisites, "find_compiler", lambda: "clang++")
    monkeypatch.setattr(core, "run", lambda command, why, env: ran.append((command, env)))
    core.build(tmp_path)
    assert ran[0][1]["CXX"] == "clang++"
    assert {"--no-deps", "--no-build-isolation", "--editable"} <= set(ran[0][0])
