"""Backup and restore: every table of the warehouse in one file, by ClickHouse's own BACKUP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lode.errors import UsageError, WarehouseError
from lode.warehouse.connect import open_warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from lode.settings import Settings


def backup(settings: Settings, path: Path) -> None:
    """Write every table into the zip file `path`, which must not exist. Raises WarehouseError, UsageError."""
    archive = path.expanduser().absolute()
    if archive.exists() or archive.suffix != ".zip":
        msg = f"backup to {archive}: name a file that ends in .zip and does not exist"
        raise UsageError(msg)
    if not archive.parent.is_dir():
        msg = f"backup to {archive}: there is no folder {archive.parent}; make it first"
        raise WarehouseError(msg)
    with open_warehouse(settings) as warehouse:
        warehouse.command("BACKUP DATABASE lode TO File({path:String})", path=str(archive))


def restore(settings: Settings, path: Path) -> None:
    """Fill an empty warehouse from a file that `backup` wrote. Raises WarehouseError when the warehouse has rows."""
    archive = path.expanduser().absolute()
    if not archive.is_file():
        msg = f"restore from {archive}: there is no such file"
        raise UsageError(msg)
    with open_warehouse(settings) as warehouse:
        warehouse.command("RESTORE DATABASE lode FROM File({path:String})", path=str(archive))
