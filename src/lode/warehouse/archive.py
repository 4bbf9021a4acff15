"""Backup and restore: every table of the warehouse in one folder, by ClickHouse's own BACKUP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lode.errors import UsageError
from lode.warehouse.connect import open_warehouse

if TYPE_CHECKING:
    from lode.settings import Settings
    from lode.warehouse.client import Warehouse


def backup(settings: Settings, path: Path) -> None:
    """Write every table into the new folder `path`.

    On a server the path is the server's, and its `backups.allowed_path` must cover it. Raises UsageError when the
    folder exists or has no parent, WarehouseError when it cannot be written.
    """
    folder = path.expanduser().absolute()
    if settings.warehouse_url is None and (folder.exists() or not folder.parent.is_dir()):
        raise UsageError(f"backup to {folder}: name a folder that does not exist, in one that does")
    with open_warehouse(settings) as warehouse:
        warehouse.command(f"BACKUP DATABASE {_database(warehouse)} TO File({{path:String}})", path=str(folder))


def restore(settings: Settings, path: Path) -> None:
    """Add the rows of a folder that `backup` wrote; rows that are there stay, those of the same key are replaced."""
    folder = path.expanduser().absolute()
    if settings.warehouse_url is None and not (folder / ".backup").is_file():
        raise UsageError(f"restore from {folder}: it is not a folder that `lode warehouse backup` wrote")
    with open_warehouse(settings) as warehouse:
        warehouse.command(
            f"RESTORE DATABASE {_database(warehouse)} FROM File({{path:String}}) "
            "SETTINGS allow_non_empty_tables = true, allow_different_table_def = true",
            path=str(folder),
        )


def _database(warehouse: Warehouse) -> str:
    """Name of the client's database, which its URL or this package gave: an identifier by then."""
    return str(warehouse.query_arrow("SELECT currentDatabase() AS name").to_pylist()[0]["name"])
