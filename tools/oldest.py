"""The oldest versions that pyproject.toml allows, in `.venv-oldest`: for `make test-oldest`.

Direct requirements at their lower bounds, what those require at its newest; the project is built there too.
"""

from __future__ import annotations

import sys

from tools import core, environment, stamps
from tools.failure import SetupError
from tools.lock import compile_lock

FOLDER = environment.ROOT / ".venv-oldest"
LOCK = "requirements.txt"


def main() -> int:
    """Make the environment, unless it stands for the present pyproject.toml and sources."""
    current = {"sources": stamps.digest(environment.ROOT, core.sources())}
    try:
        environment.make(FOLDER)
        if stamps.read(FOLDER / "lode-setup.json") != current:
            lock = FOLDER / LOCK
            compile_lock(str(lock), ["pyproject.toml", "--extra", "dev", "--resolution", "lowest-direct"])
            environment.install(lock, FOLDER)
            core.build(FOLDER)
            stamps.write(FOLDER / "lode-setup.json", current)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
