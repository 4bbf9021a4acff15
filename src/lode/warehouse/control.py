"""The embedded warehouse's owner process: start, stop, status."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lode.warehouse.owner.launcher import ensure_owner, find_owner, stop_owner

if TYPE_CHECKING:
    from lode.settings import Settings


def start(settings: Settings) -> dict[str, object]:
    """Start the owner unless it runs; returns its status. Raises WarehouseError naming the folder."""
    if not settings.has_server:
        ensure_owner(settings.warehouse_folder, idle=settings.warehouse_idle, query_limit=settings.query_limit)
    return status(settings)


def stop(settings: Settings) -> bool:
    """End the owner, waiting for what is under way for some seconds; returns whether one ran."""
    return not settings.has_server and stop_owner(settings.warehouse_folder)


def status(settings: Settings) -> dict[str, object]:
    """What runs where, without secrets; `running` is None for a server, which Lode does not run."""
    if settings.has_server:
        return {"kind": "server", "running": None}
    folder = settings.warehouse_folder
    found = find_owner(folder)
    report: dict[str, object] = {"kind": "embedded", "folder": str(folder), "running": found is not None}
    if found is not None:
        report |= {"pid": found.pid, "port": found.port, "idle_limit_seconds": found.idle}
        report["running_seconds"] = round(time.time() - found.started, 1)
    return report
