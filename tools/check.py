"""Every check in turn, all of them even when one fails: `make check`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tools import environment

BIN = environment.FOLDER / "bin"
SCRIPTS = ("src/lode/app/main.py", "src/lode/app/served.py")  # Streamlit runs them: no modules to import
IGNORED = [f"--ignore={script}" for script in SCRIPTS]
CHECKS: dict[str, list[str | Path]] = {
    "lint": [BIN / "ruff", "check"],
    "format": [BIN / "ruff", "format", "--check"],
    "types": [BIN / "mypy"],
    "import arrows": [BIN / "lint-imports", "--no-logo"],
    "doctests": [BIN / "python", "-m", "pytest", "-q", "--doctest-modules", "src/lode", *IGNORED],
}


def main() -> int:
    """Run the checks; return 1 when any failed, with their names in the last line."""
    failed = []
    for name, command in CHECKS.items():
        began = time.monotonic()
        code = subprocess.run(command, cwd=environment.ROOT, check=False).returncode
        print(f"{name}: {'passed' if code == 0 else 'FAILED'} ({time.monotonic() - began:.0f} s)", flush=True)
        if code:
            failed.append(name)
    print(f"make check: {'failed: ' + ', '.join(failed) if failed else 'passed'}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
