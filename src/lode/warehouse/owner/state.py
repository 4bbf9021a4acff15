"""What the owner tells its clients, and the lock that says it lives.

`owner.lock` is held by the owner as long as it lives; the system releases it however the owner ends, so that a
`owner.json` without the lock is known to be stale. `owner.json` is readable by the user alone (mode 0600).
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lode.errors import WarehouseError

try:
    import fcntl
except ModuleNotFoundError:
    raise WarehouseError(
        "the embedded warehouse runs on Linux and macOS alone: set LODE_WAREHOUSE_URL to a ClickHouse server"
    ) from None

_POLL_SECONDS = 0.01


@dataclass(frozen=True)
class OwnerState:
    """Where an owner listens, and the passwords of its two users (never shown in a repr)."""

    pid: int
    port: int
    started: float
    idle: float
    writer_token: str = field(repr=False)
    reader_token: str = field(repr=False)


def read_state(folder: Path) -> OwnerState | None:
    """Return what the owner wrote; None where nothing is there, or half of it."""
    try:
        return OwnerState(**json.loads((folder / "owner.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError, TypeError):
        return None


def write_state(folder: Path, state: OwnerState) -> None:
    """Put `state` in place at once, readable by this user alone."""
    partial = folder / "owner.json.partial"
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(state), file)
    partial.replace(folder / "owner.json")


def clear_state(folder: Path) -> None:
    """Tell clients that no owner listens."""
    (folder / "owner.json").unlink(missing_ok=True)


def is_held(path: Path) -> bool:
    """Whether some process holds the lock file at `path`."""
    try:
        with path.open("rb") as file:
            return not _try_lock(file.fileno())
    except FileNotFoundError:
        return False


@contextmanager
def hold(path: Path, *, patience: float) -> Iterator[None]:
    """Hold the lock file at `path`, waiting up to `patience` seconds for it. Raises WarehouseError after that."""
    deadline = time.monotonic() + patience
    with path.open("ab") as file:
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                raise WarehouseError(
                    f"another process has held {path} for {patience:g} s; try again, or end it: lode warehouse stop"
                )
            time.sleep(_POLL_SECONDS)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True
