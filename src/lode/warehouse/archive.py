"""Backup and restore: every table in one folder or under one S3 address, by ClickHouse's own BACKUP."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from lode.errors import UsageError
from lode.warehouse.connect import open_warehouse

if TYPE_CHECKING:
    from lode.settings import Settings
    from lode.warehouse.client import Warehouse

# Its own rows replace those of the same key; rows that are there stay.
_INTO_WHAT_IS_THERE = "SETTINGS allow_non_empty_tables = true, allow_different_table_def = true"
_ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>[^?#\s]+)")


def backup(settings: Settings, path: Path | str) -> None:
    """Write every table into the new folder `path`, or under the new address s3://bucket/prefix.

    On a server a folder is the server's, and its `backups.allowed_path` must cover it; S3 is reached with the server's
    own role. Raises UsageError when the folder exists or has no parent, WarehouseError when it cannot be written.
    """
    place = _placed(settings, path)
    if isinstance(place, Path) and not settings.has_server and (place.exists() or not place.parent.is_dir()):
        raise UsageError(f"backup to {place}: name a folder that does not exist, in one that does")
    with open_warehouse(settings) as warehouse:
        warehouse.command(f"BACKUP DATABASE {_database(warehouse)} TO {_engine(place)}", path=str(place))


def restore(settings: Settings, path: Path | str) -> None:
    """Add the rows of what `backup` wrote; rows that are there stay, those of the same key are replaced.

    Raises UsageError for what `backup` did not write, WarehouseError where it cannot be read.
    """
    place = _placed(settings, path)
    if isinstance(place, Path) and not settings.has_server and not (place / ".backup").is_file():
        raise UsageError(f"restore from {place}: it is not a folder that `lode warehouse backup` wrote")
    with open_warehouse(settings) as warehouse:
        warehouse.command(
            f"RESTORE DATABASE {_database(warehouse)} FROM {_engine(place)} {_INTO_WHAT_IS_THERE}", path=str(place)
        )


def s3_url(address: str) -> str:
    """Return the URL by which ClickHouse reaches an s3:// address in the region of the environment.

    Raises UsageError for what is not an address, and without a region: a server without a way out reaches its own only.
    """
    found = _ADDRESS.fullmatch(address)
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not found or not region:
        wanted = (
            "expected s3://bucket/prefix, without ? and #" if not found else "set AWS_REGION to the bucket's region"
        )
        raise UsageError(f"{address}: {wanted}")
    return f"https://{found['bucket']}.s3.{region}.amazonaws.com/{found['key']}"


def _placed(settings: Settings, path: Path | str) -> Path | str:
    """Return a folder's absolute path, or the URL of an S3 address."""
    text = str(path).replace("s3:/", "s3://", 1) if isinstance(path, Path) else path  # a Path folds the slashes
    if not text.startswith("s3://"):
        return Path(text).expanduser().absolute()
    if not settings.has_server:
        raise UsageError(
            f"{text}: the embedded warehouse keeps backups in folders; name one, and copy it with `aws s3 sync`"
        )
    return s3_url(text)


def _engine(place: Path | str) -> str:
    return "File({path:String})" if isinstance(place, Path) else "S3({path:String})"


def _database(warehouse: Warehouse) -> str:
    """Name of the client's database, which its URL or this package gave: an identifier by then."""
    return str(warehouse.query_arrow("SELECT currentDatabase() AS name").to_pylist()[0]["name"])
