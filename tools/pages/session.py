"""The process that runs a page's doctests, as the page sees it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import IO, cast

from tools import environment

_CHILD = Path(__file__).with_name("doctests.py")


class Session:
    """Doctests in one process of their own, which keeps the names that they make."""

    def __init__(self, place: Path, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [environment.python(), _CHILD],
            cwd=place,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, source: str) -> str:
        """Run a doctest; return what failed, as the doctest module tells it."""
        told, answers = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)
        told.write(json.dumps(source) + "\n")
        told.flush()
        answer = answers.readline()
        return str(json.loads(answer)) if answer else f"the process died, exit code {self._process.wait()}"

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
