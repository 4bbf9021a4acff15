"""Builds the project's wheel for an image: `python -m tools.wheel ENVIRONMENT FOLDER`.

ENVIRONMENT has the packages of requirements-run.lock and requirements-zig.lock: a compiler that comes by hash, so that
the image needs none from elsewhere. The core names the instruction sets that it is compiled for, not the machine's own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tools import core, environment
from tools.failure import run


def main(arguments: list[str]) -> int:
    """Build the wheel into a folder; return the exit code."""
    folder, wheels = (Path(argument) for argument in arguments)
    env = os.environ | core.zig_environment(folder)
    command = [*environment.pip(folder), "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels]
    run([*command, environment.ROOT], why="The wheel cannot be built", env=env)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
