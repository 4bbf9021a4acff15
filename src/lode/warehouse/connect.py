"""Open the warehouse that the settings name: a server by its URL, or the embedded one in the home folder."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

from lode.errors import SettingsError
from lode.warehouse.client import Warehouse
from lode.warehouse.faults import Place
from lode.warehouse.migrate import migrate

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from lode.settings import Settings

Access = Literal["write", "read"]

_DATABASE = "lode"
_ANSWER_SECONDS = 3600
_CONNECT_SECONDS = 10
_PORTS = {"http": 8123, "https": 8443}


def open_warehouse(settings: Settings, *, access: Access = "write") -> Warehouse:
    """Return a client of the warehouse, its tables up to date.

    access: "read" for statements that come from a user: they may only read, within `settings.query_limit` seconds, and
    nothing outside of the warehouse's tables. A server's tables are brought up to date by clients that may write.
    Raises WarehouseError when the warehouse cannot be reached, SettingsError when its URL is malformed.
    """
    # The driver warns of each broken connection; the client reports those that it could not mend.
    logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())
    if settings.warehouse_url is None:
        return _open_embedded(settings, access)
    return _open_server(settings, access)


def _open_embedded(settings: Settings, access: Access) -> Warehouse:
    place = Place(f"the warehouse in {settings.warehouse_folder}", True, access, settings.query_limit)
    with Warehouse(_embedded(settings, "write"), place, compression=None) as writer:
        migrate(writer)
        if access == "write":
            return Warehouse(_embedded(settings, access), place, compression=None)
    return Warehouse(_embedded(settings, access), place, compression=None)


def _embedded(settings: Settings, access: Access) -> Callable[[], Client]:
    from lode.warehouse.owner.launcher import ensure_owner  # noqa: PLC0415  not there on Windows

    def connect() -> Client:
        import clickhouse_connect  # noqa: PLC0415  a slow import
        from clickhouse_connect.driver.httputil import get_pool_manager  # noqa: PLC0415

        owner = ensure_owner(settings.warehouse_folder, idle=settings.warehouse_idle, query_limit=settings.query_limit)
        return clickhouse_connect.get_client(
            host="127.0.0.1",
            port=owner.port,
            username="writer" if access == "write" else "reader",
            password=owner.writer_token if access == "write" else owner.reader_token,
            database=_DATABASE,
            pool_mgr=get_pool_manager(),  # its own, so that a proxy of the environment is not asked for loopback
            headers={"X-Lode-Query-Limit": str(settings.query_limit)},
            **_options(compress=False),
        )

    return connect


def _open_server(settings: Settings, access: Access) -> Warehouse:
    url = settings.warehouse_url
    parts = urlsplit(url.get_secret_value() if url else "")
    database = unquote(parts.path.strip("/")) or _DATABASE
    if parts.scheme not in _PORTS or not parts.hostname or not database.isidentifier():
        raise SettingsError(
            "LODE_WAREHOUSE_URL: expected https://user:password@host:8443/database (its value is not shown)"
        )
    port = parts.port or _PORTS[parts.scheme]
    place = Place(f"the ClickHouse server {parts.hostname}:{port}", False, access, settings.query_limit)

    def connect(database: str | None = database) -> Client:
        import clickhouse_connect  # noqa: PLC0415  a slow import

        client = clickhouse_connect.get_client(
            interface=parts.scheme,
            host=parts.hostname,
            port=port,
            username=unquote(parts.username or "default"),
            password=unquote(parts.password or ""),
            database=database,
            **_options(compress="lz4"),
        )
        if access == "read":
            _restrict(client, settings.query_limit)
        return client

    warehouse = Warehouse(connect, place, compression="lz4")
    if access == "write":
        with Warehouse(lambda: connect(None), place, compression="lz4") as founder:
            founder.command("CREATE DATABASE IF NOT EXISTS {database:Identifier}", database=database)
        migrate(warehouse)
    return warehouse


def _restrict(client: Client, query_limit: float) -> None:
    """Make each statement of `client` read-only and limited, unless the server's user is so already."""
    if client.server_settings["readonly"].value == "0":
        client.set_client_setting("max_execution_time", str(query_limit))
        client.set_client_setting("readonly", "1")


def _options(*, compress: bool | str) -> dict[str, Any]:
    return {
        "compress": compress,
        "connect_timeout": _CONNECT_SECONDS,
        "send_receive_timeout": _ANSWER_SECONDS,
        "query_limit": 0,
        "show_clickhouse_errors": "scrub",
        "tz_mode": "aware",
    }
