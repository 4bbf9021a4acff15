"""Open the warehouse that the settings name: a server by its URL or secret, or the embedded one in the home folder."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Literal

from lode.warehouse.client import Warehouse
from lode.warehouse.credentials import DATABASE, Credentials, read_credentials
from lode.warehouse.faults import Place
from lode.warehouse.migrate import migrate
from lode.warehouse.resting import READERS, shut

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from lode.settings import Settings
    from lode.warehouse.owner.state import OwnerState

Access = Literal["write", "read"]

_ANSWER_SECONDS = 3600
_CONNECT_SECONDS = 10
_UP_TO_DATE: set[OwnerState] = set()  # owners whose tables this process has brought up to date


def open_warehouse(settings: Settings, *, access: Access = "write") -> Warehouse:
    """Return a client of the warehouse, its tables up to date.

    access: "read" for statements that come from a user: they may only read, within `settings.query_limit` seconds, and
    nothing outside of the warehouse's tables. A server's tables are brought up to date by clients that may write.
    Raises WarehouseError when the warehouse cannot be reached, SettingsError when its URL or secret is malformed.
    """
    # The driver warns of each broken connection; the client reports those that it could not mend.
    logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())
    if settings.has_server:
        return _open_server(settings, access)
    return _open_embedded(settings, access)


def _open_embedded(settings: Settings, access: Access) -> Warehouse:
    place = Place(f"the warehouse in {settings.warehouse_folder}", True, access, settings.query_limit)
    if access == "read" and _owner(settings) in _UP_TO_DATE:
        return _reader(settings, place)
    with _writer(settings, place) as writer:
        migrate(writer)
        _note(_owner(settings))
        if access == "write":
            return _writer(settings, place)
    return _reader(settings, place)


def _writer(settings: Settings, place: Place) -> Warehouse:
    return Warehouse(_embedded(settings, "write"), place, compression=None, rest=lambda client, _: shut(client))


def _note(owner: OwnerState) -> None:
    """Remember that an owner's tables are up to date; a new one of a folder comes when the one before has ended."""
    if owner not in _UP_TO_DATE:
        _UP_TO_DATE.clear()
        READERS.forget_all()
        _UP_TO_DATE.add(owner)


def _owner(settings: Settings) -> OwnerState:
    from lode.warehouse.owner.launcher import ensure_owner  # noqa: PLC0415  not there on Windows

    return ensure_owner(settings.warehouse_folder, idle=settings.warehouse_idle, query_limit=settings.query_limit)


def _reader(settings: Settings, place: Place) -> Warehouse:
    """Return a client with a connection that rests, or a new one, which rests in its turn when it is closed."""
    kinds: dict[int, Hashable] = {}

    def connect() -> Client:
        kind = (_owner(settings), settings.query_limit)
        client = READERS.taken(kind, _embedded(settings, "read"))
        kinds[id(client)] = kind
        return client

    def rest(client: Client, sound: bool) -> None:  # noqa: FBT001  what a Warehouse calls
        kind = kinds.pop(id(client))
        if sound:
            READERS.give_back(kind, client)
            return
        shut(client)
        READERS.forget(kind)

    return Warehouse(connect, place, compression=None, rest=rest)


def _embedded(settings: Settings, access: Access) -> Callable[[], Client]:
    def connect() -> Client:
        import clickhouse_connect  # noqa: PLC0415  a slow import
        from clickhouse_connect.driver.httputil import get_pool_manager_options  # noqa: PLC0415
        from urllib3 import PoolManager  # noqa: PLC0415

        owner = _owner(settings)
        return clickhouse_connect.get_client(
            host="127.0.0.1",
            port=owner.port,
            username="writer" if access == "write" else "reader",
            password=owner.writer_token if access == "write" else owner.reader_token,
            database=DATABASE,
            # Its own, so that a proxy of the environment is not asked for loopback; the driver's would never be freed.
            pool_mgr=PoolManager(**get_pool_manager_options()),
            headers={"X-Lode-Query-Limit": str(settings.query_limit)},
            **_options(compress=False),
        )

    return connect


def _open_server(settings: Settings, access: Access) -> Warehouse:
    known = read_credentials(settings)
    place = Place(known.place, False, access, settings.query_limit)

    def connect(*, founding: bool = False) -> Client:
        client = connect_to(read_credentials(settings), founding=founding)
        if access == "read":
            _restrict(client, settings.query_limit)
        return client

    warehouse = Warehouse(connect, place, compression="lz4")
    if access == "write":
        with Warehouse(lambda: connect(founding=True), place, compression="lz4") as founder:
            _found(founder, known.database)
        migrate(warehouse)
    return warehouse


def connect_to(credentials: Credentials, *, founding: bool = False) -> Client:
    """Return a client of the first server that answers; `founding`: without the database, which may not be there yet.

    A server's certificate must be signed by one of the authorities of the credentials and name the host.
    """
    import clickhouse_connect  # noqa: PLC0415  a slow import
    from clickhouse_connect.driver.exceptions import OperationalError  # noqa: PLC0415

    *first, last = credentials.hosts
    for host in (*first, last):
        try:
            return clickhouse_connect.get_client(
                interface=credentials.scheme,
                host=host,
                port=credentials.port,
                username=credentials.username,
                password=credentials.password.get_secret_value(),
                database=None if founding else credentials.database,
                **_trust(credentials),
                **_options(compress="lz4"),
            )
        except OperationalError as fault:
            if host == last or fault.code is not None:
                raise
    raise AssertionError(credentials.hosts)


def _trust(credentials: Credentials) -> dict[str, Any]:
    """Return the driver's connections: those that trust a private authority trust no other."""
    if not credentials.authorities:
        return {}
    import ssl  # noqa: PLC0415

    from clickhouse_connect.driver.httputil import get_pool_manager  # noqa: PLC0415  a slow import

    context = ssl.create_default_context(cadata=credentials.authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return {"pool_mgr": get_pool_manager(ssl_context=context)}


def _found(founder: Warehouse, database: str) -> None:
    """Make the database unless it is there: who may use it need not be allowed to make one."""
    there = founder.query_arrow("SELECT name FROM system.databases WHERE name = {database:String}", database=database)
    if not there.num_rows:
        founder.command("CREATE DATABASE IF NOT EXISTS {database:Identifier}", database=database)


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
