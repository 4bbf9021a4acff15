"""A wheel in empty environments outside of the checkout: `python -m tools.release.bare WHEEL [--quick]`.

1. with what the package requires and no extra: smoke.py, then the tests of language and engine, as cibuildwheel does;
2. with the extra `run`: smoke.py, which mines the bundled sample and opens the dashboard. Not on Windows, where chDB,
   the embedded warehouse, has no wheel.

Every file is installed from requirements.lock, by hash; that nothing else was needed, `pip check` says.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable, Sequence
from pathlib import Path

from tools import locked
from tools.environment import ROOT
from tools.failure import SetupError

SMOKE = Path(__file__).with_name("smoke.py")
TESTED = ("tests/language", "tests/engine")
TESTERS = ("hypothesis", "pytest", "pytest-timeout")
"""As [tool.cibuildwheel] in pyproject.toml has them."""


def main(arguments: list[str]) -> int:
    """Try a wheel; return the exit code."""
    parser = argparse.ArgumentParser(prog="tools.release.bare", description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--quick", action="store_true", help="leave out the tests of language and engine")
    asked = parser.parse_args(arguments)
    try:
        try_wheel(asked.wheel, quick=asked.quick)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def try_wheel(wheel: Path, *, quick: bool = False) -> None:
    """Install a wheel into empty environments and use it. Raises SetupError at the first thing that fails."""
    if not wheel.is_file():
        raise SetupError(f"No wheel {wheel}; build one with `make release`.")
    with tempfile.TemporaryDirectory(prefix="lode-bare-") as folder:
        base = Bare(Path(folder) / "base", wheel)
        base.smoke("base")
        if not quick:
            base.install(TESTERS)
            base.test()
        if os.name == "posix":
            Bare(Path(folder) / "run", wheel, "run").smoke("run")
        else:
            print("The extra `run` is not tried here: chDB, its embedded warehouse, has no wheel for Windows.")


class Bare:
    """A virtual environment with a wheel, what it requires with some extras, and a working folder beside it."""

    def __init__(self, folder: Path, wheel: Path, *extras: str) -> None:
        self.folder, self.work = folder, folder / "work"
        venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(folder)
        self.work.mkdir()
        self.install(locked.asked_for(*extras))
        self._pip("install", "--no-deps", "--no-index", wheel.resolve())
        self._pip("check")

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def install(self, names: Iterable[str]) -> None:
        """Install packages and all that they bring, as the lock pins them."""
        part = self.folder / "part.lock"
        locked.write(locked.needed(names, locked.read()), part)
        self._pip("install", "--require-hashes", "--no-deps", "-r", part)

    def smoke(self, level: str) -> None:
        """Use the package as a user would."""
        self._run([self.python, "-P", SMOKE, level], why=f"The wheel does not work ({level})")

    def test(self) -> None:
        """Run the tests of language and engine on the installed core."""
        command: list[str | Path] = [
            self.python,
            "-m",
            "pytest",
            "-q",
            "-c",
            ROOT / "pyproject.toml",
            "-p",
            "no:cacheprovider",
        ]
        self._run([*command, *(ROOT / part for part in TESTED)], why="The installed wheel fails its tests")

    def _pip(self, *words: str | Path) -> None:
        quiet = () if words[0] == "check" else ("--quiet",)
        command: tuple[str | Path, ...] = (self.python, "-m", "pip", "--disable-pip-version-check", *words, *quiet)
        self._run(command, why=f"pip {words[0]} failed in an empty environment")

    def _run(self, command: Sequence[str | Path], *, why: str) -> None:
        """Run a command in the working folder, with nothing of this machine's settings."""
        env = {
            name: value for name, value in os.environ.items() if not name.startswith(("LODE_", "PYTHON", "VIRTUAL_"))
        }
        words = [str(word) for word in command]
        if subprocess.run(words, cwd=self.work, env=env, check=False).returncode:
            raise SetupError(f"{why}: `{' '.join(words)}` failed; its message stands above.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
