"""The peers of the benchmarks, in `.venv-bench`, as benchmarks/requirements.lock pins them: for `make bench`."""

from __future__ import annotations

import sys

from tools import environment, stamps
from tools.failure import SetupError

FOLDER = environment.ROOT / ".venv-bench"
LOCK = environment.ROOT / "benchmarks" / "requirements.lock"


def main() -> int:
    """Make the environment, unless it stands for the present lock."""
    current = {"lock": stamps.digest(environment.ROOT, [LOCK])}
    try:
        environment.make(FOLDER)
        if stamps.read(FOLDER / "lode-setup.json") != current:
            environment.install(LOCK, FOLDER)
            stamps.write(FOLDER / "lode-setup.json", current)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
