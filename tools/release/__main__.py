"""`make release`: build what HEAD would release into dist and try it; `--quick` leaves the kernel tests out."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools import core, environment, locked, prerequisites
from tools.environment import ROOT
from tools.failure import SetupError, run
from tools.licences.__main__ import main as judge_licences
from tools.release import archives, bare
from tools.setup import timed

DIST = ROOT / "dist"
_INSTALLED = ("--no-build-isolation",)  # with the backend that `make setup` installed
_ALONE = ("--build-constraints", str(locked.EVERYTHING), "--require-hashes")  # with what the archive asks for alone


def main(arguments: list[str]) -> int:
    """Build and try a release; return the exit code."""
    parser = argparse.ArgumentParser(prog="make release", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out the tests of language and engine")
    asked = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="lode-release-") as folder:
            wheel = build(Path(folder))
        bare.try_wheel(wheel, quick=asked.quick)
        if judge_licences([str(DIST)]):
            return 1
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    print("make release: passed;", ", ".join(sorted(path.name for path in DIST.iterdir())))
    return 0


def build(folder: Path) -> Path:
    """Build the source archive and the wheel of HEAD into dist, check both; return the wheel."""
    export(folder / "checkout")
    shutil.rmtree(DIST, ignore_errors=True)
    with timed("Building the source archive and the wheel"):
        _uv_build(["--sdist", "--wheel", *_INSTALLED], folder / "checkout", DIST)
    (source,), (wheel,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    with timed("Building the wheel from the source archive"):
        _uv_build(["--wheel", *_ALONE], source, folder / "again")
    (again,) = (folder / "again").glob("*.whl")
    (DIST / ".gitignore").unlink(missing_ok=True)
    archives.check(wheel, again, source)
    return wheel


def export(folder: Path) -> None:
    """Write what HEAD has, and nothing else, into a new folder."""
    if subprocess.run(["git", "-C", ROOT, "status", "--porcelain"], capture_output=True, check=False).stdout:
        print("There are changes that are not committed: they are not in this release.")
    archive = folder.with_suffix(".tar")
    run(["git", "-C", ROOT, "archive", "--output", archive, "HEAD"], why="HEAD cannot be exported")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")


def _uv_build(what: Sequence[str], source: Path, out: Path) -> None:
    """Call uv's build with this machine's compiler."""
    tools = environment.FOLDER / "bin"
    env = environment.uv_environment(environment.read_pip_settings()) | dict(os.environ)
    env["PATH"] = f"{tools}{os.pathsep}{env['PATH']}"
    compiler = prerequisites.find_compiler()
    env |= {"CXX": compiler} if compiler else core.zig_environment(environment.FOLDER)
    command = [tools / "uv", "build", "--quiet", "--python", environment.python(), *what, "--out-dir", out, source]
    run([str(word) for word in command], why=f"{source.name} cannot be built", env=env)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
