"""The kernel tests against a core that watches itself: built with AddressSanitizer and UndefinedBehaviorSanitizer.

It stands in build/sanitize and takes the place of the installed core for these tests alone. Whatever reads or writes
outside of an array, or does what C++ leaves undefined, ends the run with the line where it happened.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import environment, prerequisites
from tools.failure import SetupError, run

FOLDER = environment.ROOT / "build" / "sanitize"
WATCHED = "LODE_SANITIZED_CORE"
"""The variable that names the watched core to the tests' process."""
_MEASURES_MEMORY = "tests/engine/test_blocks.py::test_a_panel_larger_than_the_memory_is_computed_within_it"
_TESTS = ("tests/engine", "--deselect", _MEASURES_MEMORY)
"""What is left out measures memory, of which the watching takes its own part."""
_RUNTIMES = {"g++": ("libasan.so", "libubsan.so"), "clang++": ("libclang_rt.asan-x86_64.so",)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, then run the kernel tests; arguments are handed on to pytest."""
    try:
        compiler = found_compiler()
        core = build(compiler)
        watching = surroundings(compiler, core)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = [sys.executable, "-m", "pytest", "-p", "tools.sanitize", "-p", "no:cacheprovider", "-q", *_TESTS, *given]
    return subprocess.run(command, env=watching, cwd=environment.ROOT, check=False).returncode


def found_compiler() -> str:
    """The machine's own; zig brings no runtime of the sanitizers."""
    compiler = prerequisites.find_compiler()
    if compiler is None:
        raise SetupError(f"The sanitizers need {' or '.join(_RUNTIMES)}; this machine has neither.")
    return compiler


def variant() -> str:
    """The instruction set to watch: AVX2, whose loops most processors run, where there is one."""
    return "avx2" if platform.machine() in {"x86_64", "AMD64"} else "baseline"


def build(compiler: str, folder: Path = FOLDER) -> Path:
    """Build the watched core; return its file."""
    tools = environment.python().parent
    target = f"_core_{variant()}"
    configure: list[str | Path] = [
        tools / "cmake",
        "-S",
        environment.ROOT,
        "-B",
        folder,
        "-G",
        "Ninja",
        "-DLODE_SANITIZE=ON",
    ]
    configure += [f"-DCMAKE_MAKE_PROGRAM={tools / 'ninja'}", f"-DCMAKE_CXX_COMPILER={compiler}"]
    run([*configure, f"-DPython_EXECUTABLE={sys.executable}"], why="The watched core cannot be configured")
    run([tools / "ninja", "-C", folder, target], why="The watched core cannot be built")
    return next(folder.glob(f"{target}.*.so"))


def surroundings(compiler: str, core: Path) -> Mapping[str, str]:
    """The variables of the tests' process: what watches must be loaded before Python is."""
    found = [runtime(compiler, name) for name in _RUNTIMES.get(Path(compiler).name, _RUNTIMES["g++"])]
    return dict(os.environ) | {
        "LD_PRELOAD": " ".join(found),
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",  # Python itself keeps what it has
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "LODE_SIMD": variant(),
        WATCHED: str(core),
    }


def runtime(compiler: str, name: str) -> str:
    """Where the compiler keeps a library of its sanitizers."""
    asked = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=False)
    found = Path(asked.stdout.strip())
    if asked.returncode or not found.is_absolute():
        raise SetupError(f"{compiler} has no {name}; install its sanitizers (Debian, Ubuntu: libgcc-12-dev).")
    return str(found.resolve())


def pytest_configure() -> None:
    """Put the watched core in the installed one's place, before anything imports that."""
    core = Path(os.environ[WATCHED])
    name = f"lode.engine.{core.name.split('.')[0]}"
    spec = importlib.util.spec_from_file_location(name, core)
    if spec is None or spec.loader is None:
        raise SetupError(f"{core} is no extension module.")
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])


if __name__ == "__main__":
    sys.exit(main())
