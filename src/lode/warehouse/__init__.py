"""The warehouse: ClickHouse, embedded (chDB behind an owner process) or a server, behind one client.

    open_warehouse(settings)   a client of the warehouse that the settings name, its tables up to date
    Warehouse                  queries and inserts, Arrow in and out
    start, stop, status        the embedded warehouse's owner process
    backup, restore            one file with every table

The names are loaded at first use: the owner process imports this package too, and must start fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lode.warehouse.archive import backup, restore
    from lode.warehouse.client import Warehouse
    from lode.warehouse.connect import open_warehouse
    from lode.warehouse.control import start, status, stop

__all__ = ["Warehouse", "backup", "open_warehouse", "restore", "start", "status", "stop"]

_HOMES = {
    "Warehouse": "client",
    "open_warehouse": "connect",
    "start": "control",
    "stop": "control",
    "status": "control",
    "backup": "archive",
    "restore": "archive",
}


def __getattr__(name: str) -> object:
    """Load a public name from the module it lives in."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
