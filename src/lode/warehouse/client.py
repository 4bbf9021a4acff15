"""The warehouse's only client: ClickHouse over HTTP, Arrow in and out, an embedded owner or a server alike."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, TypeVar, cast

from lode.errors import UsageError, WarehouseError

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa
    from clickhouse_connect.driver.client import Client
    from urllib3.response import BaseHTTPResponse

    from lode.warehouse.faults import Place

Result = TypeVar("Result")
Format = Literal["table", "csv", "json"]

_FORMATS: Mapping[Format, str] = {"table": "PrettyCompactMonoBlock", "csv": "CSVWithNames", "json": "JSON"}
_TRIES = 3
PATIENCE = 90.0  # seconds that a writer waits for a warehouse that had answered before and then was gone
_LONGEST_PAUSE = 5.0
_CHUNK_ROWS = 2_000_000
_PIECE = 1 << 22
_NULLABLE = re.compile(r"(LowCardinality\()?Nullable\(")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# A missing value in a column that has no missing values is an error, not a zero.
_INSERT_SETTINGS = {"input_format_null_as_default": 0, "optimize_on_insert": 0, "async_insert": 0}
_ANSWER_SETTINGS = {"output_format_arrow_low_cardinality_as_dictionary": 0, "output_format_arrow_string_as_string": 1}


class Warehouse:
    """A client of the warehouse; one thread at a time may use it. Made by `lode.warehouse.open_warehouse`.

    Statements name tables without a database. Values reach the server as parameters, never as text: `{run:String}` in
    the statement, `run=…` in the call. Times are UTC; a datetime without a zone is taken as UTC. Select DateTime64 or
    Date32, not DateTime, which Arrow carries as a number.

    When the connection breaks (the owner was killed, or ended), the client connects again and repeats what may be
    repeated: queries, and inserts, whose rows replace themselves. A command is repeated only when it was never sent.
    One that may write does so for 90 seconds when the warehouse had answered it before; all try three times.
    """

    def __init__(
        self,
        connect: Callable[[], Client],
        place: Place,
        *,
        compression: str | None,
        rest: Callable[[Client, bool], None] | None = None,
    ) -> None:
        """rest: takes a connection that is no longer used, and whether it is sound; None closes it."""
        self._connect, self._place, self._compression = connect, place, compression
        self._rest = rest or (lambda client, _sound: client.close())
        self._client: Client | None = None
        self._patience = 0.0
        self._columns: dict[str, dict[str, bool]] = {}  # table to column to whether it needs a value

    def query(self, sql: str, /, **params: object) -> pl.DataFrame:
        """Rows of `sql` as a frame. Raises WarehouseError; QueryRefusedError in a read-only session."""
        from lode.warehouse.arrow import to_frame  # noqa: PLC0415  polars is loaded by those who want frames

        return to_frame(self.query_arrow(sql, **params))

    def query_arrow(self, sql: str, /, **params: object) -> pa.Table:
        """Rows of `sql` as an Arrow table. Raises WarehouseError; QueryRefusedError in a read-only session."""
        values = _server_side(sql, params)
        return self._run(lambda client: _table(client, sql, values), repeatable=True)

    def query_text(self, sql: str, fmt: Format) -> str:
        """Rows of `sql` as text for a terminal or a file; errors as of `query`, UsageError for an unknown format."""
        if fmt not in _FORMATS:
            raise UsageError(f"format {fmt!r}: choose {', '.join(_FORMATS)}")
        return self._run(lambda c: _answer(c, sql, {}, _FORMATS[fmt], b"".join), repeatable=True).decode()

    def command(self, sql: str, /, **params: object) -> None:
        """Run a statement that returns nothing. Raises WarehouseError; QueryRefusedError in a read-only session."""
        values = _server_side(sql, params)
        self._run(lambda c: c.raw_query(sql, parameters=values), repeatable=False)

    def insert(self, table: str, frame: pl.DataFrame | pa.Table) -> int:
        """Append `frame` to `table`, columns by name; returns its number of rows.

        A row with the key of one that is there replaces it, so that an insert may be repeated. Columns that may be
        missing may be absent. Raises WarehouseError for an unknown or an absent column, and for a missing value where
        none may be; rows before such a one, in chunks of two million, may then be stored already.
        """
        from lode.warehouse.arrow import to_table, write_stream  # noqa: PLC0415

        rows = self._conformed(table, to_table(frame))
        for start in range(0, rows.num_rows, _CHUNK_ROWS):
            chunk = rows.slice(start, _CHUNK_ROWS)

            def send(client: Client, chunk: pa.Table = chunk) -> None:
                client.raw_insert(
                    table,
                    column_names=chunk.column_names,
                    insert_block=write_stream(chunk, self._compression),
                    settings=_known(client, _INSERT_SETTINGS),
                    fmt="ArrowStream",
                )

            self._run(send, repeatable=True)
        return int(rows.num_rows)

    def close(self) -> None:
        """Let go of the connection; the owner process goes on."""
        self._let_go(sound=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _let_go(self, *, sound: bool) -> None:
        client, self._client = self._client, None
        if client is not None:
            self._rest(client, sound)

    def _run(self, action: Callable[[Client], Result], *, repeatable: bool) -> Result:
        from clickhouse_connect.driver.exceptions import ClickHouseError  # noqa: PLC0415  a slow import

        from lode.warehouse.faults import explain, is_lost, was_never_sent  # noqa: PLC0415

        lost, attempt = time.monotonic(), 0
        while True:
            try:
                if self._client is None:
                    self._client = self._connect()
                    self._patience = PATIENCE if self._place.access == "write" else 0.0
                return action(self._client)
            except ClickHouseError as fault:
                attempt += 1
                again = is_lost(fault) and (repeatable or self._client is None or was_never_sent(fault))
                if not again or (attempt >= _TRIES and time.monotonic() - lost > self._patience):
                    if is_lost(fault):
                        self._let_go(sound=False)
                    raise explain(fault, self._place) from None
                self._let_go(sound=False)
                if attempt > 1:  # an owner that was killed is replaced at once
                    time.sleep(min(0.1 * 2**attempt, _LONGEST_PAUSE) * random.uniform(0.5, 1.0))  # noqa: S311  no secret

    def _conformed(self, table: str, rows: pa.Table) -> pa.Table:
        """Check the columns of `rows` against the table's; one of nothing but missing values is left out."""
        import pyarrow as pa  # noqa: PLC0415

        needed = self._described(table)
        unknown = [name for name in rows.column_names if name not in needed]
        absent = [name for name in needed if needed[name] and name not in rows.column_names]
        if unknown or absent:
            faults = [f"unknown columns {unknown}"] * bool(unknown) + [f"absent columns {absent}"] * bool(absent)
            raise WarehouseError(f"table {table}: {', '.join(faults)}; its columns are {list(needed)}")
        holes = [name for name in rows.column_names if needed[name] and rows[name].null_count]
        if holes:
            raise WarehouseError(f"table {table}: missing values in {holes}, where none may be missing")
        empty = [name for name in rows.column_names if pa.types.is_null(rows.schema.field(name).type)]
        return rows.drop_columns(empty) if empty else rows

    def _described(self, table: str) -> dict[str, bool]:
        if not _NAME.fullmatch(table):
            raise WarehouseError(f"{table!r} is not the name of a table")
        if table not in self._columns:
            found = self.query_arrow("DESCRIBE TABLE {table:Identifier}", table=table).to_pylist()
            self._columns[table] = {
                row["name"]: not row["default_type"] and not _NULLABLE.match(row["type"]) for row in found
            }
        return self._columns[table]


def _answer(
    client: Client, sql: str, values: dict[str, object], fmt: str, take: Callable[[Iterable[bytes]], Result]
) -> Result:
    """Return what `take` makes of the pieces of the answer."""
    from clickhouse_connect.driver.exceptions import OperationalError  # noqa: PLC0415  a slow import
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    settings = _known(client, _ANSWER_SETTINGS) | {"wait_end_of_query": "1"}
    response = cast("BaseHTTPResponse", client.raw_stream(sql, parameters=values, settings=settings, fmt=fmt))
    try:
        return take(response.stream(_PIECE))
    except HTTPError as error:
        raise OperationalError("the answer broke off") from error
    finally:
        response.close()


def _table(client: Client, sql: str, values: dict[str, object]) -> pa.Table:
    from clickhouse_connect.driver.exceptions import OperationalError  # noqa: PLC0415  a slow import

    from lode.warehouse.arrow import BrokenStreamError, read_stream  # noqa: PLC0415
    from lode.warehouse.faults import raise_told  # noqa: PLC0415

    try:
        return _answer(client, sql, values, "ArrowStream", read_stream)
    except BrokenStreamError as error:
        raise_told(error.tail)
        raise OperationalError(str(error)) from error


def _known(client: Client, settings: Mapping[str, object]) -> dict[str, object]:
    """Those of `settings` that this server has and lets this user choose."""
    known = client.server_settings
    return {name: value for name, value in settings.items() if name in known and not known[name].readonly}


def _server_side(sql: str, params: Mapping[str, object]) -> dict[str, object]:
    """Check that each parameter is bound by the server (`{name:Type}`); return them in types that the driver knows."""
    unbound = [name for name in params if not re.search(rf"\{{\s*{re.escape(name)}\s*:", sql)]
    if unbound:
        raise WarehouseError(f"parameters {unbound} do not occur as {{name:Type}} in the statement")
    return {name: _plain(value) for name, value in params.items()}


def _plain(value: object) -> object:
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()  # a NumPy scalar
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value
