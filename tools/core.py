"""The project itself in the virtual environment, its C++ core built with this machine's compiler or with zig's."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from tools import environment, prerequisites
from tools.failure import run

ZIG_LOCK = environment.ROOT / "requirements-zig.lock"


def sources(root: Path = environment.ROOT) -> list[Path]:
    """Return the files whose change asks for a new build."""
    core = root / "src" / "lode" / "engine"
    kernels = [path for path in core.rglob("*") if path.suffix in {".cpp", ".cc", ".hpp", ".h", ".inc", ".cmake"}]
    return [root / "pyproject.toml", root / "CMakeLists.txt", *kernels]


def packages(root: Path = environment.ROOT) -> list[Path]:
    """Return the packages: an editable install looks where each was, also for a module that has become one since."""
    return [path.parent for path in (root / "src" / "lode").rglob("__init__.py")]


def build(folder: Path = environment.FOLDER) -> None:
    """Install the project, editable, into `folder`; its packages and build requirements are there already."""
    compiler = prerequisites.find_compiler()
    env = dict(os.environ)
    if compiler is None:
        print(f"No C++ compiler ({', '.join(prerequisites.COMPILERS)}) here: taking zig's. First build: a minute.")
        environment.install(ZIG_LOCK, folder)
        env |= zig_environment(folder)
    elif "CXX" not in env:
        env["CXX"] = compiler
    command = [*environment.pip(folder), "install", "--quiet", "--no-deps", "--no-build-isolation"]
    command += ["--editable", environment.ROOT]
    run(command, why="The core cannot be built", env=env)


def zig_environment(folder: Path) -> dict[str, str]:
    """Write one wrapper script per tool of zig's into `folder`/bin; return the variables that make CMake use them."""
    tools = {"CC": "cc", "CXX": "c++", "AR": "ar", "RANLIB": "ranlib"}
    scripts = {}
    for variable, tool in tools.items():
        script = folder / "bin" / f"zig-{tool}"
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(str(environment.python(folder)))} -m ziglang {tool} "$@"\n')
        script.chmod(0o755)
        scripts[variable] = str(script)
    options = [f"-DCMAKE_{name}={scripts[name]}" for name in ("AR", "RANLIB")]
    given = os.environ.get("CMAKE_ARGS", "")
    return {"CC": scripts["CC"], "CXX": scripts["CXX"], "CMAKE_ARGS": f"{shlex.join(options)} {given}".strip()}
