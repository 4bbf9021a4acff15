"""Environments beside `.venv`, each filled by a lock of its own: what would not resolve together with the rest."""

from __future__ import annotations

from pathlib import Path

from tools import environment, stamps

STAMP = "lode-setup.json"


def ensure(folder: Path, lock: Path) -> None:
    """Make `folder` an environment that holds what `lock` names, unless it does already.

    Raises SetupError where it cannot be made or filled.
    """
    current = {"lock": stamps.digest(environment.ROOT, [lock])}
    environment.make(folder)
    if stamps.read(folder / STAMP) != current:
        _lend_uv(folder)
        environment.install(lock, folder)
        stamps.write(folder / STAMP, current)


def _lend_uv(folder: Path) -> None:
    """Let .venv's uv install here too: the locks of side environments pin none."""
    uv, lent = environment.FOLDER / "bin" / "uv", folder / "bin" / "uv"
    if uv.exists() and not lent.exists():
        lent.symlink_to(uv)
