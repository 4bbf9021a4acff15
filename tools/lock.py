"""Writes the locks: `make lock`.

requirements.lock is everything; requirements-run.lock, what `make run` installs, takes its versions from it;
requirements-zig.lock is the compiler for machines without one, requirements-audit.lock what reads the templates,
requirements-docs.lock what builds the site, docker/aws.lock what the images have besides, benchmarks/requirements*.lock
the peers of the benchmarks. One lock serves every platform and every Python that pyproject.toml allows. Build
requirements are in, and no line names an index: the hashes say what is meant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tools import environment
from tools.failure import SetupError, run

EVERYTHING, RUNNING, ZIG = "requirements.lock", "requirements-run.lock", "requirements-zig.lock"
AUDIT, DOCS, IMAGES = "requirements-audit.lock", "requirements-docs.lock", "docker/aws.lock"
PEERS, NEWER_PEERS = "benchmarks/requirements.lock", "benchmarks/requirements-312.lock"
_OPTIONS = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-build", "--quiet"]


def compile_lock(lock: str, arguments: Sequence[str]) -> None:
    """Write `lock` for every platform, with hashes and wheels only, from the main index alone."""
    settings = {n: v for n, v in environment.read_pip_settings().items() if n not in {"extra-index-url", "find-links"}}
    env = environment.uv_environment(settings) | dict(os.environ) | {"UV_CUSTOM_COMPILE_COMMAND": "make lock"}
    command: list[str | Path] = [
        environment.FOLDER / "bin" / "uv",
        "pip",
        "compile",
        *_OPTIONS,
        *arguments,
        "--output-file",
        lock,
    ]
    run(command, why=f"{lock} cannot be made", env=env)


def main() -> int:
    """Write the locks, keeping the versions that stand in them; `--upgrade` takes the newest allowed instead."""
    upgrade = [word for word in sys.argv[1:] if word == "--upgrade"]
    try:
        compile_lock(EVERYTHING, ["pyproject.toml", "--extra", "dev", *upgrade])
        compile_lock(RUNNING, ["pyproject.toml", "--extra", "run", "--extra", "build", "--constraint", EVERYTHING])
        compile_lock(ZIG, ["--group", "zig", *upgrade])
        compile_lock(AUDIT, ["--group", "audit", *upgrade])
        compile_lock(DOCS, ["--group", "docs", *upgrade])
        compile_lock(IMAGES, ["docker/aws.in", "--constraint", EVERYTHING])
        compile_lock(NEWER_PEERS, ["benchmarks/requirements-312.in", *upgrade])
        compile_lock(PEERS, ["benchmarks/requirements.in", "--override", "benchmarks/overrides.in", *upgrade])
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
