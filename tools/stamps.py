"""What was installed from which files, so that a second `make run` does nothing but run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path


def digest(root: Path, paths: Iterable[Path], *, named: Iterable[Path] = ()) -> str:
    """Return one hash of the names and the bytes of `paths`, and of the names alone of those that are `named`."""
    total = hashlib.sha256()
    for path in sorted(paths):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(root).as_posix()}\0{content}\n".encode())
    for path in sorted(named):
        total.update(f"{path.relative_to(root).as_posix()}\n".encode())
    return total.hexdigest()


def read(stamp: Path) -> dict[str, str]:
    """Return the stamps of a virtual environment, none when the file is absent or was cut off by a kill."""
    try:
        found = json.loads(stamp.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def write(stamp: Path, stamps: dict[str, str]) -> None:
    """Replace the stamps at once."""
    partial = stamp.with_suffix(".part")
    partial.write_text(json.dumps(stamps, indent=1))
    partial.replace(stamp)
