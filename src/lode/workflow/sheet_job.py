"""Making a factor's sheet in a process of its own, for whoever cannot wait for it: the dashboard."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

_TOLD = 2000  # characters of its output, the last ones


@dataclass(frozen=True, eq=False)
class SheetJob:
    """A process that makes a sheet and ends; what it says is kept."""

    process: subprocess.Popen[bytes]
    output: IO[bytes]

    @property
    def is_running(self) -> bool:
        """Whether it still works."""
        return self.process.poll() is None

    @property
    def failure(self) -> str:
        """What a process that failed said last; empty while it works and where it did not fail."""
        if not self.process.poll():
            return ""
        self.output.seek(0)
        return self.output.read().decode(errors="replace")[-_TOLD:].strip() or "the process was ended from outside"


def start_sheet(home: Path, run: str, factor: str) -> SheetJob:
    """Start `lode factors sheet` of a factor in a run, with this process's settings; home: its LODE_HOME."""
    output = TemporaryFile()  # noqa: SIM115  it is read as long as the job is known
    command = [sys.executable, "-P", "-m", "lode.cli", "factors", "sheet", factor, "--run", run]
    process = subprocess.Popen(
        command,
        env=os.environ | {"LODE_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    return SheetJob(process, output)
