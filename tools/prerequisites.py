"""What a machine must have before anything can be installed, and the package that brings what is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tools.failure import SetupError

OLDEST_PYTHON = (3, 11)
COMPILERS = ("g++", "clang++", "c++")
_PROGRAM = "#include <cstdint>\n#include <vector>\nint main() { return std::vector<int32_t>().size(); }\n"


def missing_from_python() -> list[str]:
    """One line for each part of this Python that a virtual environment or an extension module needs and is absent."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    faults = []
    if sys.version_info < OLDEST_PYTHON:
        faults.append(f"Python 3.11 or newer: this is {version} ({sys.executable}); name another with PYTHON=…")
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        faults.append(
            f"venv and ensurepip of {sys.executable}: Debian, Ubuntu `apt-get install python{version}-venv`; "
            f"Fedora `dnf install python3-pip`; macOS `brew install python@{version}`"
        )
    header = Path(sysconfig.get_path("include")) / "Python.h"
    if not header.exists():
        faults.append(
            f"Python.h ({header}): Debian, Ubuntu `apt-get install python{version}-dev`; "
            f"Fedora `dnf install python3-devel`; macOS `brew install python@{version}`"
        )
    return faults


def check_python() -> None:
    """Raise SetupError that names every missing part of this Python and the package that brings it."""
    faults = missing_from_python()
    if faults:
        raise SetupError("Missing:\n" + "\n".join(f"  {fault}" for fault in faults) + "\nThen run the command again.")


def compiles(compiler: str) -> bool:
    """Whether `compiler` takes a C++17 program that uses the standard library (a driver without headers does not)."""
    command = [*compiler.split(), "-std=c++17", "-x", "c++", "-fsyntax-only", "-"]
    try:
        trial = subprocess.run(command, input=_PROGRAM, text=True, capture_output=True, check=False)
    except OSError:
        return False
    return trial.returncode == 0


def find_compiler() -> str | None:
    """Return the C++ compiler to build with, None when this machine has none that works.

    CXX, where set, is taken as given. Raises SetupError when it does not compile.
    """
    named = os.environ.get("CXX")
    if named:
        if compiles(named):
            return named
        raise SetupError(f"CXX={named} compiles no C++17 program; unset CXX, or name a compiler that works.")
    return next((name for name in COMPILERS if shutil.which(name) and compiles(name)), None)
