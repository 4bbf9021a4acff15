"""Finds the Chromium that the browser's tests drive, and installs it where that is allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tools import environment
from tools.failure import SetupError, run

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PLACES = (
    "/usr/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_PLAYWRIGHTS_OWN = (
    "from playwright.sync_api import sync_playwright as start\nwith start() as p: print(p.chromium.executable_path)"
)


def find() -> Path | None:
    """Return the browser's path: CHROMIUM, then PATH, then the usual places, then playwright's own; None if absent.

    Raises SetupError when CHROMIUM names no file.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        if Path(named).is_file():
            return Path(named)
        raise SetupError(f"CHROMIUM={named} is no file; unset it, or name the browser's executable.")
    found = next(filter(None, map(shutil.which, NAMES)), None) or next(filter(os.path.exists, PLACES), None)
    return Path(found) if found else _playwrights_own()


def _playwrights_own() -> Path | None:
    interpreter = environment.python()
    if not interpreter.exists():
        return None
    answer = subprocess.run([interpreter, "-c", _PLAYWRIGHTS_OWN], capture_output=True, text=True, check=False)
    path = Path(answer.stdout.strip())
    return path if answer.returncode == 0 and path.is_file() else None


def ensure() -> Path:
    """Return the browser's path, installing Debian's package first where this user may.

    Raises SetupError that names the command to run where it may not.
    """
    found = find()
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing Chromium for the browser's tests.", flush=True)
        run(["apt-get", "update", "--quiet=2"], why="Chromium cannot be installed")
        run(["apt-get", "install", "--yes", "--quiet=2", "chromium"], why="Chromium cannot be installed")
        found = find()
    if found is None:
        raise SetupError(
            "The browser's tests need Chromium, and none was found (CHROMIUM, PATH, playwright's own). One of:\n"
            "  Debian:        sudo apt-get install chromium\n"
            "  Fedora:        sudo dnf install chromium\n"
            "  macOS:         brew install --cask chromium\n"
            "  anywhere else: .venv/bin/playwright install --with-deps chromium\n"
            "or name the executable: make test CHROMIUM=/path/to/chromium"
        )
    return found
