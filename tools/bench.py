"""The peers of the benchmarks, as locks in `benchmarks` pin them: for `make bench`.

`.venv-bench` has all that run on this Python; `.venv-bench-312` has py-alpha-lib, which needs Python 3.12, and is left
out, saying so, where none is found.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools import environment, side
from tools.failure import SetupError, run

FOLDER = environment.ROOT / ".venv-bench"
LOCK = environment.ROOT / "benchmarks" / "requirements.lock"
NEWER, NEWER_LOCK = environment.ROOT / ".venv-bench-312", environment.ROOT / "benchmarks" / "requirements-312.lock"
NEEDED = (3, 12)


def main() -> int:
    """Make the environments, unless they stand for the present locks."""
    try:
        side.ensure(FOLDER, LOCK)
        python = newer_python()
        if python is None:
            print("py-alpha-lib is left out: it needs Python 3.12 or newer, and none was found here.")
            return 0
        if not environment.is_whole(NEWER):
            environment.discard(NEWER)
            run([python, "-m", "venv", NEWER], why=f"{NEWER} cannot be made")
        side.ensure(NEWER, NEWER_LOCK)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def newer_python() -> Path | None:
    """The first Python of 3.12 or newer: on the path, or among those that pyenv keeps."""
    test = f"import sys; sys.exit(sys.version_info < {NEEDED})"
    for python in _candidates():
        if subprocess.run([python, "-c", test], capture_output=True, check=False).returncode == 0:
            return python
    return None


def _candidates() -> Iterator[Path]:
    yield Path(sys.executable)
    found = (shutil.which(f"python3.{minor}") for minor in range(NEEDED[1], NEEDED[1] + 4))
    yield from (Path(python) for python in found if python)
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from sorted(kept.glob("3.1[2-9]*/bin/python"))


if __name__ == "__main__":
    sys.exit(main())
