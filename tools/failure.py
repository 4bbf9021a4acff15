"""The one error of the set-up, and the commands that print one."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class SetupError(Exception):
    """What is missing and the command that brings it; shown without a traceback."""


def run(command: Sequence[str | Path], *, why: str, env: Mapping[str, str] | None = None) -> None:
    """Run a command, its output shown; raise SetupError that begins with `why` when it fails."""
    words = [str(word) for word in command]
    try:
        code = subprocess.run(words, check=False, env=env).returncode
    except OSError as error:
        raise SetupError(f"{why}: {words[0]} cannot be started ({error.strerror}).") from None
    if code:
        raise SetupError(f"{why}: `{' '.join(words)}` ended with exit code {code}; its message stands above.")
