"""Sets the checkout up: `python -m tools.setup run|all [--tests]`, called through tools/bootstrap by make.

1. look for what only the system's package manager can bring, and name all of it;
2. make `.venv`, install the lock (`run`: what running needs; `all`: everything) by hash;
3. build and install the project, editable, without looking anything up;
4. with --tests, see to Chromium.

Each step is skipped when the files that it depends on have not changed since it last succeeded.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator

from tools import chromium, core, environment, prerequisites, stamps
from tools.failure import SetupError

LOCKS = {"run": environment.ROOT / "requirements-run.lock", "all": environment.ROOT / "requirements.lock"}
STAMP = environment.FOLDER / "lode-setup.json"


def main(arguments: list[str] | None = None) -> int:
    """Set up what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="tools/bootstrap", description=__doc__.partition("\n")[0])
    parser.add_argument("level", choices=sorted(LOCKS), help="run: what running needs; all: the tests' packages too")
    parser.add_argument("--tests", action="store_true", help="see to the browser that the tests drive")
    asked = parser.parse_args(arguments)
    try:
        with alone():
            set_up(asked.level)
        if asked.tests:
            chromium.ensure()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Keep a second set-up of the same checkout waiting (the lock falls with the process)."""
    checkout = os.open(environment.ROOT, os.O_RDONLY)
    try:
        fcntl.flock(checkout, fcntl.LOCK_EX)
        yield
    finally:
        os.close(checkout)


def set_up(level: str) -> None:
    """Bring `.venv` up to `level`, or keep it at a higher one; leave it alone where it is current."""
    packages = stamps.digest(environment.ROOT, LOCKS.values())
    project = stamps.digest(environment.ROOT, core.sources(), named=core.packages())
    done = stamps.read(STAMP) if environment.is_whole(environment.FOLDER) else {}
    if done.get("checkout", str(environment.ROOT)) != str(environment.ROOT):
        done = {}
        environment.discard()  # its scripts name the place where the checkout was before
    level = max(level, done.get("level", level), key=list(LOCKS).index)
    has_packages = (done.get("level"), done.get("packages")) == (level, packages)
    if has_packages and done.get("project") == project:
        return
    prerequisites.check_python()
    if not has_packages:
        with timed("Making .venv"):
            environment.make()
        with timed(f"Installing the packages of {LOCKS[level].name}"):
            environment.install(LOCKS[level])
        kept = {"project": done["project"]} if done.get("packages") == packages and "project" in done else {}
        done = {"checkout": str(environment.ROOT), "level": level, "packages": packages} | kept
        stamps.write(STAMP, done)
    if done.get("project") != project:
        with timed("Building the core"):
            core.build()
        stamps.write(STAMP, done | {"project": project})


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    """Say what is being done and how long it took."""
    print(f"{what} …", flush=True)
    began = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
