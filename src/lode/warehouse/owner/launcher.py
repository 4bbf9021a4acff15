"""Start the owner on demand, find the one that runs, end it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import lode
from lode.errors import WarehouseError
from lode.warehouse.owner.state import OwnerState, hold, is_held, read_state

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.01
_UNWRITABLE = (
    *("ermission denied", "not permitted", "Read-only file system"),
    *("Not a directory", "No such file or directory", "File exists"),
)


def find_owner(folder: Path) -> OwnerState | None:
    """Return where the living owner of `folder` listens; None when none does (a stale file is not believed)."""
    state = read_state(folder)
    return state if state is not None and is_held(folder / "owner.lock") else None


def ensure_owner(folder: Path, *, idle: float, query_limit: float) -> OwnerState:
    """Return the owner of `folder`, started if need be; safe when several processes ask at once.

    Raises WarehouseError naming the folder when it cannot be made, written or opened.
    """
    try:
        found = find_owner(folder)
        if found is not None:
            return found
        folder.mkdir(parents=True, exist_ok=True)
        with hold(folder / "start.lock", patience=_START_SECONDS):
            return find_owner(folder) or _start(folder, idle, query_limit)
    except OSError as error:
        raise _unusable(folder, error.strerror or str(error)) from error


def stop_owner(folder: Path) -> bool:
    """End the owner of `folder`: politely, then by force. Returns whether one ran."""
    state = read_state(folder)
    if not is_held(folder / "owner.lock") or state is None:
        return False
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(state.pid, sign)
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            if not is_held(folder / "owner.lock"):
                return True
            time.sleep(_POLL_SECONDS)
    raise WarehouseError(f"the owner of {folder} (process {state.pid}) does not end; end it by hand")


def _start(folder: Path, idle: float, query_limit: float) -> OwnerState:
    if "?" in str(folder):
        raise _unusable(folder, "its path holds a question mark")
    command = [sys.executable, "-P", "-m", "lode.warehouse.owner", str(folder)]
    command += ["--idle", str(idle), "--query-limit", str(query_limit)]
    with (folder / "owner.err").open("wb") as stderr:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=folder,
            env=_environment(),
            start_new_session=True,
        )
    _await_ready(process, folder)
    state = read_state(folder)
    if state is None:
        raise _unusable(folder, "the owner process ended at once; see owner.log there")
    return state


def _await_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait for the owner's first line; it says that the owner listens, or why it cannot."""
    if process.stdout is None:
        return
    with process.stdout as said:
        line = said.readline()
    process.wait()  # the process that was started has left the owner behind, as nobody's child
    answer = json.loads(line) if line else {"error": _last_words(folder)}
    if "error" in answer:
        raise _unusable(folder, answer["error"])


def _last_words(folder: Path) -> str:
    text = (folder / "owner.err").read_text(encoding="utf-8", errors="replace").strip()
    return text.splitlines()[-1] if text else "the owner process ended while it started"


def _environment() -> dict[str, str]:
    """The starter's environment, so that the owner finds the same Lode from another working directory."""
    source = str(Path(lode.__file__).absolute().parents[1])
    kept = [str(Path(p).absolute()) for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    return os.environ | {"PYTHONPATH": os.pathsep.join([source, *kept])}


def _unusable(folder: Path, reason: str) -> WarehouseError:
    return WarehouseError(f"the warehouse in {folder} cannot be opened: {reason}. {_next_step(reason)}")


def _next_step(reason: str) -> str:
    if "No space left" in reason or "NOT_ENOUGH_SPACE" in reason:
        return "Free some space on that disk, or set LODE_HOME to a folder on another one"
    if any(word in reason for word in _UNWRITABLE):
        return "Set LODE_HOME to a folder that you may write to"
    if "DB::Exception" in reason:
        return "Its files are damaged: move the folder away and restore a backup (lode warehouse restore)"
    return "See owner.log and owner.err in that folder"
